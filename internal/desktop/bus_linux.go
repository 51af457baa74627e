package desktop

import "github.com/godbus/dbus/v5"

// sessionBus returns a connection of its own to the person's session bus: what others wait for on a
// shared one must not decide about this. Where there is no bus none is started, which would stay
// when the program has ended.
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
