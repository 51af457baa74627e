package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"inboxuploader/assets"
)

// English is the source language of the texts.
const English = "en"

// dictionary maps English texts to one language's texts. It does not change once it is read.
//
// The files have the format of Fyne's lang, which translates Fyne's own texts. The window looks up
// its texts here instead: lang only knows the system's language, and for each text it matches the
// language again and fills a template, which is too much for rows that ask at every sample.
type dictionary struct {
	tag                language.Tag
	texts              map[string]string
	counts             map[string]map[plural.Form]string // for texts that depend on a number
	thousands, decimal string
}

// spoken is the language in use. It is changed on Fyne's thread and read from anywhere.
var spoken atomic.Pointer[dictionary]

func init() { spoken.Store(&dictionary{tag: language.English, thousands: ",", decimal: "."}) }

// pluralForms are CLDR's names for the plural forms of a text.
var pluralForms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few,
	"many": plural.Many, "other": plural.Other,
}

// languages returns the languages that have files, English first.
func languages() []string {
	// fails for a malformed pattern only
	names, _ := fs.Glob(assets.Translations, "translations/*.json")
	codes := []string{English}
	for _, name := range names {
		if code := strings.TrimSuffix(path.Base(name), ".json"); code != English {
			codes = append(codes, code)
		}
	}
	return codes
}

// readDictionary reads one language's file.
func readDictionary(code string) (*dictionary, error) {
	tag, err := language.Parse(code)
	if err != nil {
		return nil, fmt.Errorf("language %q: %w", code, err)
	}
	file, err := assets.Translations.ReadFile("translations/" + code + ".json")
	if err != nil {
		return nil, fmt.Errorf("read language: %w", err)
	}
	var all map[string]any
	if err := json.Unmarshal(file, &all); err != nil {
		return nil, fmt.Errorf("read language %s: %w", code, err)
	}
	d := &dictionary{
		tag: tag, texts: make(map[string]string, len(all)),
		counts: map[string]map[plural.Form]string{},
	}
	for english, x := range all {
		switch x := x.(type) {
		case string:
			d.texts[english] = x
		case map[string]any:
			d.counts[english] = map[plural.Form]string{}
			for name, text := range x {
				d.counts[english][pluralForms[name]], _ = text.(string)
			}
		}
	}
	// How numbers are written, by an example.
	sample := []rune(d.text("1,234.5"))
	d.thousands, d.decimal = string(sample[1:len(sample)-5]),
		string(sample[len(sample)-2:len(sample)-1])
	return d, nil
}

// text returns a text in this language, or the English text if there is no translation.
func (d *dictionary) text(english string) string {
	if text, ok := d.texts[english]; ok {
		return text
	}
	return english
}

// counted returns a text in the plural form for a number.
func (d *dictionary) counted(english string, n int64) string {
	forms, ok := d.counts[english]
	if !ok {
		return english
	}
	// no language's rule needs more than the last six digits, and whether there are more
	if n >= 1e7 {
		n = n%1e6 + 1e6
	}
	form := plural.Cardinal.MatchPlural(d.tag, int(n), 0, 0, 0, 0)
	if text, ok := forms[form]; ok {
		return text
	}
	return forms[plural.Other]
}

// speak sets the language of the window's texts and of Fyne's own by its code. Empty means the
// system's language, or English if that has no file. Texts on the screen don't change. After an
// error the language is English.
func speak(code string) error {
	if code == "" {
		code = closestLanguage(lang.SystemLocale().LanguageString())
	}
	d, err := readDictionary(code)
	if err != nil {
		english, worse := readDictionary(English)
		if worse != nil {
			return errors.Join(err, worse)
		}
		d = english
	}
	spoken.Store(d)
	// From now on Fyne takes the chosen language for the system's.
	fynes := map[string]string{}
	for _, text := range saidByFyne {
		fynes[text] = d.text(text)
	}
	file, worse := json.Marshal(fynes)
	if worse == nil {
		worse = lang.AddTranslationsForLocale(file,
			fyne.Locale(lang.SystemLocale().LanguageString()))
	}
	return errors.Join(err, worse)
}

// saidByFyne are the texts of the Fyne widgets that the window uses: entries, lists of files.
var saidByFyne = []string{
	"Cancel", "Confirm", "Copy", "Create Folder", "Cut", "Enter filename", "Error", "Favourites",
	"File", "Folder", "New Folder", "No",
	"OK", "Open", "Paste", "Quit", "Redo", "Save", "Select all", "Show Hidden Files", "Undo", "Yes",
	"file.name", "file.parent",
}

// closestLanguage returns the available language closest to a locale's; English if none is close.
func closestLanguage(locale string) string {
	codes := languages()
	tags := make([]language.Tag, len(codes))
	for i, code := range codes {
		tags[i] = language.Make(code)
	}
	_, i, sure := language.NewMatcher(tags).Match(language.Make(locale))
	if sure == language.No {
		return English
	}
	return codes[i]
}

// languageNames returns what the languages call themselves, in the order of languages.
func languageNames() []string {
	var names []string
	for _, code := range languages() {
		name := code
		if d, err := readDictionary(code); err == nil {
			name = d.text("English")
		}
		names = append(names, name)
	}
	return names
}

// setLanguage shows the window in another language, at once.
func (w *Window) setLanguage(code string) {
	w.settings.Language = code
	w.settings.changed()
	if err := speak(code); err != nil {
		w.config.Log.Error("language", "error", err)
	}
	w.rebuild()
}

// rebuild creates all of the window's content again. The list starts over with all files.
func (w *Window) rebuild() {
	if w.top != nil {
		w.top.close()
	}
	clear(w.named)
	w.sampler.reset()
	pulled := w.practice.cable.Checked
	w.window.SetContent(w.build())
	w.practice.cable.Checked = pulled
	w.header.onStart(true)
	w.showPage()
	if w.tray.icons != nil {
		w.tray.set(w.tray.state)
	}
	w.wake()
}
