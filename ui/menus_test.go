package ui

import (
	"slices"
	"testing"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/token"
)

func TestTheSystemsMenuBarHasWhatTheButtonsHave(t *testing.T) {
	d := openDesk(t, Config{MenuBar: true, LogPath: "/nowhere/uploader.log"})
	labels := func() (all []string) {
		for _, i := range d.window.MainMenu().Items[0].Items {
			if !i.IsSeparator {
				all = append(all, i.Label)
			}
		}
		return all
	}
	if d.header.menu.Visible() {
		t.Error("there is a button for the menu besides")
	}
	want := []string{
		"Add files…", "Add a folder…", "Paste token…", "History…", "Log…", "Settings…", "About",
		"Quit",
	}
	if got := labels(); !slices.Equal(got, want) {
		t.Errorf("the menu: %q, want %q", got, want)
	}
	before := d.window.MainMenu()
	d.look()
	if d.window.MainMenu() != before {
		t.Error("the menu was made anew though nothing is new")
	}
	d.inboxes.kept = []inboxes.Record{
		{Name: "Cardio study"},
		{Name: "Second study", Inbox: token.Inbox{Host: "b"}},
	}
	d.look()
	if got := labels(); !slices.Contains(got, "Send to Cardio study") ||
		!slices.Contains(got, "Send to Second study") {
		t.Errorf("the menu has no inboxes: %q", got)
	}
}

func TestOtherSystemsHaveNoMenuBar(t *testing.T) {
	d := openDesk(t, Config{})
	d.look()
	if d.window.MainMenu() != nil || !d.header.menu.Visible() {
		t.Error("the menu is not behind its button")
	}
}
