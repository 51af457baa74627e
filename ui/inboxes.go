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

// keyringSilence is how long the keyring may be silent before the window says that it waits for it.
const keyringSilence = 2 * time.Second

// inboxView holds the saved inboxes, the token for new files and the allowed addresses. The person
// sees it as entries of the menu. Any goroutine may call recall and sayWaiting; the rest belongs to
// Fyne's goroutine.
type inboxView struct {
	*screen
	settings *keptSettings
	practice *practiceView
	tokens   *tokenView
	commands *commands
	watched  *watchView
	hours    *keptHours

	token   token.Token      // for new files; zero before the first
	kept    []inboxes.Record // as List returned them last
	unkept  bool             // the keyring did not save the token: it is gone after quitting
	waiting bool             // for the keyring
}

// called returns an inbox's name: the one it is saved under, or its own.
func (v *inboxView) called(in token.Inbox) string {
	if v.practice.inbox != nil && v.practice.key == in.Key() {
		return tr("Practice inbox")
	}
	if r, ok := v.record(in.Key()); ok {
		return show.Text(r.Name)
	}
	return show.Text(inboxName(in))
}

// calledAs returns the name of the inbox with a key; empty if the list has no files for it.
func (v *inboxView) calledAs(s *sample, key string) string {
	if in, ok := s.inboxes[key]; ok && in.Host != "" {
		return v.called(in)
	}
	return ""
}

// record returns the saved inbox with that key.
func (v *inboxView) record(key string) (inboxes.Record, bool) {
	for i := range v.kept {
		if v.kept[i].Inbox.Key() == key {
			return v.kept[i], true
		}
	}
	return inboxes.Record{}, false
}

// load reads the saved inboxes, and brings back the token of the last used one.
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

// keptAre takes a new list of saved inboxes. An address that was allowed for one of them elsewhere,
// for example on the command line, is added to the settings, where the person can remove it.
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

// recall takes a saved inbox's token from the keyring and gives it to the queue. While the keyring
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

// sayWaiting says after a while that the window waits for the keyring, until stop is called.
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

// keep saves an inbox under a name, and its token in the keyring if the person wants that. It
// replaces the saved inbox named replaced, if that is another one.
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
			// the header reports a keyring that fails
			if err != nil && !errors.Is(err, problem.ErrVault) {
				v.tellNotKept(err)
			}
			v.events.event("kept", "kept", !v.unkept, "name", name)
			v.wake()
		})
	})
}

// tellNotKept says that an inbox and its token could not be saved.
func (v *inboxView) tellNotKept(err error) {
	x := explain(err)
	x.Safe = tr("The token works until you quit.")
	// another program was quicker
	if e, ok := asError(err); ok && e.Reason == problem.InboxNameTaken {
		x.Do = tr("Paste it again and give the inbox another name.")
	}
	v.tell(tr("The token is not saved"), x)
}

// nameFor returns the name to suggest for an inbox: the one it is saved under, or a free one.
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

// explainAt explains an error at an inbox and names the inbox, because there may be others.
func (v *inboxView) explainAt(s *sample, key string, err error) problem.Explanation {
	x := explain(err)
	if name := v.calledAs(s, key); name != "" {
		x.What = tr("{{.Inbox}}: {{.What}}", values("Inbox", name, "What", x.What))
	}
	return x
}

// storageNow is the time of a sample by the clock of the token's storage, if that is known to
// differ from this computer's.
func (v *inboxView) storageNow(s *sample) time.Time {
	if in := s.inbox(v.token.Inbox.Key()); in != nil && in.ClockKnown &&
		in.ClockAhead.Abs() >= wrongClock {
		return s.now.Add(-in.ClockAhead)
	}
	return s.now
}

// parse parses a token; the person's settings say which addresses are allowed.
func (v *inboxView) parse(text string, more ...string) (token.Token, error) {
	return token.Parse(text, token.AllowHost(more...), token.AllowHost(v.hosts()...))
}
