package ui

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Appearance is whether the window is light or dark.
type Appearance string

// The appearances.
const (
	AppearanceSystem Appearance = "system" // same as the system; also the empty string
	AppearanceLight  Appearance = "light"
	AppearanceDark   Appearance = "dark"
)

// calm is the window's theme: few colours, much room, one accent. Texts have a contrast of at least
// 4.5 to 1 with their background, in both appearances (TestTextsCanBeRead).
type calm struct {
	appearance Appearance
	textScale  float32 // 1 is the normal size of text
}

// Names of colours that Fyne's own themes lack.
const (
	// of cards and lists on the background
	colorSurface fyne.ThemeColorName = "surface"
	colorMuted   fyne.ThemeColorName = "muted" // of minor texts
	// of the empty part of a progress bar
	colorTrack fyne.ThemeColorName = "track"
	// of the part that was handed to the network but is not confirmed yet
	colorOnWay   fyne.ThemeColorName = "onWay"
	colorDash    fyne.ThemeColorName = "dash"   // of the drop zone's edge
	colorStripe  fyne.ThemeColorName = "stripe" // of every other row in a long list
	colorWarnBg  fyne.ThemeColorName = "warningBackground"
	colorErrorBg fyne.ThemeColorName = "errorBackground"
	colorGoodBg  fyne.ThemeColorName = "successBackground"
	colorInfoBg  fyne.ThemeColorName = "infoBackground"
	colorChipBg  fyne.ThemeColorName = "chipBackground" // of a chip that is neither good nor bad
)

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xff}
}

func rgba(hex uint32, a uint8) color.NRGBA {
	c := rgb(hex)
	c.A = a
	return c
}

// palette has the light colour of each name first, then the dark one.
var palette = map[fyne.ThemeColorName][2]color.NRGBA{
	theme.ColorNameBackground:          {rgb(0xffffff), rgb(0x171d24)},
	colorSurface:                       {rgb(0xffffff), rgb(0x1b222a)},
	theme.ColorNameForeground:          {rgb(0x1c2733), rgb(0xe4eaf0)},
	colorMuted:                         {rgb(0x566575), rgb(0xa3b1bf)},
	theme.ColorNamePrimary:             {rgb(0x0b6a8f), rgb(0x55b8dc)},
	theme.ColorNameForegroundOnPrimary: {rgb(0xffffff), rgb(0x06212d)},
	theme.ColorNameHyperlink:           {rgb(0x0b6a8f), rgb(0x6cc4e4)},
	theme.ColorNameSuccess:             {rgb(0x166e43), rgb(0x5fc794)},
	theme.ColorNameForegroundOnSuccess: {rgb(0xffffff), rgb(0x06251a)},
	theme.ColorNameWarning:             {rgb(0x8f5600), rgb(0xf0b65c)},
	theme.ColorNameForegroundOnWarning: {rgb(0xffffff), rgb(0x2b1a00)},
	theme.ColorNameError:               {rgb(0xb3261e), rgb(0xff8f85)},
	theme.ColorNameForegroundOnError:   {rgb(0xffffff), rgb(0x330a07)},
	colorStripe:                        {rgba(0x0b2a3d, 0x08), rgba(0xffffff, 0x08)},
	colorWarnBg:                        {rgb(0xfdf3e0), rgb(0x33291a)},
	colorErrorBg:                       {rgb(0xfcebea), rgb(0x3a2222)},
	colorGoodBg:                        {rgb(0xe7f5ed), rgb(0x1b2f26)},
	colorInfoBg:                        {rgb(0xeff5f8), rgb(0x1a2d37)},
	colorChipBg:                        {rgb(0xe6ebf0), rgb(0x2a343f)},
	colorDash:                          {rgb(0x8296a8), rgb(0x5f7285)},
	colorTrack:                         {rgb(0xdde4ea), rgb(0x2c3641)},
	colorOnWay:                         {rgb(0x8fc4d9), rgb(0x31667a)},
	theme.ColorNameButton:              {rgb(0xe6ebf0), rgb(0x2a343f)},
	theme.ColorNameDisabledButton:      {rgb(0xe6ebf0), rgb(0x232b34)},
	theme.ColorNameDisabled:            {rgb(0x566575), rgb(0xa3b1bf)},
	theme.ColorNamePlaceHolder:         {rgb(0x5f6e7d), rgb(0x8f9eae)},
	theme.ColorNameInputBackground:     {rgb(0xf4f6f8), rgb(0x12171d)},
	theme.ColorNameInputBorder:         {rgb(0xb9c4cf), rgb(0x465361)},
	theme.ColorNameSeparator:           {rgb(0xdde4ea), rgb(0x2c3641)},
	theme.ColorNameHeaderBackground:    {rgb(0xffffff), rgb(0x1b222a)},
	theme.ColorNameMenuBackground:      {rgb(0xffffff), rgb(0x222b35)},
	theme.ColorNameOverlayBackground:   {rgb(0xffffff), rgb(0x1f2730)},
	theme.ColorNameHover:               {rgba(0x0b2a3d, 0x12), rgba(0xffffff, 0x12)},
	theme.ColorNamePressed:             {rgba(0x0b2a3d, 0x24), rgba(0xffffff, 0x20)},
	theme.ColorNameFocus:               {rgba(0x0b6a8f, 0x40), rgba(0x55b8dc, 0x48)},
	theme.ColorNameSelection:           {rgba(0x0b6a8f, 0x1a), rgba(0x55b8dc, 0x28)},
	theme.ColorNameScrollBar:           {rgba(0x1c2733, 0x66), rgba(0xe4eaf0, 0x66)},
	theme.ColorNameScrollBarBackground: {rgba(0x1c2733, 0x10), rgba(0xe4eaf0, 0x10)},
	theme.ColorNameShadow:              {rgba(0x0b2a3d, 0x38), rgba(0x000000, 0x80)},
}

func (c *calm) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch c.appearance {
	case AppearanceLight:
		v = theme.VariantLight
	case AppearanceDark:
		v = theme.VariantDark
	}
	if pair, ok := palette[name]; ok {
		if v == theme.VariantLight {
			return pair[0]
		}
		return pair[1]
	}
	return theme.DefaultTheme().Color(name, v)
}

func (c *calm) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

func (c *calm) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

func (c *calm) Size(name fyne.ThemeSizeName) float32 {
	scale := c.textScale
	if scale == 0 {
		scale = 1
	}
	switch name {
	case theme.SizeNameText:
		return 14 * scale
	case theme.SizeNameCaptionText:
		return 12 * scale
	case theme.SizeNameSubHeadingText:
		return 17 * scale
	case theme.SizeNameHeadingText:
		return 22 * scale
	case theme.SizeNameInlineIcon:
		return 18 * scale
	case theme.SizeNamePadding:
		return 4
	case theme.SizeNameInnerPadding:
		return 8
	case theme.SizeNameButtonRadius, theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return 6
	case theme.SizeNameCardRadius, theme.SizeNameDialogRadius, theme.SizeNamePopupRadius,
		theme.SizeNameMenuRadius:
		return 10
	case theme.SizeNameScrollBar:
		return 10
	default:
		return theme.DefaultTheme().Size(name)
	}
}

// currentColor returns a colour of the current theme.
func currentColor(name fyne.ThemeColorName) color.Color {
	s := fyne.CurrentApp().Settings()
	return s.Theme().Color(name, s.ThemeVariant())
}

func currentSize(name fyne.ThemeSizeName) float32 {
	return fyne.CurrentApp().Settings().Theme().Size(name)
}
