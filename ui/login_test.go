package ui

import (
	"errors"
	"testing"
	"testing/synctest"
)

// someLogin is a system's list of what starts at login. It may refuse.
type someLogin struct {
	on     bool
	refuse error
}

func (l *someLogin) On() (bool, error) { return l.on, nil }

func (l *someLogin) Set(on bool) error {
	if l.refuse == nil {
		l.on = on
	}
	return l.refuse
}

const loginWords = "Start when I log in"

func TestStartingAtLoginIsWhatTheSystemSays(t *testing.T) {
	l := &someLogin{on: true}
	d := openDesk(t, Config{Desktop: Desktop{Login: l}})
	d.options.open()
	d.finish()
	if c := d.box(loginWords); !c.Checked || c.Disabled() {
		t.Error("the box does not show that the system starts the program")
	}
	d.check(loginWords)
	d.finish()
	if l.on || d.box(loginWords).Checked {
		t.Error("the program still starts at login")
	}
	l.on = true // in the system's settings
	d.options.open()
	d.finish()
	if !d.box(loginWords).Checked {
		t.Error("what was changed in the system is not shown")
	}
}

func TestASystemThatRefusesToStartTheProgramIsToldOf(t *testing.T) {
	d := openDesk(t, Config{Desktop: Desktop{Login: &someLogin{refuse: errors.New("read-only")}}})
	d.options.open()
	d.finish()
	d.check(loginWords)
	d.finish()
	d.mustSay("did not take the change", "Change it in the system's own settings")
	d.options.open()
	d.finish()
	if d.box(loginWords).Checked {
		t.Error("the box shows what is not so")
	}
}

func TestAStartAtLoginStaysInTheTray(t *testing.T) {
	looks := 0
	d := openDesk(t,
		Config{Hidden: true, Desktop: Desktop{HasTray: func() bool { looks++; return looks > 1 }}})
	d.hidden.Store(true)
	d.tray.icons = &someTray{}
	synctest.Test(t, func(t *testing.T) { d.tray.stay(t.Context()) }) // a second passes
	if !d.hidden.Load() || d.events.named("hidden") == nil || looks != 2 {
		t.Errorf("hidden: %v after %d looks", d.hidden.Load(), looks)
	}
}

func TestAStartAtLoginWithoutATrayShowsTheWindow(t *testing.T) {
	d := openDesk(t, Config{Hidden: true})
	d.hidden.Store(true)
	d.tray.stay(t.Context())
	d.finish()
	if d.hidden.Load() {
		t.Error("the window can't be reached")
	}
}
