package store_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

var writeOnly = token.Token{
	Inbox:  token.Inbox{Scheme: "https", Host: "labinbox.blob.core.windows.net", Container: "ws-1"},
	Rights: token.Rights{Letters: "w"},
}

func TestCheckTokenSaysWhatSendingWouldSay(t *testing.T) {
	for name, c := range map[string]struct {
		reason problem.Reason
		refuse bool
	}{
		"accepted":        {},
		"ended":           {reason: problem.Expired, refuse: true},
		"revoked":         {reason: problem.SignatureRefused, refuse: true},
		"no such inbox":   {reason: problem.InboxGone, refuse: true},
		"the network off": {reason: problem.NetworkDown, refuse: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := uploadertest.NewStore()
			if c.refuse {
				s.Fail(uploadertest.PutBlockList, "", 1, uploadertest.Refuse(c.reason))
			}
			got, err := store.CheckToken(t.Context(), s.With("w"), writeOnly)
			reason := problem.Reason("")
			if e, ok := errors.AsType[*problem.Error](err); ok {
				reason = e.Reason
			}
			if c.refuse != (err != nil) || reason != c.reason {
				t.Errorf("error %v, want reason %q", err, c.reason)
			}
			if got.ClockKnown == c.refuse {
				t.Errorf("clock known: %v", got.ClockKnown)
			}
			if n := len(s.Names()); n > 0 {
				t.Errorf("it left %d blobs", n)
			}
		})
	}
}

func TestCheckTokenTellsAWrongClock(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"right": 0, "ahead": 14 * time.Minute, "behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := uploadertest.NewStore()
			s.SetClock(func() time.Time { return time.Now().Add(-ahead).UTC().Truncate(time.Second) })
			got, err := store.CheckToken(t.Context(), s.With("w"), writeOnly)
			if err != nil {
				t.Fatal(err)
			}
			if off := (got.ClockAhead - ahead).Abs(); off > 2*time.Second {
				t.Errorf("%v ahead, want %v", got.ClockAhead, ahead)
			}
		})
	}
}

func TestCheckTokenGivesUpAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := uploadertest.NewStore()
		s.Fail(uploadertest.PutBlockList, "", 1, uploadertest.Stall())
		begun := time.Now()
		_, err := store.CheckToken(t.Context(), s.With("w"), writeOnly)
		e, ok := errors.AsType[*problem.Error](err)
		if !ok || e.Reason != problem.NoProgress {
			t.Errorf("error %v, want %q", err, problem.NoProgress)
		}
		if took := time.Since(begun); took != time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}
