package ui

import (
	"strings"
	"testing"
	"time"

	"inboxuploader/workspace"
)

// manyGrants is a table of n tokens in all states, with the longest reasons there can be.
func manyGrants(n int) *grants {
	g := &grants{list: []workspace.Grant{}}
	now := time.Now()
	for i := range n {
		x := workspace.Grant{
			TID: n - i, Reason: strings.Repeat("心拍数のデータ ", 31),
			ValidFrom: now.Add(-time.Hour), ValidTo: now.Add(700 * time.Hour),
		}
		switch i % 4 {
		case 1:
			x.Revoked = now
			x.Reason = strings.Repeat("W", 256)
		case 2:
			x.ValidFrom = now.Add(time.Hour)
		case 3:
			x.ValidTo = now.Add(-time.Minute)
		}
		g.list = append(g.list, x)
	}
	return g
}

func TestALongTableIsShownInParts(t *testing.T) {
	d := openDesk(t, Config{})
	v := d.openTokens(manyGrants(100))
	if n := len(v.table.rows); n != rowsAtOnce {
		t.Errorf("%d rows are made", n)
	}
	d.press("Show 70 more tokens")
	if n := len(v.table.rows); n != 100 {
		t.Errorf("%d rows are made then", n)
	}
	if d.says("more token") {
		t.Error("there are still more")
	}
}

// TestTheTableKeepsTime: what is left counts down, and what ends is over.
func TestTheTableKeepsTime(t *testing.T) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	d := openDesk(t, Config{Now: func() time.Time { return now }})
	ws := &grants{list: []workspace.Grant{{
		TID: 1, Reason: "x", ValidFrom: now,
		ValidTo: now.Add(90 * time.Second),
	}}}
	d.openTokens(ws)
	d.mustSay("1 min 30 s", "active", "Revoke…")
	now = now.Add(time.Second)
	d.look()
	d.mustSay("1 min 29 s")
	now = now.Add(90 * time.Second)
	d.look()
	d.mustSay("over")
	if d.says("Revoke…") {
		t.Error("what is over can be revoked")
	}
}
