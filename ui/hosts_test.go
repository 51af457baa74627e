package ui

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// typeHost types into the entry for allowed addresses and submits it.
func (d *desk) typeHost(host string) {
	d.t.Helper()
	var entry *widget.Entry
	d.walk(func(o fyne.CanvasObject) {
		if e, ok := o.(*sheetEntry); ok && e.PlaceHolder == "storage.example.org" {
			entry = &e.Entry
		}
	})
	if entry == nil {
		d.t.Fatal("there is no entry for an address")
	}
	entry.SetText("")
	test.Type(entry, host)
	entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
}

func TestAddressesAreAllowedAndTakenBackInTheSettings(t *testing.T) {
	d := openDesk(t, Config{Hosts: []string{"files.hospital.example"}})
	strangers := someToken("trestore.blob.core.windows.net", "files.example.org")
	if _, err := d.inboxes.parse(strangers); err == nil {
		t.Fatal("the address is allowed already")
	}
	d.options.open()
	d.mustSay("could send your data to a stranger", "files.hospital.example",
		"allowed by your administrator")
	d.typeHost(" Files.Example.org ")
	d.mustSay("files.example.org")
	if _, err := d.inboxes.parse(strangers); err != nil {
		t.Errorf("the address is not allowed: %v", err)
	}
	d.typeHost("files.example.org")
	d.mustSay("This address is allowed already.")
	d.typeHost("*.storage.example.org")
	if want := []string{
		"files.example.org",
		"*.storage.example.org",
	}; !slices.Equal(d.settings.Hosts, want) {
		t.Errorf("allowed: %q, want %q", d.settings.Hosts, want)
	}
	d.tapIcon("remove")
	if want := []string{"files.example.org"}; !slices.Equal(d.settings.Hosts, want) {
		t.Errorf("allowed: %q, want %q", d.settings.Hosts, want)
	}
	d.tapIcon("remove")
	if _, err := d.inboxes.parse(strangers); err == nil {
		t.Error("the address is still allowed")
	}
	if _, err := d.inboxes.parse(someToken("trestore.blob.core.windows.net",
		"files.hospital.example")); err != nil {
		t.Errorf("the administrator's address is not allowed: %v", err)
	}
}

// tapIcon taps the last visible button that has this icon and no words.
func (d *desk) tapIcon(name string) {
	d.t.Helper()
	var found *button
	d.walk(func(o fyne.CanvasObject) {
		if b, ok := o.(*button); ok && b.Text == "" {
			if t, ok := b.Icon.(themed); ok && t.name == name {
				found = b
			}
		}
	})
	if found == nil {
		d.t.Fatalf("there is no button with the icon %q", name)
	}
	test.Tap(found)
}

func TestWhatIsNoAddressOfAStorageIsRefused(t *testing.T) {
	d := openDesk(t, Config{})
	d.options.open()
	for _, text := range []string{
		"*", "*.", "*.org", "*.*.example.org",
		"https://files.example.org", "files.example.org/path", "a b", "user@example.org",
		"files.example.org?x",
	} {
		d.typeHost(text)
		d.mustSay("This is no address of a storage")
	}
	d.typeHost("trestore.blob.core.windows.net")
	d.mustSay("This address is allowed already.")
	if len(d.settings.Hosts) > 0 {
		t.Errorf("allowed: %q", d.settings.Hosts)
	}
}

