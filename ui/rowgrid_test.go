package ui

import (
	"testing"

	"fyne.io/fyne/v2"
)

// TestAWideListHasColumns with a heading, also a narrow one where the person wants compact rows.
// What is at the top stays there when that changes.
func TestAWideListHasColumns(t *testing.T) {
	d := openDesk(t, Config{Queue: newCrowd(100_000)})
	l := d.Window.queue.list
	is := func(columns bool, top int) {
		t.Helper()
		d.look()
		d.look()
		if l.inColumns != columns || l.heading.Visible() != columns {
			t.Fatalf("columns: %v, heading: %v; want %v", l.inColumns, l.heading.Visible(), columns)
		}
		height := d.row(top).Size().Height
		if want := map[bool]float32{true: 36, false: 52}[columns]; height != want {
			t.Errorf("a row is %.0f high, want %.0f", height, want)
		}
		if at := int(l.GetScrollOffset() / l.rowHeight()); at != top {
			t.Errorf("row %d is at the top, want %d", at, top)
		}
	}
	is(false, 0)
	l.ScrollToOffset(5000 * l.rowHeight())
	is(false, 5000)
	d.window.Resize(fyne.NewSize(1200, 800))
	is(true, 5000)
	d.mustSay("Name", "Folder", "Size", "Progress", "State", "50 %")
	d.window.Resize(fyne.NewSize(900, 620))
	is(false, 5000)
	d.options.open()
	d.check("Compact rows")
	d.top.close()
	is(true, 5000)
	d.window.Resize(smallest)
	d.look()
	d.fitsIn(smallest)
}

// TestColumnsDoNotOverlap at any width.
func TestColumnsDoNotOverlap(t *testing.T) {
	openDesk(t, Config{Queue: newCrowd(1)})
	for width := smallest.Width - 8; width < 3000; width += 7 {
		g := gridOf(width)
		end := float32(0)
		for _, c := range []cell{g.sign, g.name, g.folder, g.size, g.progress, g.state} {
			if c.width == 0 {
				continue
			}
			if c.x < end {
				t.Fatalf("at %.0f a column begins at %.0f, and the one before ends at %.0f: %+v", width,
					c.x, end, g)
			}
			end = c.x + c.width
		}
		if end > width {
			t.Fatalf("at %.0f the columns end at %.0f", width, end)
		}
	}
}
