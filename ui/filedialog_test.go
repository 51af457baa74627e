package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// TestFynesDialogsOpen opens those that ask for a file of the person's own, at the smallest size and a usual one.
func TestFynesDialogsOpen(t *testing.T) {
	for name, c := range map[string]struct {
		open func(d *desk)
		says string
	}{
		"files":   {func(d *desk) { d.chooseFiles() }, "Open File"},
		"folder":  {func(d *desk) { d.chooseFolder() }, "Open Folder"},
		"receipt": {func(d *desk) { d.saveReceipt() }, "Save File"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []fyne.Size{smallest, fyne.NewSize(900, 620)} {
				d := openDesk(t, Config{})
				d.window.Resize(size)
				c.open(d)
				d.mustSay(c.says)
			}
		})
	}
}
