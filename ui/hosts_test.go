package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
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
	if _, err := d.parse(strangers); err == nil {
		t.Fatal("the address is allowed already")
	}
	d.openSettings()
	d.mustSay("could send your data to a stranger", "files.hospital.example", "allowed by your administrator")
	d.typeHost(" Files.Example.org ")
	d.mustSay("files.example.org")
	if _, err := d.parse(strangers); err != nil {
		t.Errorf("the address is not allowed: %v", err)
	}
	d.typeHost("files.example.org")
	d.mustSay("This address is allowed already.")
	d.typeHost("*.storage.example.org")
	if want := []string{"files.example.org", "*.storage.example.org"}; !slices.Equal(d.settings.Hosts, want) {
		t.Errorf("allowed: %q, want %q", d.settings.Hosts, want)
	}
	d.tapIcon("remove")
	if want := []string{"files.example.org"}; !slices.Equal(d.settings.Hosts, want) {
		t.Errorf("allowed: %q, want %q", d.settings.Hosts, want)
	}
	d.tapIcon("remove")
	if _, err := d.parse(strangers); err == nil {
		t.Error("the address is still allowed")
	}
	if _, err := d.parse(someToken("trestore.blob.core.windows.net", "files.hospital.example")); err != nil {
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
	d.openSettings()
	for _, text := range []string{"*", "*.", "*.org", "*.*.example.org", "https://files.example.org", "files.example.org/path", "a b", "user@example.org", "files.example.org?x"} {
		d.typeHost(text)
		d.mustSay("This is no address of a storage")
	}
	d.typeHost("trestore.blob.core.windows.net")
	d.mustSay("This address is allowed already.")
	if len(d.settings.Hosts) > 0 {
		t.Errorf("allowed: %q", d.settings.Hosts)
	}
}
