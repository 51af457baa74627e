package desktop

import "github.com/godbus/dbus/v5"

// HasTray reports whether something on this desktop shows tray icons at this moment; stock GNOME does not. It blocks for as long as
// the session's bus takes to answer.
func HasTray() bool {
	// A connection of its own: what others wait for on the shared one must not decide about this.
	bus, err := dbus.ConnectSessionBus()
	if err != nil {
		return false
	}
	defer func() { _ = bus.Close() }()
	const watcher = "org.kde.StatusNotifierWatcher"
	has, err := bus.Object(watcher, "/StatusNotifierWatcher").GetProperty(watcher + ".IsStatusNotifierHostRegistered")
	if err != nil {
		return false
	}
	yes, ok := has.Value().(bool)
	return ok && yes
}
