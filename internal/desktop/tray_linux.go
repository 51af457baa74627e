package desktop

// HasTray reports whether this desktop currently shows tray icons; stock GNOME does not. It blocks
// for as long as the session bus takes to answer.
func HasTray() bool {
	bus, err := sessionBus()
	if err != nil {
		return false
	}
	defer func() { _ = bus.Close() }()
	const watcher = "org.kde.StatusNotifierWatcher"
	has, err := bus.Object(watcher, "/StatusNotifierWatcher").GetProperty(watcher +
		".IsStatusNotifierHostRegistered")
	if err != nil {
		return false
	}
	yes, ok := has.Value().(bool)
	return ok && yes
}
