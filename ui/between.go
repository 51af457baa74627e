package ui

import (
	"context"
	"strings"
	"sync"
	"time"

	"inboxuploader/uploader/hours"
	"inboxuploader/uploader/problem"
)

// hoursWords says which times of the day the settings name.
func hoursWords(text string) string {
	from, to, _ := strings.Cut(text, "-")
	return tr("Your sending hours are {{.From}} to {{.To}}.", values("From", strings.TrimSpace(from),
		"To", strings.TrimSpace(to)))
}

// hoursEntry takes the times of the day for sending.
func (v *settingsView) hoursEntry() *sheetEntry {
	return v.entryOf("18:00-06:00", v.settings.Between, func(text string) bool {
		text = strings.ReplaceAll(text, "–", "-")
		if !v.hours.set(text) {
			return false
		}
		v.settings.Between = text
		return true
	}, v.settings.changed)
}

// hoursEvery is how often the queue is kept to its hours.
const hoursEvery = 2 * time.Second

// keptHours keeps the queue to the times of the day that the settings name. Its methods may be
// called from any goroutine.
type keptHours struct {
	*screen

	mu     sync.Mutex
	hours  hours.Hours
	anyway time.Time // until then is sent in spite of them
}

// set takes other hours, which hold at once. It reports whether it can read them.
func (k *keptHours) set(text string) bool {
	h, err := hours.Parse(text)
	if err != nil {
		return false
	}
	k.mu.Lock()
	k.hours, k.anyway = h, time.Time{}
	k.mu.Unlock()
	k.keep()
	return true
}

// sendAnyway sends until the hours begin, in spite of them.
func (k *keptHours) sendAnyway() {
	k.mu.Lock()
	_, k.anyway = k.hours.Until(k.config.Now())
	k.mu.Unlock()
	k.keep()
	k.events.event("sent anyway")
}

// keep lets the queue rest, or go on.
func (k *keptHours) keep() {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, h := k.config.Now(), k.hours
	if now.Before(k.anyway) {
		h = hours.Hours{}
	}
	if err := h.Keep(k.config.Queue, now); err != nil {
		k.config.Log.Error("hours", "error", err)
	}
}

// run keeps the queue to the hours until the window ends.
func (k *keptHours) run(ctx context.Context) {
	ticks := time.NewTicker(hoursEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			k.keep()
		}
	}
}

// closed returns when the hours begin for which an inbox waits; the zero time where none does.
func (s *sample) closed() time.Time {
	for i := range s.status.Inboxes {
		in := &s.status.Inboxes[i]
		if in.Unfinished > 0 && in.Hold != nil && in.Hold.Reason == problem.OutsideHours {
			return in.Hold.When
		}
	}
	return time.Time{}
}
