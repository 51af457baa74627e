package ui

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"inboxuploader/workspace"
)

// timers is a clock for what is to happen later.
type timers struct{ waiting map[time.Duration][]func() }

func (c *timers) after(d time.Duration, f func()) {
	if c.waiting == nil {
		c.waiting = map[time.Duration][]func(){}
	}
	c.waiting[d] = append(c.waiting[d], f)
}

// fire runs what was to happen after that time, the first of it.
func (c *timers) fire(d time.Duration) {
	f := c.waiting[d][0]
	c.waiting[d] = c.waiting[d][1:]
	f()
}

func TestTheClipboardIsClearedOnlyWhereItHoldsTheTokenStill(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(d *desk, clock *timers)
		want string
	}{
		"after two minutes": {func(_ *desk, clock *timers) { clock.fire(copiedFor) }, ""},
		"something else was copied since": {func(d *desk, clock *timers) {
			d.clipboard("something else")
			clock.fire(copiedFor)
		}, "something else"},
		"copied again: the first two minutes": {func(d *desk, clock *timers) {
			d.copied.put("the secret")
			clock.fire(copiedFor)
		}, "the secret"},
		"copied again: the second two minutes": {func(d *desk, clock *timers) {
			d.copied.put("the secret")
			clock.fire(copiedFor)
			clock.fire(copiedFor)
		}, ""},
		"the program ends": {func(d *desk, _ *timers) { d.quit() }, ""},
		"the program ends after something was copied": {func(d *desk,
			_ *timers,
		) {
			d.clipboard("mine")
			d.quit()
		}, "mine"},
	} {
		t.Run(name, func(t *testing.T) {
			var clock timers
			d := openDesk(t, Config{After: clock.after})
			d.copied.put("the secret")
			c.do(d, &clock)
			for len(d.work) > 0 {
				(<-d.work)()
			}
			if got := d.app.Clipboard().Content(); got != c.want {
				t.Errorf("the clipboard holds %q, want %q", got, c.want)
			}
		})
	}
}

// TestTheTokenIsNowhereOnceTheViewIsClosed looks for its signature in all of the program's memory.
func TestTheTokenIsNowhereOnceTheViewIsClosed(t *testing.T) {
	inbox := startInbox(t, nil)
	d := openDesk(t, Config{After: func(time.Duration, func()) {}})
	ws, err := inbox.workspace(workspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := d.openTokens(ws)
	d.write("reason", "x")
	d.press("Create a token…")
	d.press("Create")
	d.until("it was created", func() bool { return len(v.made) > 0 })
	d.press("Copy")
	d.clipboard("")
	// so that what is looked for is not found here
	signature := backwards(signatureOf(v.made[74].link))
	if n := inMemory(t, signature); n == 0 {
		t.Fatal("the token is not even found while the view is open")
	}
	d.top.close()
	d.until("the view is closed", func() bool { return d.top == nil })
	if n := inMemory(t, signature); n > 0 {
		t.Errorf("the token stands in memory %d times", n)
	}
	runtime.KeepAlive(v)
}

func signatureOf(link string) string { return link[strings.Index(link, "sig=")+4:] }

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

// inMemory counts where a text, given backwards, stands in the memory that is in use.
func inMemory(t *testing.T, text string) int {
	t.Helper()
	runtime.GC()
	runtime.GC() // what pools keep for one round
	f, err := os.Create(filepath.Join(t.TempDir(), "memory"))
	if err != nil {
		t.Fatal(err)
	}
	debug.WriteHeapDump(f.Fd())
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	defer clear(all)
	return bytes.Count(all, []byte(text))
}
