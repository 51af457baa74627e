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

// English is the language that the texts are written in.
const English = "en"

// dictionary is one language's texts by the English ones. It is not changed once it is read.
//
// The files are those of Fyne's lang, and what Fyne itself says goes through it. The window's own
// texts are looked up here, since lang goes by the system's language alone, and matches it anew and
// fills a template for each text, which the rows ask for at every look.
type dictionary struct {
	tag                language.Tag
	texts              map[string]string
	counts             map[string]map[plural.Form]string // for texts that depend on a number
	thousands, decimal string
}

// spoken is the language in use. It is changed on Fyne's thread and read from anywhere.
var spoken atomic.Pointer[dictionary]

func init() { spoken.Store(&dictionary{tag: language.English, thousands: ",", decimal: "."}) }

// pluralForms are the names that CLDR has for the forms of a text that depends on a number.
var pluralForms = map[string]plural.Form{
	"zero": plural.Zero, "one": plural.One, "two": plural.Two, "few": plural.Few,
	"many": plural.Many, "other": plural.Other,
}

// languages returns the languages that there are files of, English first.
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

// text returns a text in this language, or as it is where the language has none for it.
func (d *dictionary) text(english string) string {
	if text, ok := d.texts[english]; ok {
		return text
	}
	return english
}

// counted returns a text in the form that it has for a number.
func (d *dictionary) counted(english string, n int64) string {
	forms, ok := d.counts[english]
	if !ok {
		return english
	}
	// no language looks further than at the last six digits, and at whether there are more
	if n >= 1e7 {
		n = n%1e6 + 1e6
	}
	form := plural.Cardinal.MatchPlural(d.tag, int(n), 0, 0, 0, 0)
	if text, ok := forms[form]; ok {
		return text
	}
	return forms[plural.Other]
}

// speak makes the window's texts, and those of Fyne itself, be in the language of that code; empty:
// in the system's, or in English where there is no file of that. Texts that are on the screen stay.
// On an error they are English.
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
	// What Fyne takes for the system's language is the chosen one from now on.
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

// saidByFyne are the texts that Fyne's own parts have which the window uses: entries, lists of
// files.
var saidByFyne = []string{
	"Cancel", "Confirm", "Copy", "Create Folder", "Cut", "Enter filename", "Error", "Favourites",
	"File", "Folder", "New Folder", "No",
	"OK", "Open", "Paste", "Quit", "Redo", "Save", "Select all", "Show Hidden Files", "Undo", "Yes",
	"file.name", "file.parent",
}

// closestLanguage returns the language that there is which comes closest to that of a locale,
// English if none does.
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

// rebuild makes all that the window shows anew. What a person chose to see of the list is chosen
// anew, too.
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
