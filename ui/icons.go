package ui

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"fyne.io/fyne/v2"

	"inboxuploader/assets"
)

// themed is one of the program's own icons in a colour of the theme, whatever the theme is when it
// is drawn. Fyne's own themed resources colour areas only, and these icons are lines.
type themed struct {
	name  string
	color fyne.ThemeColorName
}

// icon returns one of the program's own icons, in the colour of the theme that is named.
func icon(name string, color fyne.ThemeColorName) fyne.Resource { return themed{name, color} }

// Name implements fyne.Resource. Fyne keeps pictures by their names, so the colour is a part of it.
func (t themed) Name() string { return t.name + strings.TrimPrefix(t.hex(), "#") + ".svg" }

// Content implements fyne.Resource.
func (t themed) Content() []byte {
	hex := t.hex()
	colored.mu.Lock()
	defer colored.mu.Unlock()
	text, ok := colored.texts[t.name+hex]
	if !ok {
		text = bytes.ReplaceAll(assets.Icon(t.name), []byte("#000"), []byte(hex))
		colored.texts[t.name+hex] = text
	}
	return text
}

// colored has the icons' texts by name and colour: a few dozen.
var colored = struct {
	mu    sync.Mutex
	texts map[string][]byte
}{texts: map[string][]byte{}}

func (t themed) hex() string {
	r, g, b, _ := currentColor(t.color).RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// appIcon is the program's own picture, which keeps its colours.
func appIcon() fyne.Resource {
	return fyne.NewStaticResource("uploader.svg",
		assets.Icon("uploader"))
}
