package ui

import (
	"fmt"
	"math"

	"fyne.io/fyne/v2"
)

// trayLook is what the tray's icon shows.
type trayLook struct {
	state string // trayIdle, …
	step  int    // of trayStep percent each; 0 if the state has no progress
}

// The states of the icon, by names that resources may have.
const (
	trayIdle   = "idle"   // the program's own picture, simplified for that size
	trayGoing  = "going"  // a ring that fills
	trayPaused = "paused" // the same at rest
	trayHold   = "hold"   // the same, waiting for a token
	trayNeeds  = "needs"  // something needs a person
)

// trayStep is the progress in percent after which the icon is drawn again. Each drawing is sent to
// the desktop as a picture.
const trayStep = 5

// look returns how the icon shows a state.
func (s *trayState) look() trayLook {
	step := s.percent / trayStep
	switch {
	case s.pending > 0 && s.hold:
		return trayLook{trayHold, step}
	case s.pending > 0 && !s.going:
		return trayLook{trayPaused, step}
	case s.pending > 0:
		return trayLook{trayGoing, step}
	case s.needs > 0:
		return trayLook{trayNeeds, 0}
	default:
		return trayLook{trayIdle, 0}
	}
}

// Colours of the icon. Panels have any colour, so the icon brings its own background.
const (
	trayBlue  = "#0b6a8f"
	trayTrack = "#c3d3dd"
	trayGreen = "#2fb36d"
	trayGrey  = "#6b7985"
	trayAmber = "#e89a1c"
)

// Shapes of the icon, all of them filled: Fyne draws lines of one width whatever the size.
const (
	trayArrow = `<path d="M64 36 L88 62 L71 62 L71 92 L57 92 L57 62 L40 62 Z" fill="#ffffff"/>`
	trayBars  = `<rect x="45" y="42" width="14" height="44" rx="3" fill="#ffffff"/>` +
		`<rect x="69" y="42" width="14" height="44" rx="3" fill="#ffffff"/>`
	trayMark = `<path d="M55 26 L73 26 L70 76 L58 76 Z" fill="#ffffff"/>` +
		`<circle cx="64" cy="94" r="9" fill="#ffffff"/>`
	trayOwn = `<rect x="4" y="4" width="120" height="120" rx="26" fill="` + trayBlue + `"/>` +
		`<path d="M64 24 L92 54 L72 54 L72 82 L56 82 L56 54 L36 54 Z" fill="#ffffff"/>` +
		`<path d="M24 72 L38 72 L38 92 L90 92 L90 72 L104 72 L104 106 L24 106 Z" fill="#bfe3f1"/>`
)

// resource is the picture.
func (l trayLook) resource() fyne.Resource {
	var shapes string
	switch l.state {
	case trayGoing:
		shapes = ring(l.step, trayGreen) + trayArrow
	case trayPaused:
		shapes = ring(l.step, trayGrey) + trayBars
	case trayHold:
		shapes = ring(l.step, trayAmber) + trayBars
	case trayNeeds:
		shapes = `<circle cx="64" cy="64" r="60" fill="` + trayAmber + `"/>` + trayMark
	default:
		shapes = trayOwn
	}
	text := `<svg xmlns="http://www.w3.org/2000/svg" width="128" height="128"` +
		` viewBox="0 0 128 128">` + shapes + `</svg>`
	return fyne.NewStaticResource(fmt.Sprintf("tray-%s-%d.svg", l.state, l.step), []byte(text))
}

// ring is a disc with a ring around it that fills with the progress.
func ring(step int, color string) string {
	const radius = 62
	shapes := fmt.Sprintf(`<circle cx="64" cy="64" r="%d" fill="%s"/>`, radius, trayTrack)
	if share := float64(step*trayStep) / 100; share > 0 {
		long := 0
		if share > 0.5 {
			long = 1
		}
		sin, cos := math.Sincos(2 * math.Pi * min(share, 0.999))
		shapes += fmt.Sprintf(`<path d="M64 64 L64 %d A%d %d 0 %d 1 %.2f %.2f Z" fill="%s"/>`,
			64-radius, radius, radius, long, 64+radius*sin, 64-radius*cos, color)
	}
	return shapes + `<circle cx="64" cy="64" r="44" fill="` + trayBlue + `"/>`
}
