package ui

import (
	"testing"

	"fyne.io/fyne/v2/lang"

	"inboxuploader/uploader"
)

// TestTheLanguageIsChosenInTheSettings: all of the window is in the chosen language at once, Fyne's own texts too, and the choice is kept.
func TestTheLanguageIsChosenInTheSettings(t *testing.T) {
	t.Cleanup(func() { speakIn(t, English) })
	d := openDesk(t, Config{Queue: newCrowd(1_204)})
	d.look()
	d.mustSay("0 of 1,204 files delivered", "Sending")
	d.openSettings()
	for i, code := range languages() {
		d.setLanguage(code)
		d.openSettings()
		d.mustSay(languageNames()[i])
		d.sheet.close()
		d.look()
		d.mustSay(trn("{{.N}} of {{.Total}} files delivered", 0, values("Total", number(1_204))), tr("Pause all"))
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

// TestWhatTheSystemSpeaks: the window follows the system's language, in whatever form that is named, and else speaks English.
func TestWhatTheSystemSpeaks(t *testing.T) {
	t.Cleanup(func() { speakIn(t, English) })
	for locale, want := range map[string]string{"en_GB.UTF-8": "en", "C": "en", "": "en", "nl_NL.UTF-8": "en"} {
		t.Setenv("LC_ALL", locale)
		t.Setenv("LANGUAGE", "")
		t.Setenv("LANG", "")
		if got := systemLanguage(); got != want {
			t.Errorf("%q: %s", locale, got)
		}
	}
}

// TestAnUnknownLanguageIsEnglish: a settings file of another version does not keep the window from speaking.
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
	if n := testing.AllocsPerRun(100, func() { _ = tr("Waiting"); _ = lookOf(uploader.Active) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
