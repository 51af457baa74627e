package ui

import (
	"context"
	"errors"
	"fmt"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// keyringSilence is after how long a person is told that the keyring is waited for.
const keyringSilence = 2 * time.Second

// inboxView knows the inboxes that are kept under names, the token that new files go with, and
// which addresses are allowed. It is in sight as entries of the menu. But for recall and
// sayWaiting, which any goroutine may call, it belongs to Fyne's.
type inboxView struct {
	*screen
	settings *keptSettings
	practice *practiceView
	tokens   *tokenView
	commands *commands
	watched  *watchView
	hours    *keptHours

	token   token.Token      // the one that new files go with; zero before the first
	kept    []inboxes.Record // as List returned them last
	unkept  bool             // the keyring did not take the token, which ends with the program
	waiting bool             // for the keyring
}

// called is what an inbox is called: by the name that it is kept under, or by what it says of
// itself.
func (v *inboxView) called(in token.Inbox) string {
	if v.practice.inbox != nil && v.practice.key == in.Key() {
		return tr("Practice inbox")
	}
	if r, ok := v.record(in.Key()); ok {
		return show.Text(r.Name)
	}
	return show.Text(inboxName(in))
}

// calledAs is what the inbox of a key is called; empty where the list has nothing for it.
func (v *inboxView) calledAs(s *sample, key string) string {
	if in, ok := s.inboxes[key]; ok && in.Host != "" {
		return v.called(in)
	}
	return ""
}

// record returns the kept inbox with that key.
func (v *inboxView) record(key string) (inboxes.Record, bool) {
	for i := range v.kept {
		if v.kept[i].Inbox.Key() == key {
			return v.kept[i], true
		}
	}
	return inboxes.Record{}, false
}

// load reads which inboxes are kept, and brings back the token of the one that was used last.
func (v *inboxView) load() {
	if v.config.Inboxes == nil {
		v.watched.begin()
		return
	}
	v.inBackground(func(ctx context.Context) {
		all, err := v.config.Inboxes.List(ctx)
		if err != nil {
			v.config.Log.Error("inboxes", "error", err)
			v.do(v.watched.begin)
			return
		}
		v.do(func() {
			v.keptAre(all)
			v.watched.begin()
			if r, ok := v.record(v.settings.Inbox); ok && r.Ref != "" && v.token.Inbox.Host == "" {
				v.tokens.choose(r)
			}
		})
	})
}

// keptAre takes over which inboxes are kept. An address that was allowed for one of them elsewhere,
// as on the command line, is among the settings' own from then on, where it can be taken back.
func (v *inboxView) keptAre(all []inboxes.Record) {
	v.kept = all
	for i := range all {
		if host := all[i].AllowedHost; host != "" &&
			!all[i].Inbox.Allowed(token.AllowHost(v.hosts()...)) {
			v.settings.Hosts = append(v.settings.Hosts, host)
			v.settings.changed()
		}
	}
}

// recall takes a kept inbox's token from the keyring and hands it to the queue. While the keyring
// is silent, the window says so.
func (v *inboxView) recall(
	ctx context.Context, r inboxes.Record, hosts []string,
) (token.Token, error) {
	stop := v.sayWaiting()
	t, err := v.config.Inboxes.Token(ctx, r, hosts...)
	stop()
	if err != nil {
		return t, err
	}
	err = v.config.Queue.Use(t)
	v.hours.keep()
	return t, err
}

// sayWaiting says after a while that the keyring is waited for, until stop is called.
func (v *inboxView) sayWaiting() (stop func()) {
	said := time.AfterFunc(keyringSilence, func() {
		defer crash.Catch()
		v.do(func() { v.waiting = true })
		v.wake()
	})
	return func() {
		said.Stop()
		v.do(func() { v.waiting = false })
		v.wake()
	}
}

// keep keeps an inbox under a name, and its token in the keyring if the person wants that; in place
// of the kept inbox with the name that is replaced, if that is none of its own.
func (v *inboxView) keep(t token.Token, name string, remember bool, replaced string) {
	if v.config.Inboxes == nil {
		v.unkept = true
		return
	}
	before, exists := v.record(t.Inbox.Key())
	if name == "" {
		name = v.nameFor(t.Inbox)
	}
	replace := exists || replaced != "" && name == replaced
	now := v.config.Now()
	v.inBackground(func(ctx context.Context) {
		stop := v.sayWaiting()
		defer stop()
		var err error
		if exists && before.Name != name {
			_, err = v.config.Inboxes.Rename(ctx, before.Name, name)
		}
		if err == nil {
			_, err = v.config.Inboxes.Add(ctx, name, t, now, inboxes.AddOptions{
				Replace:  replace,
				NameOnly: !remember,
			})
		}
		all, listed := v.config.Inboxes.List(ctx)
		v.do(func() {
			if ctx.Err() != nil {
				return
			}
			if listed == nil {
				v.keptAre(all)
			}
			v.unkept = !remember || err != nil
			if err != nil {
				v.config.Log.Info("keep inbox", "error", err)
			}
			// of a keyring that fails the header speaks
			if err != nil && !errors.Is(err, problem.ErrVault) {
				v.tellNotKept(err)
			}
			v.events.event("kept", "kept", !v.unkept, "name", name)
			v.wake()
		})
	})
}

// tellNotKept says that an inbox and its token could not be kept.
func (v *inboxView) tellNotKept(err error) {
	x := explain(err)
	x.Safe = tr("The token works until you quit.")
	// another program was quicker
	if e, ok := asError(err); ok && e.Reason == problem.InboxNameTaken {
		x.Do = tr("Paste it again and give the inbox another name.")
	}
	v.tell(tr("The token is not saved"), x)
}

// nameFor is the name that an inbox is kept under unless a person gives it another: that which it
// has, or a free one.
func (v *inboxView) nameFor(in token.Inbox) string {
	if r, ok := v.record(in.Key()); ok {
		return r.Name
	}
	const most = 56 // characters, which leaves room for a number
	first := show.Text(inboxName(in))
	if runes := []rune(first); len(runes) > most {
		first = withoutMiddle(runes, most)
	}
	name := first
	for n := 2; v.nameProblem(in, name) != "" && n < 1000; n++ {
		name = fmt.Sprintf("%s (%d)", first, n)
	}
	return name
}

// nameProblem says why an inbox can't have that name, or nothing.
func (v *inboxView) nameProblem(in token.Inbox, name string) string {
	if name == "" {
		return ""
	}
	if _, err := inboxes.CheckName(name); err != nil {
		return explain(err).What
	}
	for i := range v.kept {
		if r := &v.kept[i]; inboxes.NameKey(r.Name) == inboxes.NameKey(name) &&
			r.Inbox.Key() != in.Key() {
			return tr("Another inbox has this name.")
		}
	}
	return ""
}

// explainAt explains what happened at an inbox, which the words name: there may be others.
func (v *inboxView) explainAt(s *sample, key string, err error) problem.Explanation {
	x := explain(err)
	if name := v.calledAs(s, key); name != "" {
		x.What = tr("{{.Inbox}}: {{.What}}", values("Inbox", name, "What", x.What))
	}
	return x
}

// storageNow is the moment of a sample on the clock of the token's storage, where that is known to
// be another.
func (v *inboxView) storageNow(s *sample) time.Time {
	if in := s.inbox(v.token.Inbox.Key()); in != nil && in.ClockKnown &&
		in.ClockAhead.Abs() >= wrongClock {
		return s.now.Add(-in.ClockAhead)
	}
	return s.now
}

// parse reads a token by the person's settings.
func (v *inboxView) parse(text string, more ...string) (token.Token, error) {
	return token.Parse(text, token.AllowHost(more...), token.AllowHost(v.hosts()...))
}
