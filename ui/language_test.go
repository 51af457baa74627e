package ui

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/ledger"
)

// TestTheLanguageIsChosenInTheSettings: all of the window is in the chosen language at once, Fyne's
// own texts too, and the choice is kept.
func TestTheLanguageIsChosenInTheSettings(t *testing.T) {
	t.Cleanup(func() { speakIn(t, English) })
	d := openDesk(t, Config{Queue: newCrowd(1_204)})
	d.look()
	d.mustSay("0 of 1,204 files delivered", "Sending")
	for i, code := range languages() {
		d.options.open()
		var choice *widget.Select
		d.walk(func(o fyne.CanvasObject) {
			if s, ok := o.(*sheetSelect); ok && slices.Contains(s.Options, "Deutsch") {
				choice = &s.Select
			}
		})
		choice.SetSelectedIndex(i + 1) // behind “as the system”
		d.mustSay(tr("Settings"), languageNames()[i])
		d.top.close()
		d.look()
		d.mustSay(trn("{{.N}} of {{.Total}} files delivered", 0, values("Total", number(1_204))),
			tr("Pause all"))
		if code != English && d.says("files delivered") {
			t.Errorf("%s: something is still English", code)
		}
		if got := lang.L("Select all"); got != translated("Select all") {
			t.Errorf("%s: Fyne says %q", code, got)
		}
		if d.settings.Language != code {
			t.Errorf("%q was not kept", code)
		}
	}
}

// TestClosestLanguage: the window follows the system's language, in whatever form that is named,
// and else speaks English.
func TestClosestLanguage(t *testing.T) {
	for locale, want := range map[string]string{
		"en-GB": "en", "de-AT": "de", "de": "de", "gsw-CH": "de", "fr-CA": "fr", "es-419": "es",
		"es-MX": "es", "ja-JP": "ja", "ja": "ja",
		"nl-NL": "en", "sr-Cyrl": "en", "zh-Hans": "en", "": "en", "C": "en", "no locale": "en",
	} {
		if got := closestLanguage(locale); got != want {
			t.Errorf("%q: %s, want %s", locale, got, want)
		}
	}
}

// TestNumbersAndTimes are written as the language does.
func TestNumbersAndTimes(t *testing.T) {
	t.Cleanup(func() { speakIn(t, English) })
	when := time.Date(2030, 5, 7, 9, 4, 0, 0, time.Local)
	for code, want := range map[string][]string{
		"en": {
			"1,234,567", "1.2 GB", "512 B", "7 May 2030, 09:04", "6 d 21 h", "0 files", "1 file",
			"2,000,000 files",
		},
		"de": {
			"1.234.567", "1,2 GB", "512 B", "07.05.2030, 09:04", "6 T 21 Std.", "0 Dateien",
			"1 Datei", "2.000.000 Dateien",
		},
		"fr": {
			"1\u00a0234\u00a0567", "1,2 Go", "512 o", "07/05/2030, 09:04", "6 j 21 h",
			"0 fichier", "1 fichier", "2\u00a0000\u00a0000 fichiers",
		},
		"es": {
			"1.234.567", "1,2 GB", "512 B", "07/05/2030, 09:04", "6 d 21 h", "0 archivos",
			"1 archivo", "2.000.000 archivos",
		},
		"ja": {
			"1,234,567", "1.2 GB", "512 B", "2030/05/07 09:04", "6日21時間", "0 個のファイル", "1 個のファイル",
			"2,000,000 個のファイル",
		},
	} {
		speakIn(t, code)
		got := []string{
			number(1_234_567), amount(1_234_567_890), amount(512), date(when),
			duration(6*24*time.Hour + 21*time.Hour),
			files(0), files(1), files(2_000_000),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", code, diff)
		}
	}
}

// TestAnUnknownLanguageIsEnglish: a settings file of another version does not keep the window from
// speaking.
func TestAnUnknownLanguageIsEnglish(t *testing.T) {
	t.Cleanup(func() { speakIn(t, English) })
	if err := speak("xx"); err == nil {
		t.Error("there is no such language")
	}
	if got := tr("Pause all"); got != "Pause all" {
		t.Error(got)
	}
}

// TestValuesStandWhereTheyBelong: what a value contains is never taken for a value's place.
func TestValuesStandWhereTheyBelong(t *testing.T) {
	if got := fill("a {{.X}} b {{.Y}} c", values("X", "{{.Y}}", "Y", 2)); got != "a {{.Y}} b 2 c" {
		t.Error(got)
	}
}

// TestWordsTakeNoMemory: rows ask for the same few words at every look.
func TestWordsTakeNoMemory(t *testing.T) {
	if n := testing.AllocsPerRun(100,
		func() { _ = tr("Waiting"); _ = lookOf(ledger.Active) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
