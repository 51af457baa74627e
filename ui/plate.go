package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// plate lies below a row that a click opens: it takes the click, and shows where the pointer is.
// The keyboard has a button in the row.
type plate struct {
	widget.BaseWidget
	tapped func()
	rect   *canvas.Rectangle
}

func newPlate(tapped func()) *plate {
	p := &plate{tapped: tapped, rect: canvas.NewRectangle(currentColor(theme.ColorNameHover))}
	p.rect.CornerRadius = 6
	p.rect.Hide()
	p.ExtendBaseWidget(p)
	return p
}

// Tapped implements fyne.Tappable.
func (p *plate) Tapped(*fyne.PointEvent) { p.tapped() }

// Cursor implements desktop.Cursorable.
func (p *plate) Cursor() desktop.Cursor { return desktop.PointerCursor }

// MouseIn implements desktop.Hoverable.
func (p *plate) MouseIn(*desktop.MouseEvent) {
	p.rect.FillColor = currentColor(theme.ColorNameHover)
	p.rect.Show()
}

// MouseMoved implements desktop.Hoverable.
func (p *plate) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (p *plate) MouseOut() { p.rect.Hide() }

func (p *plate) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(p.rect) }
