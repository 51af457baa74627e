package desktop

import "github.com/godbus/dbus/v5"

// sessionBus returns a private connection to the person's session bus, so that other users of a
// shared connection can't hold it up. If there is no bus, it starts none, because that would
// outlive the program.
func sessionBus() (*dbus.Conn, error) {
	bus, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return nil, err
	}
	if err = bus.Auth(nil); err == nil {
		err = bus.Hello()
	}
	if err != nil {
		_ = bus.Close() // it was of no use
		return nil, err
	}
	return bus, nil
}
