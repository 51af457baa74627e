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

// TestTextsCanBeRead wants the contrast that WCAG asks of texts, 4.5 to 1, for each colour of a
// text on all that it stands on.
func TestTextsCanBeRead(t *testing.T) {
	surfaces := []fyne.ThemeColorName{
		theme.ColorNameBackground, colorSurface,
		theme.ColorNameOverlayBackground,
	}
	on := map[fyne.ThemeColorName][]fyne.ThemeColorName{
		theme.ColorNameForeground: append([]fyne.ThemeColorName{
			theme.ColorNameButton, theme.ColorNameInputBackground, theme.ColorNameMenuBackground,
			colorWarnBg, colorErrorBg, colorGoodBg, colorInfoBg,
		}, surfaces...),
		colorMuted: surfaces,
		theme.ColorNameDisabled: append([]fyne.ThemeColorName{
			theme.ColorNameDisabledButton,
		}, surfaces...),
		theme.ColorNamePlaceHolder: {theme.ColorNameInputBackground},
		theme.ColorNameError: append([]fyne.ThemeColorName{colorErrorBg},
			surfaces...),
		theme.ColorNameWarning:             append([]fyne.ThemeColorName{colorWarnBg}, surfaces...),
		theme.ColorNameSuccess:             append([]fyne.ThemeColorName{colorGoodBg}, surfaces...),
		theme.ColorNamePrimary:             append([]fyne.ThemeColorName{colorInfoBg}, surfaces...),
		theme.ColorNameForegroundOnPrimary: {theme.ColorNamePrimary},
		theme.ColorNameForegroundOnError:   {theme.ColorNameError},
		theme.ColorNameForegroundOnWarning: {theme.ColorNameWarning},
		theme.ColorNameForegroundOnSuccess: {theme.ColorNameSuccess},
	}
	for i, appearance := range []string{"light", "dark"} {
		for text, backgrounds := range on {
			for _, background := range backgrounds {
				if got := contrast(palette[text][i], palette[background][i]); got < 4.5 {
					t.Errorf("%s: %s on %s has %.2f to 1", appearance, text, background, got)
				}
			}
		}
	}
}
