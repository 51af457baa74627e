package proxyfind

import (
	"context"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"

	"inboxuploader/internal/proxydial"
)

// readSystem asks KDE's settings on KDE, else the desktop's portal, else GNOME's settings. Without
// a desktop there is nothing to ask.
func readSystem(ctx context.Context, target *url.URL) (system, error) {
	desktop := strings.ToUpper(os.Getenv("XDG_CURRENT_DESKTOP"))
	if strings.Contains(desktop, "KDE") {
		return readKDE()
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" && desktop == "" {
		return system{}, nil
	}
	if ways, err := askPortal(ctx, target); err == nil {
		return system{Ways: ways}, nil
	}
	text, err := exec.CommandContext(ctx, "gsettings", "list-recursively",
		"org.gnome.system.proxy").Output()
	if err != nil {
		return system{}, nil //nolint:nilerr // no desktop that has such settings
	}
	return parseGNOME(string(text)), nil
}

func readKDE() (system, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return system{}, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "kioslaverc"))
	if os.IsNotExist(err) {
		return system{}, nil
	}
	return parseKDE(string(text), os.Getenv), err
}

// askPortal asks the desktop for the ways to reach a target
// (flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.ProxyResolver.html). It
// starts no session bus.
func askPortal(ctx context.Context, target *url.URL) ([]proxydial.Proxy, error) {
	bus, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer func() { _ = bus.Close() }() // only asked
	if err := bus.Auth(nil); err != nil {
		return nil, err
	}
	if err := bus.Hello(); err != nil {
		return nil, err
	}
	var answers []string
	err = bus.Object("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop").
		CallWithContext(
			ctx, "org.freedesktop.portal.ProxyResolver.Lookup", 0, target.String()).
		Store(&answers)
	if err != nil {
		return nil, err
	}
	return parsePortal(answers), nil
}

func discover(ctx context.Context) (string, error) {
	return discoverByName(ctx, net.DefaultResolver.LookupHost)
}
