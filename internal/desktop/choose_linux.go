package desktop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/godbus/dbus/v5"
)

// The portal's file chooser
// (flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.FileChooser.html).
const (
	portalName    = "org.freedesktop.portal.Desktop"
	portalPath    = "/org/freedesktop/portal/desktop"
	portalChooser = "org.freedesktop.portal.FileChooser"
	portalRequest = "org.freedesktop.portal.Request"
	// foldersSince is the version of the chooser that lets folders be picked.
	foldersSince = 3
	// portalTime is how long the portal has to open its dialog. It may have to be started first.
	portalTime = 8 * time.Second
)

// What a response to a request begins with.
const (
	responseChosen    = 0
	responseCancelled = 1
	responseOther     = 2 // closed without a button, by Esc say; or never opened
)

// glance is the shortest time in which a person can close a dialog. A dialog that ends sooner could
// not be opened.
var glance = 300 * time.Millisecond

// Choose lets the person pick any number of files, or of folders, in the desktop's own dialog with
// that title, which the portal opens. The dialog opens above the window parent, which is "x11:" and
// the window's number in hexadecimal; if parent is empty, the dialog may open behind the window.
// Choose blocks for as long as the person takes; when ctx ends, it closes the dialog. If the person
// picks nothing, it returns nil without an error. The paths are absolute; files on another computer
// keep their address. An error means that this desktop has no such dialog.
func Choose(ctx context.Context, parent, title string, folders bool) ([]string, error) {
	q := question{method: "OpenFile", parent: parent, title: title, options: map[string]dbus.Variant{
		"multiple": dbus.MakeVariant(true), "directory": dbus.MakeVariant(folders),
	}}
	if folders {
		q.since = foldersSince
	}
	paths, err := q.ask(ctx, portalTime)
	if err != nil {
		return nil, fmt.Errorf("choose files: %w", err)
	}
	return paths, nil
}

// Save lets the person choose where to save a file, likewise. The dialog starts in that folder and
// suggests that name. It has already asked whether to replace an existing file. The path is empty
// if the person chose none.
func Save(ctx context.Context, parent, title, folder, name string) (string, error) {
	q := question{method: "SaveFile", parent: parent, title: title, options: map[string]dbus.Variant{
		"current_name":   dbus.MakeVariant(name),
		"current_folder": dbus.MakeVariant(append([]byte(folder), 0)), // a path is bytes that end with a zero
	}}
	paths, err := q.ask(ctx, portalTime)
	switch {
	case err != nil:
		return "", fmt.Errorf("save a file: %w", err)
	case len(paths) == 0:
		return "", nil
	}
	return paths[0], nil
}

// question is a question for the person, which the portal's chooser asks.
type question struct {
	method, parent, title string
	options               map[string]dbus.Variant
	since                 uint32 // the version of the chooser that can ask it
}

// ask asks the question. patience is how long the portal has to open its dialog.
func (q question) ask(ctx context.Context, patience time.Duration) ([]string, error) {
	bus, err := sessionBus()
	if err != nil {
		return nil, err
	}
	defer func() { _ = bus.Close() }() // the portal closes the dialogs of a closed connection
	portal := bus.Object(portalName, portalPath)
	opening, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var version dbus.Variant
	if err := portal.CallWithContext(opening, "org.freedesktop.DBus.Properties.Get", 0,
		portalChooser, "version").Store(&version); err != nil {
		return nil, err
	}
	if v, ok := version.Value().(uint32); !ok || v < q.since {
		return nil, errors.New("the portal's chooser is of an old version")
	}
	// The answer is a signal, which may come before the call has returned.
	signals := make(chan *dbus.Signal, 16)
	bus.Signal(signals)
	for _, wanted := range [][]dbus.MatchOption{
		{dbus.WithMatchInterface(portalRequest), dbus.WithMatchMember("Response"), dbus.WithMatchSender(portalName)},
		{dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, portalName)},
	} {
		if err := bus.AddMatchSignalContext(opening, wanted...); err != nil {
			return nil, err
		}
	}
	q.options["modal"] = dbus.MakeVariant(true)
	var request dbus.ObjectPath
	if err := portal.CallWithContext(opening, portalChooser+"."+q.method, 0, q.parent, q.title,
		q.options).Store(&request); err != nil {
		return nil, err
	}
	return awaitChoice(ctx, bus, request, signals, time.Now())
}

// awaitChoice waits for the answer to a request that was made at that time. A portal that has ended
// never answers.
func awaitChoice(
	ctx context.Context, bus *dbus.Conn, request dbus.ObjectPath, signals <-chan *dbus.Signal,
	made time.Time,
) ([]string, error) {
	for {
		select {
		case <-ctx.Done():
			bus.Object(portalName, request).Go(portalRequest+".Close", dbus.FlagNoReplyExpected,
				nil)
			return nil, context.Cause(ctx)
		case s, ok := <-signals:
			switch {
			case !ok:
				return nil, errors.New("the bus has ended")
			case s.Name == "org.freedesktop.DBus.NameOwnerChanged":
				return nil, errors.New("the portal has ended")
			case s.Path == request:
				return chosen(s.Body, time.Since(made) >= glance)
			}
		}
	}
}

// chosen reads the answer to a request. seen says whether the person can have seen the dialog.
func chosen(body []any, seen bool) ([]string, error) {
	var response uint32
	var results map[string]dbus.Variant
	if err := dbus.Store(body, &response, &results); err != nil {
		return nil, err
	}
	switch {
	case response == responseChosen:
	case response == responseCancelled, response == responseOther && seen:
		return nil, nil
	default:
		return nil, errors.New("the portal gave up")
	}
	var addresses []string
	if v, ok := results["uris"]; !ok || v.Store(&addresses) != nil {
		return nil, errors.New("the portal names no files")
	}
	paths := make([]string, len(addresses))
	for i, a := range addresses {
		paths[i] = a
		if u, err := url.Parse(a); err == nil && u.Scheme == "file" && u.Path != "" {
			paths[i] = u.Path
		}
	}
	return paths, nil
}