// TestNothingMoreIsSentToAnAddressThatIsTakenBack: what waits says why, and goes on when it is
// allowed again.
func TestNothingMoreIsSentToAnAddressThatIsTakenBack(t *testing.T) {
	const host = "files.example.org"
	gate := make(chan struct{})
	st := uploadertest.NewStore().With("w")
	st.Fail(uploadertest.PutBlob, "", uploadertest.Always, uploadertest.Hold(gate))
	j := ledger.NewMemoryJournal()
	q, err := uploader.NewQueue(t.Context(), uploader.Config{
		Steady: time.Millisecond,
		Open:   func(token.Token) (store.Store, error) { return st, nil }, Connections: 2,
		Journal: j,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	kept := inboxes.Book{Records: inboxes.NewMemoryRecords(), Vault: inboxes.NewMemoryVault(nil)}
	d := openDesk(t, Config{Queue: q, Inboxes: kept})
	d.clipboard(someToken("trestore.blob.core.windows.net", host))
	d.intake.pasted()
	d.check("It is the workspace's")
	d.tap("Use this token")
	d.finish()
	d.drop(folder(t, "a", "b", "c", "d", "e"))
	d.until("it is counted", func() bool { return d.says("Send 5 files") })
	d.tap("Send 5 files")
	for q.Status().Busy < 2 { // of which the queue does not tell
		d.look()
	}

	restored := func() error {
		all, err := kept.List(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%d inboxes are kept, error %v", len(all), err)
		}
		_, err = kept.Token(t.Context(), all[0])
		return err
	}
	if err := restored(); err != nil {
		t.Errorf("the token is not kept: %v", err)
	}
	d.options.open()
	d.tapIcon("remove")
	d.finish()
	if e, ok := d.window.Canvas().Focused().(*sheetEntry); !ok ||
		e.PlaceHolder != "storage.example.org" {
		t.Error("the keyboard is with nothing, since its button is gone")
	}
	close(gate)
	d.key(fyne.KeyEscape)
	d.until("nothing is under way", func() bool { return q.Status().Busy == 0 })
	if n := len(st.Names()); n != 2 {
		t.Errorf("%d files have arrived, want the 2 that were under way", n)
	}
	d.mustSay("“"+host+"” is no longer an allowed storage address",
		"allow it again in the settings", "You no longer allow its address")
	if e, ok := asError(restored()); !ok || e.Reason != problem.HostNotAllowed {
		t.Errorf("the kept inbox can be sent to: %v", e)
	}

	d.options.open()
	d.typeHost(host)
	d.finish()
	d.key(fyne.KeyEscape)
	d.until("all has arrived", func() bool { return len(st.Names()) == 5 })
	if err := restored(); err != nil {
		t.Errorf("the token is not kept any more: %v", err)
	}
}

// TestAnAddressThatIsTakenBackConcernsNoOther: what another allowed address covers goes on, and so
// do the known ones.
func TestAnAddressThatIsTakenBackConcernsNoOther(t *testing.T) {
	to := func(host string) (in ledger.TransferStatus) {
		in.ID, in.Owner = int64(len(host)), ledger.Elsewhere
		in.Options.Scan.Inbox = token.Inbox{Scheme: "https", Host: host, Container: "ws-1"}
		return in
	}
	q := newFew()
	q.status.Transfers = []ledger.TransferStatus{
		to("a.lab.example"), to("lab.example.org"),
		to("trestore.blob.core.windows.net"), to("files.lab.example"),
	}
	d := openDesk(t, Config{Queue: q, Hosts: []string{"files.lab.example"}})
	d.settings.Hosts = []string{"*.lab.example", "lab.example.org"}
	d.inboxes.takeBack("*.lab.example")
	d.finish()
	// in the program that sends it
	want := []ledger.Command{{Verb: ledger.Pause, Transfer: int64(len("a.lab.example"))}}
	if diff := cmp.Diff(want, q.did); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
}

// TestAnAddressAllowedElsewhereIsAmongTheSettings: one that was allowed on the command line can be
// taken back, too.
func TestAnAddressAllowedElsewhereIsAmongTheSettings(t *testing.T) {
	kept := inboxes.Book{Records: inboxes.NewMemoryRecords(), Vault: inboxes.NewMemoryVault(nil)}
	token, err := token.Parse(someToken("trestore.blob.core.windows.net", "files.example.org"),
		token.AllowHost("files.example.org"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Add(t.Context(), "Lab", token, time.Now(), inboxes.AddOptions{}); err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, Config{Queue: newFew(), Inboxes: kept})
	d.inboxes.load()
	d.finish()
	d.options.open()
	d.mustSay("files.example.org")
	d.tapIcon("remove")
	d.finish()
	all, err := kept.List(t.Context())
	if err != nil || all[0].AllowedHost != "" || len(d.settings.Hosts) > 0 {
		t.Errorf("allowed: %q, %q, error %v", all[0].AllowedHost, d.settings.Hosts, err)
	}
}
