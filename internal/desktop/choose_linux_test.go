package desktop

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/vault/vaulttest"
)

// portal is a small portal with a file chooser on a bus.
type portal struct {
	bus     *dbus.Conn
	version uint32
	// answer is called when the chooser was asked; request is where the answer has to come from.
	answer func(p *portal, request dbus.ObjectPath)
	asked  chan asked
	closed chan struct{} // gets an element when a request is closed
}

// asked is what the chooser was asked.
type asked struct {
	parent, title     string
	multiple, folders bool
	folder, name      string // for a file that is to be written
}

const theRequest = portalPath + "/request/1_7/t"

func startPortal(
	t *testing.T, b *vaulttest.Bus, version uint32, answer func(*portal, dbus.ObjectPath),
) *portal {
	t.Helper()
	bus, err := dbus.Connect(b.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bus.Close() })
	p := &portal{bus: bus, version: version, answer: answer, asked: make(chan asked, 1), closed: make(chan struct{}, 1)}
	export := func(path dbus.ObjectPath, name string, methods map[string]any) {
		if err := bus.ExportMethodTable(methods, path, name); err != nil {
			t.Fatal(err)
		}
	}
	if answer != nil {
		export(portalPath, portalChooser,
			map[string]any{"OpenFile": p.openFile, "SaveFile": p.saveFile})
	}
	export(portalPath, "org.freedesktop.DBus.Properties", map[string]any{"Get": p.property})
	export(theRequest, portalRequest, map[string]any{"Close": p.closeRequest})
	if _, err := bus.RequestName(portalName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *portal) property(string, string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(p.version), nil
}

func (p *portal) openFile(
	parent, title string, options map[string]dbus.Variant,
) (dbus.ObjectPath, *dbus.Error) {
	p.asked <- asked{parent: parent, title: title, multiple: options["multiple"].Value() == true, folders: options["directory"].Value() == true}
	p.answer(p, theRequest)
	return theRequest, nil
}

func (p *portal) saveFile(
	parent, title string, options map[string]dbus.Variant,
) (dbus.ObjectPath, *dbus.Error) {
	folder, _ := options["current_folder"].Value().([]byte)
	name, _ := options["current_name"].Value().(string)
	p.asked <- asked{parent: parent, title: title, folder: string(folder), name: name}
	p.answer(p, theRequest)
	return theRequest, nil
}

func (p *portal) closeRequest() *dbus.Error {
	p.closed <- struct{}{}
	return nil
}

// respond answers a request as the portal does.
func (p *portal) respond(
	request dbus.ObjectPath, response uint32, results map[string]dbus.Variant,
) {
	if err := p.bus.Emit(request, portalRequest+".Response", response, results); err != nil {
		panic(err)
	}
}

func uris(all ...string) map[string]dbus.Variant {
	return map[string]dbus.Variant{"uris": dbus.MakeVariant(all)}
}

func TestFilesArePickedInThePortalsDialog(t *testing.T) {
	b := vaulttest.StartBus(t)
	for name, c := range map[string]struct {
		folders  bool
		response uint32
		results  map[string]dbus.Variant
		want     []string
		fails    bool
	}{
		"several files": {
			results: uris("file:///data/a%20b%23c%2520d.txt", "file:///data/50%25+%C2%B5g.csv",
				"file:///data/%E5%BF%83%E6%8B%8D%E6%95%B0.csv"),
			want: []string{"/data/a b#c%20d.txt", "/data/50%+µg.csv", "/data/心拍数.csv"},
		},
		"folders":               {folders: true, results: uris("file:///data/run_017"), want: []string{"/data/run_017"}},
		"what is no file":       {results: uris("smb://server/share/a.txt"), want: []string{"smb://server/share/a.txt"}},
		"nothing":               {response: responseCancelled},
		"an answer not known":   {response: 7, fails: true},
		"an answer of no sense": {results: map[string]dbus.Variant{"uris": dbus.MakeVariant(7)}, fails: true},
		"an answer without any": {fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := startPortal(t, b, 4, func(p *portal, request dbus.ObjectPath) {
				p.respond(request+"x", responseChosen, uris("file:///of/another/request"))
				p.respond(request, c.response, c.results) // before the call has returned
			})
			defer func() { _ = p.bus.Close() }()
			got, err := Choose(t.Context(), "x11:2a", "Add files", c.folders)
			if (err != nil) != c.fails {
				t.Fatalf("error: %v", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("picked (-want +got):\n%s", diff)
			}
			if got := <-p.asked; got != (asked{parent: "x11:2a", title: "Add files", multiple: true, folders: c.folders}) {
				t.Errorf("asked: %v", got)
			}
		})
	}
}

