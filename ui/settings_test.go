package ui

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/problem"
)

func writeSettings(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSettingsThatCanNotBeAreAsAtAFirstStart(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		change  func(*Settings)
		damaged bool
	}{
		"nothing":               {"{}", func(*Settings) {}, false},
		"no settings at all":    {"\x00\xff{", func(*Settings) {}, true},
		"an empty file":         {"", func(*Settings) {}, true},
		"another kind of value": {`[1,2]`, func(*Settings) {}, true},
		"one field of another type does not lose the others": {
			`{"stay_awake":false,"rate":"fast","proxy":"http://p:1","connections":12}`,
			func(s *Settings) { s.StayAwake, s.Proxy, s.Connections = false, "http://p:1", 12 },
			true,
		},
		"a number beyond all": {
			`{"width":1e400,"text_scale":1.3}`,
			func(s *Settings) { s.TextScale = 1.3 }, true,
		},
		"sizes that can't be":    {`{"width":-5,"height":1e30}`, func(*Settings) {}, false},
		"a text size of nothing": {`{"text_scale":0.001}`, func(*Settings) {}, false},
		"a speed below nothing":  {`{"rate":-1}`, func(*Settings) {}, false},
		"too many connections":   {`{"connections":100000}`, func(*Settings) {}, false},
		"both replace and keep": {
			`{"replace":true,"keep_both":true}`,
			func(s *Settings) { s.KeepBoth = true }, false,
		},
		"an appearance of its own": {`{"appearance":"loud"}`, func(*Settings) {}, false},
		"what another version had": {
			`{"colour":"red","stay_awake":true}`, func(*Settings) {},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := LoadSettings(writeSettings(t, c.text))
			if (err != nil) != c.damaged {
				t.Errorf("error: %v", err)
			}
			want := DefaultSettings()
			c.change(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsComeBackAsTheyWereKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	s := DefaultSettings()
	s.Appearance, s.TextScale, s.Width, s.Height = AppearanceDark, 1.3, 900.5, 620
	s.Hosts, s.Exclude, s.Proxy, s.Rate, s.Connections = []string{"a.example.org"},
		[]string{"*.tmp", "心/**"}, "http://p:1", 5e6, 12
	s.KeepBoth, s.KeepClipboard, s.StayAwake = true, true, false
	s.Place = &image.Point{X: -1200, Y: 40}
	for range 2 { // the second takes the place of the first
		if err := SaveSettings(path, s); err != nil {
			t.Fatal(err)
		}
	}
	got, err := LoadSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Errorf("(-kept +read):\n%s", diff)
	}
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && fi.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", fi.Mode())
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are left, error %v", len(left), err)
	}
}

// somePlace is a screen that tells where the window stands.
type somePlace struct {
	at    image.Point
	moved []image.Point
}

func (s *somePlace) Mark() fyne.CanvasObject    { return canvas.NewRectangle(color.Transparent) }
func (s *somePlace) Where() (image.Point, bool) { return s.at, true }
func (s *somePlace) Move(to image.Point)        { s.at, s.moved = to, append(s.moved, to) }

func TestTheWindowComesBackWhereItWas(t *testing.T) {
	s := &somePlace{}
	d := openDesk(t, Config{Place: s})
	s.at = image.Pt(70, 80) // the person moved it
	d.tray.reveal()
	if len(s.moved) != 0 {
		t.Errorf("it was moved to %v though it was in sight", s.moved)
	}
	d.tray.hide()
	s.at = image.Point{} // where nobody sees it
	d.tray.reveal()
	s.at = image.Pt(90, 100)
	d.quit()
	if want := []image.Point{{X: 70, Y: 80}}; !cmp.Equal(s.moved, want) {
		t.Errorf("it was moved to %v, want %v", s.moved, want)
	}
	if got := d.settings.Place; got == nil || *got != image.Pt(90, 100) {
		t.Errorf("at the end %v is kept", got)
	}
}

// FuzzSettings: whatever the file says, the window can open with what is read of it, and keeping
// that changes nothing.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"width":900,"height":620,"text_scale":1.3}`,
		`{"hosts":["a","*.b"],"exclude":["*.tmp"]}`, `{"width":1e38,"height":-1}`,
		`{"rate":-9223372036854775808,"connections":513}`, `{"appearance":"dark","language":"de"}`,
		`null`, `{"hosts":null,"inbox":"\u0000"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, _ := LoadSettings(writeSettings(t, string(text)))
		if size := s.size(); size.Width < smallest.Width || size.Height < smallest.Height ||
			size.Width > 4000 || size.Height > 3000 {
			t.Errorf("the window would be %v", size)
		}
		if s.Rate < 0 || s.Connections < 0 || s.Connections > 512 || s.TextScale != 0 &&
			(s.TextScale < 0.8 || s.TextScale > 2) {
			t.Errorf("out of range: %+v", s)
		}
		path := filepath.Join(t.TempDir(), "again.json")
		if err := SaveSettings(path, s); err != nil {
			t.Fatal(err)
		}
		again, err := LoadSettings(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s.clone(), again.clone()); diff != "" {
			t.Errorf("(-kept +read):\n%s", diff)
		}
	})
}

// TestProxyAndCertificatesHoldWhenTheSettingsAreClosed: not with each letter, and not without a
// change.
func TestProxyAndCertificatesHoldWhenTheSettingsAreClosed(t *testing.T) {
	var got []string
	d := openDesk(t, Config{Network: func(s Settings) Notice {
		got = append(got, s.Proxy)
		return func(problem.Translate) problem.Explanation {
			return problem.Explanation{What: "This can't be used."}
		}
	}})
	for _, text := range []string{
		"", "http://proxy.example.org:8080",
		"http://proxy.example.org:8080",
	} {
		d.options.open()
		d.walk(func(o fyne.CanvasObject) {
			if e, ok := o.(*sheetEntry); ok && e.PlaceHolder == "http://proxy.example.org:8080" {
				e.SetText(text)
			}
		})
		d.key(fyne.KeyEscape)
		d.finish()
	}
	if diff := cmp.Diff([]string{"http://proxy.example.org:8080"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d.options.open()
	d.walk(func(o fyne.CanvasObject) {
		if e, ok := o.(*sheetEntry); ok && e.PlaceHolder == "http://proxy.example.org:8080" {
			e.SetText("")
		}
	})
	d.key(fyne.KeyEscape)
	d.finish()
	d.mustSay("This can't be used.")
}

// TestTheSettingsStandInSections, each below its heading.
func TestTheSettingsStandInSections(t *testing.T) {
	d := openDesk(t, Config{Watch: noWatch})
	d.options.open()
	all := d.texts()
	at := -1
	for _, words := range []string{
		"Appearance", "Theme", "Language", "Sending files", "Never send", "Watched folders",
		"This computer", "Keep the computer awake while sending", "Network", "Proxy",
		"Storage addresses that you allow",
	} {
		i := slices.Index(all, words)
		if i <= at {
			t.Errorf("%q stands at place %d, what is before it at %d", words, i, at)
		}
		at = i
	}
}

// typeSetting types into the entry of the settings with that hint.
func (d *desk) typeSetting(hint, text string) {
	d.t.Helper()
	found := false
	d.walk(func(o fyne.CanvasObject) {
		if e, ok := o.(*sheetEntry); ok && e.PlaceHolder == hint {
			e.SetText(text)
			found = true
		}
	})
	if !found {
		d.t.Fatalf("there is no entry that says %q", hint)
	}
}

func TestASpeedLimitHoldsAtOnce(t *testing.T) {
	c := newCrowd(10)
	d := openDesk(t, Config{Queue: c})
	d.options.open()
	for text, want := range map[string]int64{"2": 2e6, "0.5": 5e5, "1,5": 1.5e6, "": 0} {
		d.typeSetting("no limit", text)
		if c.limit != want || d.settings.Rate != want {
			t.Errorf("%q: the limit is %d, want %d", text, c.limit, want)
		}
	}
	d.typeSetting("no limit", "3")
	d.typeSetting("no limit", "-1")
	if c.limit != 3e6 {
		t.Errorf("a limit of %d was taken", c.limit)
	}
}

func TestTheNumberOfConnectionsHoldsAtOnce(t *testing.T) {
	c := newCrowd(10)
	d := openDesk(t, Config{Queue: c})
	d.options.open()
	for _, x := range []struct {
		text string
		want int
	}{{"12", 12}, {"512", 512}, {"513", 512}, {"0", 512}, {"many", 512}, {"", 0}} {
		d.typeSetting("found out while sending", x.text)
		if c.connect != x.want || d.settings.Connections != x.want {
			t.Errorf("%q: there are %d connections, want %d", x.text, c.connect, x.want)
		}
	}
}

func TestWhatAProxyMayBe(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "auto": true, "None": true, "http://proxy.example.org:8080": true,
		"pac+https://example.org/proxy.pac": true, "pac+file:///etc/proxy.pac": true,
		"http://ann:secret@proxy.example.org:8080": false, "proxy": false, "pac+": false,
	} {
		if got := mayBeProxy(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
