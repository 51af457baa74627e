package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// TestMenusSayTheirKeys at the right, flush with one another, and each key does what its entry
// does.
func TestMenusSayTheirKeys(t *testing.T) {
	d := openDesk(t, Config{})
	d.look()
	keys := map[string]string{}
	edge := float32(0)
	for _, m := range []*fyne.Menu{d.menus.all(), d.intake.menu()} {
		edge = 0
		for _, item := range withKeys(m).Items {
			label, key, ok := strings.Cut(item.Label, "  ")
			if !ok {
				continue
			}
			keys[label] = strings.Trim(key, " \u200a")
			width := fyne.MeasureText(item.Label, currentSize(theme.SizeNameText), fyne.TextStyle{}).Width
			if edge != 0 && (width < edge-2 || width > edge+2) {
				t.Errorf("%q ends at %.1f, another at %.1f", item.Label, width, edge)
			}
			edge = width
		}
	}
	for label, want := range map[string]string{
		"Add files…": "Ctrl+O", "Add a folder…": "Ctrl+Shift+O", "Paste token…": "Ctrl+V",
		"Settings…": "Ctrl+,", "Quit": "Ctrl+Q",
	} {
		if keys[label] != want {
			t.Errorf("%s: %q, want %q", label, keys[label], want)
		}
	}
	if got := keyWords(withCtrl(fyne.KeyO, fyne.KeyModifierShift|fyne.KeyModifierSuper), true); got != "⌃⇧⌘O" {
		t.Errorf("on macOS: %q", got)
	}
}

// TestTheMenuBarLeavesPasteToTheEntry that has the keyboard, and its keys rest while something is
// asked.
func TestTheMenuBarLeavesPasteToTheEntry(t *testing.T) {
	d := openDesk(t, Config{MenuBar: true})
	d.tokens.open("")
	open := d.top
	for _, item := range d.window.MainMenu().Items[0].Items {
		if _, pastes := item.Shortcut.(*fyne.ShortcutPaste); pastes {
			t.Errorf("%q takes Ctrl+V from the entries", item.Label)
		}
		if item.Label == "Settings…" {
			item.Action()
		}
	}
	if d.top != open {
		t.Error("the settings opened in place of what is asked")
	}
}