func TestWhereAFileIsWrittenIsSaidInThePortalsDialog(t *testing.T) {
	b := vaulttest.StartBus(t)
	for name, c := range map[string]struct {
		response uint32
		results  map[string]dbus.Variant
		want     string
		fails    bool
	}{
		"a file":              {results: uris("file:///data/50%25%20%C2%B5g.csv"), want: "/data/50% µg.csv"},
		"nothing":             {response: responseCancelled},
		"an answer not known": {response: 7, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := startPortal(t, b, 1,
				func(p *portal, request dbus.ObjectPath) { p.respond(request, c.response, c.results) })
			defer func() { _ = p.bus.Close() }()
			got, err := Save(t.Context(), "x11:2a", "Save receipt", "/home/someone/Öl", "心拍数.csv")
			if (err != nil) != c.fails || got != c.want {
				t.Errorf("got %q, error %v", got, err)
			}
			want := asked{parent: "x11:2a", title: "Save receipt", folder: "/home/someone/Öl\x00", name: "心拍数.csv"}
			if got := <-p.asked; got != want {
				t.Errorf("asked: %+v", got)
			}
		})
	}
}

// TestADialogThatIsClosedWithoutAButtonPicksNothing: so GNOME's portal says that it was closed by
// Esc. No other dialog opens then, unless there was none at all.
func TestADialogThatIsClosedWithoutAButtonPicksNothing(t *testing.T) {
	b := vaulttest.StartBus(t)
	before := glance
	t.Cleanup(func() { glance = before })
	for name, c := range map[string]struct {
		glance time.Duration
		fails  bool
	}{"it was seen": {0, false}, "it never opened": {time.Hour, true}} {
		t.Run(name, func(t *testing.T) {
			glance = c.glance
			p := startPortal(t, b, 4,
				func(p *portal, request dbus.ObjectPath) { p.respond(request, responseOther, nil) })
			defer func() { _ = p.bus.Close() }()
			if paths, err := Choose(t.Context(), "", "Add files", false); (err != nil) != c.fails ||
				paths != nil {
				t.Errorf("picked %q, error %v", paths, err)
			}
		})
	}
}

func TestARequestIsClosedWhenItsContextEnds(t *testing.T) {
	b := vaulttest.StartBus(t)
	p := startPortal(t, b, 4, nil)
	bus, err := sessionBus()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bus.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := awaitChoice(ctx, bus, theRequest, nil, time.Now()); !errors.Is(err,
		context.Canceled) {
		t.Fatalf("error: %v", err)
	}
	<-p.closed
}

func TestWithoutADialogOfTheDesktopThereIsAnError(t *testing.T) {
	t.Run("no bus", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
		mustFail(t, false)
	})
	t.Run("no portal", func(t *testing.T) {
		vaulttest.StartBus(t)
		mustFail(t, false)
	})
	t.Run("a portal without a chooser", func(t *testing.T) {
		startPortal(t, vaulttest.StartBus(t), 4, nil)
		mustFail(t, false)
	})
	t.Run("a portal from before folders could be picked", func(t *testing.T) {
		startPortal(t, vaulttest.StartBus(t), foldersSince-1, func(*portal, dbus.ObjectPath) {})
		mustFail(t, true)
	})
	t.Run("a portal that ends", func(t *testing.T) {
		startPortal(t, vaulttest.StartBus(t), 4,
			func(p *portal, _ dbus.ObjectPath) { go func() { _ = p.bus.Close() }() })
		mustFail(t, false)
	})
	t.Run("a portal that does not answer", func(t *testing.T) {
		ended := make(chan struct{})
		defer close(ended)
		startPortal(t, vaulttest.StartBus(t), 4, func(*portal, dbus.ObjectPath) { <-ended })
		if _, err := (question{method: "OpenFile", options: map[string]dbus.Variant{}}).ask(t.Context(), 200*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error: %v", err)
		}
	})
}

func mustFail(t *testing.T, folders bool) {
	t.Helper()
	if paths, err := Choose(t.Context(), "x11:2a", "Add files", folders); err == nil {
		t.Errorf("picked %q without an error", paths)
	}
	if folders {
		return
	}
	if path, err := Save(t.Context(), "x11:2a", "Save receipt", "/", "receipt.csv"); err == nil {
		t.Errorf("said %q without an error", path)
	}
}
