package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// TestProgressIsAnObjectALine: at once, every five seconds, and with what it waits for.
func TestProgressIsAnObjectALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		errEnd := errors.New("end")
		var out bytes.Buffer
		c := &console{stderr: &out, screen: &out, env: noEnvironment}
		w := &watched{
			status: func() uploader.Status {
				s := uploader.Status{
					Files: ledger.Counts{ledger.Waiting: 2}, Bytes: ledger.Counts{ledger.Waiting: 1000},
					BytesDone: int64(time.Since(begun).Seconds()) * 10,
				}
				if s.BytesDone > 0 {
					s.Speed, s.Left = 10.5, 90*time.Second
				}
				if s.BytesDone > 50 {
					s.Inboxes = []uploader.InboxStatus{{
						Unfinished: 1, Trouble: problem.New("put", "", problem.NetworkDown),
					}}
				}
				return s
			},
			object: func(s uploader.Status) any { return newProgress(outcome{status: s}) },
		}
		done := make(chan error, 1)
		time.AfterFunc(12*time.Second, func() { done <- errEnd })
		if err := c.watchJSON(w, done); !errors.Is(err, errEnd) {
			t.Error(err)
		}
		type line struct {
			State  string
			Reason string
			Done   int64   `json:"bytes_done"`
			Total  int64   `json:"bytes_total"`
			Speed  float64 `json:"bytes_per_second"`
			Left   *int64  `json:"seconds_left"`
		}
		var got []line
		for text := range strings.Lines(out.String()) {
			var l line
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			got = append(got, l)
		}
		if len(got) != 3 || got[0].Left != nil || got[0].State != stateSending ||
			got[1].Done != 50 || got[1].Total != 1000 || got[1].Speed != 10 ||
			got[1].Left == nil || *got[1].Left != 90 ||
			got[2].State != stateWaiting || got[2].Reason != string(problem.NetworkDown) {
			t.Errorf("%+v", got)
		}
	})
}
