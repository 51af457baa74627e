package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"inboxuploader/uploader/hours"
	"inboxuploader/uploader/uplink"
)

// Settings is what the window remembers between two runs. It contains no secret. The zero value is
// a good default except for StayAwake, which [DefaultSettings] turns on.
type Settings struct {
	Appearance Appearance `json:"appearance,omitempty"`
	TextScale  float32    `json:"text_scale,omitempty"` // 0.8 to 2; 0 is 1
	Compact    bool       `json:"compact,omitempty"`    // one line a row, however narrow the list
	// code of a translation, such as de; empty: the system's language
	Language string  `json:"language,omitempty"`
	Width    float32 `json:"width,omitempty"` // of the window, in Fyne's units
	Height   float32 `json:"height,omitempty"`

	// the window's position in the screen's own units; nil: the desktop's choice
	Place *image.Point `json:"place,omitempty"`

	StayAwake bool `json:"stay_awake"` // keep the computer awake while sending
	TrayTold  bool `json:"tray_told"`  // the person knows that closing only hides the window

	// leave a token on the clipboard after pasting it
	KeepClipboard bool `json:"keep_clipboard,omitempty"`

	Receipts string `json:"receipts,omitempty"` // folder of the last saved receipt

	Inbox string `json:"inbox,omitempty"` // key of the last used inbox
	// storage addresses that the person allows, see token.AllowHost
	Hosts []string `json:"hosts,omitempty"`

	Rate int64 `json:"rate,omitempty"` // highest speed in bytes per second; 0: no limit

	// requests at once, 1 to 512; 0: adapts while sending
	Connections int `json:"connections,omitempty"`
	// address without a password; empty: the system's environment
	Proxy  string `json:"proxy,omitempty"`
	CAFile string `json:"ca_file,omitempty"` // PEM file of further certificate authorities

	// replace files of the same name in the inbox
	Replace  bool     `json:"replace,omitempty"`
	KeepBoth bool     `json:"keep_both,omitempty"` // or send them under another name
	Manifest bool     `json:"manifest,omitempty"`  // send a list of checksums with the files
	Exclude  []string `json:"exclude,omitempty"`   // patterns of files that are never sent
	// also send the system's own files
	SendJunk       bool `json:"send_junk,omitempty"`
	FollowSymlinks bool `json:"follow_symlinks,omitempty"` // send the targets of links
	// follow links out of the given files and folders, too
	FollowOutside bool `json:"follow_outside,omitempty"`

	// times of the day for sending, such as 18:00-06:00; empty: all
	Between string `json:"between,omitempty"`
	// seconds for which a file in a watched folder must be unchanged, 1 to a day; 0: two minutes
	Settle  int             `json:"settle_seconds,omitempty"`
	Watched []WatchedFolder `json:"watched_folders,omitempty"`
}

// linkRule says what to do with a link.
type linkRule int

const (
	leaveLinks linkRule = iota
	followInside
	followAll
)

func (s *Settings) links() linkRule {
	switch {
	case !s.FollowSymlinks:
		return leaveLinks
	case s.FollowOutside:
		return followAll
	default:
		return followInside
	}
}

func (s *Settings) setLinks(l linkRule) {
	s.FollowSymlinks, s.FollowOutside = l != leaveLinks, l == followAll
}

// conflictRule says what to do with a file whose name is taken in the inbox.
type conflictRule int

const (
	leaveAlone conflictRule = iota
	keepBoth
	replaceIt
)

func (s *Settings) conflict() conflictRule {
	switch {
	case s.KeepBoth:
		return keepBoth
	case s.Replace:
		return replaceIt
	default:
		return leaveAlone
	}
}

func (s *Settings) setConflict(c conflictRule) {
	s.KeepBoth, s.Replace = c == keepBoth,
		c == replaceIt
}

// DefaultSettings returns the settings of a first start.
func DefaultSettings() Settings { return Settings{StayAwake: true} }

// size returns the size of the window when it opens.
func (s *Settings) size() fyne.Size {
	if s.Width == 0 || s.Height == 0 {
		return fyne.NewSize(900, 620)
	}
	return fyne.NewSize(min(s.Width, 4000), min(s.Height, 3000)).Max(smallest)
}

