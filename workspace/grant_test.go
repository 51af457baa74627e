package workspace

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"inboxuploader/uploader/token"
)

// TestMetadataKeepsAGrant holds for whatever a request may say: it is read back as it was, and fits
// into headers and into the service's 8 KiB.
func TestMetadataKeepsAGrant(t *testing.T) {
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(1, 1<<33).Draw(t, "moment"), 0).UTC()
	})
	rapid.Check(t, func(t *rapid.T) {
		now := moment.Draw(t, "now")
		r := Request{
			Reason: rapid.StringN(1, MaxReason, -1).Draw(t, "reason"),
			By:     rapid.StringN(0, maxBy, -1).Draw(t, "by"),
			Folder: rapid.StringN(0, maxFolder, -1).Draw(t, "folder"), Rights: "racwdl",
			IP: "198.51.100.1-198.51.100.20",
		}
		settled, err := r.settle(now)
		if err != nil {
			t.Skip()
		}
		want := Grant{
			TID: 7, Container: "ws-7", Reason: settled.Reason, ValidFrom: settled.From,
			ValidTo: settled.To, Rights: settled.Rights,
			IP: settled.IP, Folder: settled.Folder, Created: now, CreatedBy: settled.By,
			policy:  "upload-x",
			Revoked: moment.Draw(t, "revoked"), RevokedBy: settled.By,
		}
		size := 0
		m := want.metadata()
		for name, value := range m {
			size += len(name) + len(value)
			if strings.ContainsFunc(name, func(r rune) bool { return r < 'a' || r > 'z' }) {
				t.Fatalf("name %q", name)
			}
			if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Fatalf("%s: value %q", name, value)
			}
		}
		if size > 8<<10 {
			t.Fatalf("%d bytes of metadata", size)
		}
		got, ok := readGrant("ws-7", 7, m)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Grant{})); diff != "" || !ok ||
			got.policy != want.policy {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestTheLargestMetadataFits(t *testing.T) {
	r, err := Request{
		Reason: strings.Repeat("𓂀", MaxReason), Folder: strings.Repeat("𓂀", maxFolder),
		By: strings.Repeat("𓂀", maxBy), Rights: "racwdl",
		IP: "198.251.100.101-198.251.100.201",
	}.settle(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	g := Grant{Reason: r.Reason, ValidFrom: r.From, ValidTo: r.To, Rights: r.Rights, IP: r.IP, Folder: r.Folder, Created: r.From, CreatedBy: r.By, policy: policyPrefix + strings.Repeat("x", 26), Revoked: r.To, RevokedBy: r.By}
	size := 0
	for name, value := range g.metadata() {
		size += len(name) + len(value)
	}
	if size > 8<<10 {
		t.Errorf("%d bytes; the service takes 8 KiB", size)
	}
}

// TestEditedMetadataIsShownAsFarAsItCanBeRead is for those who change it in the portal.
func TestEditedMetadataIsShownAsFarAsItCanBeRead(t *testing.T) {
	g, ok := readGrant("ws-3", 3, map[string]string{
		marker: "2", metaReason: "50 % done", metaFrom: "tomorrow",
		metaTo: "2026-03-31T14:00:00+02:00", metaCreatedBy: "%ff", "other": "x",
	})
	want := Grant{TID: 3, Container: "ws-3", Reason: "50 % done", ValidTo: time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC), CreatedBy: "�"}
	if diff := cmp.Diff(want, g, cmpopts.IgnoreUnexported(Grant{})); diff != "" || !ok {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, ok := readGrant("ws-3", 3,
		map[string]string{"reason": "a container of somebody else"}); ok {
		t.Error("a container without the mark was taken for a token's")
	}
}

func TestStates(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		g    Grant
		want token.State
	}{
		"active":       {Grant{ValidFrom: now, ValidTo: now.Add(1)}, token.StateActive},
		"over":         {Grant{ValidFrom: now.Add(-2), ValidTo: now}, token.StateExpired},
		"not yet":      {Grant{ValidFrom: now.Add(1), ValidTo: now.Add(2)}, token.StateNotYetValid},
		"not readable": {Grant{}, token.StateUnknown},
		"revoked":      {Grant{ValidFrom: now, ValidTo: now.Add(1), Revoked: now}, StateRevoked},
		"revoked late": {Grant{ValidFrom: now.Add(-2), ValidTo: now.Add(-1), Revoked: now}, StateRevoked},
	} {
		if got := c.g.StateAt(now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestNumbersOfContainers(t *testing.T) {
	w := &Workspace{id: "ws-1"}
	for name, want := range map[string]int{
		"ws-1-7": 7, "ws-1-999999999": 999999999,
		"ws-1": 0, "ws-1-": 0, "ws-1-0": 0, "ws-1-07": 0, "ws-1-x": 0, "ws-1-2-7": 0, "ws-17-7": 0,
		"ws-1-1000000000": 0, "ws-1-+7": 0,
	} {
		if got, ok := w.number(name); got != want && ok || ok != (want != 0) {
			t.Errorf("%s: %d, %v; want %d", name, got, ok, want)
		}
	}
}
