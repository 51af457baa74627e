package ui

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// luminance is a colour's relative luminance (www.w3.org/TR/WCAG21/#dfn-relative-luminance).
func luminance(c color.NRGBA) float64 {
	channel := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(c.R) + 0.7152*channel(c.G) + 0.0722*channel(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// over is the colour that is seen of one upon another.
func over(upper, lower color.NRGBA) color.NRGBA {
	mix := func(u, l uint8) uint8 {
		a := float64(upper.A) / 255
		return uint8(math.Round(float64(u)*a + float64(l)*(1-a)))
	}
	return color.NRGBA{
		R: mix(upper.R, lower.R), G: mix(upper.G, lower.G), B: mix(upper.B, lower.B), A: 0xff,
	}
}

// leastContrast is what WCAG asks of texts, to 1.
const leastContrast = 4.5

// TestTextsCanBeRead wants that contrast for each colour of a text on all that it stands on, one
// colour upon the other where that is translucent.
func TestTextsCanBeRead(t *testing.T) {
	type ground []fyne.ThemeColorName
	surfaces := []ground{
		{theme.ColorNameBackground},
		{colorSurface},
		{theme.ColorNameOverlayBackground},
		{theme.ColorNameBackground, theme.ColorNameHover}, // of tabs and rows
		{theme.ColorNameBackground, theme.ColorNameSelection},
		// of the selected row that the keyboard is at
		{theme.ColorNameBackground, theme.ColorNameHover, theme.ColorNameSelection},
	}
	notices := []ground{{colorWarnBg}, {colorErrorBg}, {colorGoodBg}, {colorInfoBg}, {colorChipBg}}
	also := func(more ...ground) []ground { return append(more, surfaces...) }
	button := func(name fyne.ThemeColorName) []ground { // and while it is pointed at, or pressed
		return []ground{{name}, {name, theme.ColorNameHover}, {name, theme.ColorNamePressed}}
	}
	on := map[fyne.ThemeColorName][]ground{
		theme.ColorNameForeground: append(append(also(
			ground{theme.ColorNameInputBackground},
			ground{theme.ColorNameInputBackground, theme.ColorNameSelection},
			ground{theme.ColorNameMenuBackground},
			ground{theme.ColorNameMenuBackground, theme.ColorNameFocus},
			ground{theme.ColorNameHeaderBackground},
		), notices...), button(theme.ColorNameButton)...),
		colorMuted:                         also(ground{colorInfoBg}, ground{colorChipBg}),
		theme.ColorNameDisabled:            also(ground{theme.ColorNameDisabledButton}),
		theme.ColorNamePlaceHolder:         {{theme.ColorNameInputBackground}},
		theme.ColorNameHyperlink:           surfaces,
		theme.ColorNameError:               also(ground{colorErrorBg}),
		theme.ColorNameWarning:             also(ground{colorWarnBg}),
		theme.ColorNameSuccess:             also(ground{colorGoodBg}),
		theme.ColorNamePrimary:             also(ground{colorInfoBg}),
		theme.ColorNameForegroundOnPrimary: button(theme.ColorNamePrimary),
		theme.ColorNameForegroundOnError:   button(theme.ColorNameError),
		theme.ColorNameForegroundOnWarning: button(theme.ColorNameWarning),
		theme.ColorNameForegroundOnSuccess: button(theme.ColorNameSuccess),
	}
	for _, c := range []fyne.ThemeColorName{ // of chips
		theme.ColorNameSuccess, theme.ColorNameWarning, theme.ColorNameError, colorMuted,
	} {
		on[c] = append(on[c], ground{chipGround(c)})
	}
	for i, appearance := range []string{"light", "dark"} {
		for text, grounds := range on {
			for _, g := range grounds {
				seen := palette[g[0]][i]
				for _, name := range g[1:] {
					seen = over(palette[name][i], seen)
				}
				if got := contrast(palette[text][i], seen); got < leastContrast {
					t.Errorf("%s: %s on %s has %.2f to 1", appearance, text, g, got)
				}
			}
		}
	}
}