// clone returns a copy that shares nothing, for another goroutine.
func (s *Settings) clone() Settings {
	c := *s
	c.Hosts = append([]string(nil), s.Hosts...)
	c.Exclude = append([]string(nil), s.Exclude...)
	c.Watched = append([]WatchedFolder(nil), s.Watched...)
	return c
}

// keptSettings are the settings in use. A goroutine of their own saves changes.
type keptSettings struct {
	*screen
	Settings

	saving chan Settings // the newest, while they wait to be saved
	sized  bool          // Fyne has given the window its size
}

func newKeptSettings(sc *screen) *keptSettings {
	return &keptSettings{screen: sc, Settings: sc.config.Settings, saving: make(chan Settings, 1)}
}

// apply makes the window look as the settings say.
func (k *keptSettings) apply() {
	k.app.Settings().SetTheme(&calm{appearance: k.Appearance, textScale: k.TextScale})
}

// changed has the settings saved soon. Only the newest are saved.
func (k *keptSettings) changed() {
	for {
		select {
		case k.saving <- k.clone():
			return
		case <-k.saving: // drop older ones that were not saved yet
		}
	}
}

// keep saves settings until the window ends, and then the final ones.
func (k *keptSettings) keep() {
	for {
		select {
		case s := <-k.saving:
			k.save(s)
		case <-k.ctx.Done():
			k.save(k.clone())
			return
		}
	}
}

// keepSize remembers the window's size.
func (k *keptSettings) keepSize(size fyne.Size) {
	if k.sized {
		k.Width, k.Height = size.Width, size.Height
	}
}

// keepPlace remembers the window's position.
func (k *keptSettings) keepPlace() {
	if k.config.Place == nil || k.hidden.Load() {
		return
	}
	if at, ok := k.config.Place.Where(); ok {
		k.Place = &at
	}
}

// takePlace restores the window's position.
func (k *keptSettings) takePlace() {
	if k.config.Place != nil && k.Place != nil {
		k.config.Place.Move(*k.Place)
	}
}

func (k *keptSettings) save(s Settings) {
	if k.config.Save == nil {
		return
	}
	if err := k.config.Save(s); err != nil {
		k.config.Log.Error("save settings", "error", err)
	}
}

// maxSettings is how many bytes of a settings file are read.
const maxSettings = 1 << 20

// LoadSettings reads the settings that [SaveSettings] wrote. Settings that can't be read or are out
// of range get their defaults, so they never keep the window from opening. It blocks on the disk.
func LoadSettings(path string) (Settings, error) {
	s := DefaultSettings()
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		defer func() { _ = f.Close() }() // it is only read
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, maxSettings)); err == nil {
			err = json.Unmarshal(text, &s)
		}
	}
	if err != nil {
		err = fmt.Errorf("load settings: %w", err)
		// if only a field's type is wrong, the other fields were read
		if _, one := errors.AsType[*json.UnmarshalTypeError](err); !one {
			return DefaultSettings(), err
		}
	}
	s.mend()
	return s, err
}

// mend resets settings that are out of range to their defaults.
func (s *Settings) mend() {
	if s.Rate < 0 {
		s.Rate = 0
	}
	if s.Connections < 0 || s.Connections > uplink.MostConnections {
		s.Connections = 0
	}
	if s.TextScale != 0 && (s.TextScale < 0.8 || s.TextScale > 2) {
		s.TextScale = 0
	}
	if s.Width < 0 || s.Width > 1e5 || s.Height < 0 || s.Height > 1e5 {
		s.Width, s.Height = 0, 0
	}
	if s.Appearance != AppearanceLight && s.Appearance != AppearanceDark {
		s.Appearance = ""
	}
	if s.Settle < 0 || s.Settle > int((24*time.Hour).Seconds()) {
		s.Settle = 0
	}
	if _, err := hours.Parse(s.Between); err != nil {
		s.Between = ""
	}
	s.Watched = slices.DeleteFunc(s.Watched, func(f WatchedFolder) bool {
		return !filepath.IsAbs(f.Path) || f.Inbox.Host == "" || f.Inbox.Container == ""
	})
	s.setConflict(s.conflict())
}

// SaveSettings writes the settings to a file that only its owner can read, and replaces the old
// file in one step. It blocks on the disk.
func SaveSettings(path string, s Settings) error {
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".settings-*") // readable by its owner alone
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("save settings: %w", err), os.Remove(f.Name()))
	}
	return nil
}
