package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// dropZone is the background of a card for dropping files, with a dashed edge. It lights up while
// the pointer is on it. Fyne 2.8.1 reports only dropped files, not files dragged over the window.
// On X11 pointer events arrive during a drag too, so there it lights up under the files. On
// Windows, macOS and Wayland it lights up only for the pointer. Files can be dropped anywhere in
// the window, whatever is lit.
type dropZone struct {
	widget.BaseWidget
	lit bool
}

func newDropZone() *dropZone {
	z := &dropZone{}
	z.ExtendBaseWidget(z)
	return z
}

// light lights it up, or no more.
func (z *dropZone) light(yes bool) {
	if z.lit != yes {
		z.lit = yes
		z.Refresh()
	}
}

// MouseIn implements desktop.Hoverable.
func (z *dropZone) MouseIn(*desktop.MouseEvent) { z.light(true) }

// MouseMoved implements desktop.Hoverable.
func (z *dropZone) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (z *dropZone) MouseOut() { z.light(false) }

func (z *dropZone) CreateRenderer() fyne.WidgetRenderer {
	r := &dropZoneRenderer{z, canvas.NewRectangle(nil), canvas.NewImageFromResource(nil)}
	r.ground.CornerRadius = dropRadius
	r.Refresh()
	return r
}

const dropRadius = 10

type dropZoneRenderer struct {
	zone   *dropZone
	ground *canvas.Rectangle
	edge   *canvas.Image
}

func (r *dropZoneRenderer) Destroy() {}

func (r *dropZoneRenderer) MinSize() fyne.Size { return fyne.Size{} }

func (r *dropZoneRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.edge}
}

func (r *dropZoneRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	r.edge.Resize(size)
	r.show()
}

func (r *dropZoneRenderer) Refresh() {
	r.show()
	r.ground.Refresh()
}

// show draws the edge anew, since its dashes depend on its size.
func (r *dropZoneRenderer) show() {
	ground, edge, width := colorSurface, colorDash, 1.5
	if r.zone.lit {
		ground, edge, width = colorInfoBg, theme.ColorNamePrimary, 2
	}
	r.ground.FillColor = currentColor(ground)
	if size := r.zone.Size(); size.Width > 0 {
		r.edge.Resource = dashedEdge(size, themed{color: edge}.hex(), width)
		r.edge.Refresh()
	}
}

// dashedEdge is a picture of a dashed line around a card of that size.
func dashedEdge(size fyne.Size, color string, width float64) fyne.Resource {
	svg := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%[1]g" height="%[2]g" `+
		`viewBox="0 0 %[1]g %[2]g"><rect x="%[3]g" y="%[3]g" width="%[4]g" height="%[5]g" rx="%[6]d" `+
		`ry="%[6]d" fill="none" stroke="%[7]s" stroke-width="%[8]g" stroke-dasharray="7,5"/></svg>`,
		size.Width, size.Height, width/2, float64(size.Width)-width, float64(size.Height)-width,
		dropRadius, color, width)
	return fyne.NewStaticResource(fmt.Sprintf("edge-%gx%g-%s-%g.svg", size.Width, size.Height,
		color[1:], width), []byte(svg))
}

// pictured puts a picture at the right of a text that grows, where there is room for both.
type pictured struct{}

const (
	pictureSize = 64
	pictureFrom = 480 // the width from which there is a picture
)

func (pictured) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[0].MinSize() }

func (pictured) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	words, picture := objects[0], objects[1]
	room := float32(0)
	if size.Width >= pictureFrom {
		room = pictureSize
	}
	words.Resize(fyne.NewSize(size.Width-room, size.Height))
	words.Move(fyne.Position{})
	picture.Resize(fyne.NewSquareSize(room))
	picture.Move(fyne.NewPos(size.Width-room, (size.Height-room)/2))
}
