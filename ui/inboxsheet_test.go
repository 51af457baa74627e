package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"inboxuploader/uploader/inboxes"
)

// choosing returns the entry of a menu that has these words.
func choosing(t *testing.T, m *fyne.Menu, words string) func() {
	t.Helper()
	for _, item := range m.Items {
		if item.Label == words {
			return item.Action
		}
	}
	t.Fatalf("the menu has no entry %q", words)
	return nil
}

// TestInboxesAreReachedFromTheirName: a click on the inbox's name in the header leads to all that
// can be done with the saved ones: choose, rename, replace the token, remove.
func TestInboxesAreReachedFromTheirName(t *testing.T) {
	book := inboxes.Book{Records: inboxes.NewMemoryRecords(), Vault: inboxes.NewMemoryVault(nil)}
	d := openDesk(t, Config{Inboxes: book})
	d.look()
	test.Tap(d.header.inbox)
	if d.window.Canvas().Overlays().Top() != nil {
		t.Error("a menu opens where there is nothing to choose")
	}
	for _, tid := range []string{"73", "74"} {
		d.inboxes.keep(d.use(someToken("73", tid)), "Study "+tid, true, "")
		d.finish()
	}
	d.look()
	test.Tap(d.header.inbox)
	if d.window.Canvas().Overlays().Top() == nil {
		t.Fatal("no menu opens")
	}
	d.window.Canvas().Overlays().Remove(d.window.Canvas().Overlays().Top())
	choosing(t, d.inboxes.menu(), "Send to Study 73")()
	d.finish()
	d.look()
	d.mustSay("Study 73")

	choosing(t, d.inboxes.menu(), "Saved inboxes…")()
	d.mustSay("Study 73", "in use · Workspace ws0421", "Study 74")
	first := d.inboxes.kept[0]
	d.inboxes.renameAsked(first)
	d.write("name", "study 74")
	d.mustSay("Another inbox has this name.")
	d.write("name", "Cardio study")
	d.tap("Rename")
	d.finish()
	d.mustSay("Saved inboxes", "Cardio study", "Study 74")
	d.look()
	if got := d.start.first.words.content; got != "Cardio study" {
		t.Errorf("the start page calls it %q", got)
	}

	d.inboxes.removeAsked(d.inboxes.kept[1])
	if !d.isFocused(d.button("Cancel")) {
		t.Error("Enter would remove it")
	}
	d.tap("Remove")
	d.finish()
	if all, err := book.List(t.Context()); err != nil || len(all) != 1 || all[0].Name != "Cardio study" {
		t.Errorf("kept: %v, %v", all, err)
	}
	if d.says("Study 74") {
		t.Error("it is still listed")
	}
}

// TestAReplacedTokenKeepsTheName, also where the new token leads to another place.
func TestAReplacedTokenKeepsTheName(t *testing.T) {
	book := inboxes.Book{Records: inboxes.NewMemoryRecords(), Vault: inboxes.NewMemoryVault(nil)}
	d := openDesk(t, Config{Inboxes: book})
	d.inboxes.keep(d.use(someToken()), "Cardio study", true, "")
	d.finish()
	d.clipboard(someToken("73", "80"))
	d.tokens.replace(d.inboxes.kept[0])
	d.mustSay("Paste the new token for “Cardio study”", "Upload to  Cardio study")
	d.tap("Use this token")
	d.finish()
	all, err := book.List(t.Context())
	if err != nil || len(all) != 1 || all[0].Name != "Cardio study" || all[0].Ref == "" ||
		!strings.HasSuffix(all[0].Inbox.String(), "80") {
		t.Errorf("kept: %v, %v", all, err)
	}
}
