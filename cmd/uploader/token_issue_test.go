package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// TestATokenThatCannotBePrintedIsRevoked, since nobody would have it and everybody would see it in the table.
func TestATokenThatCannotBePrintedIsRevoked(t *testing.T) {
	dir := t.TempDir()
	err := withLocalInbox(t.Context(), blobserver.Config{Dir: dir}, func(_ *blobserver.Server, address string) error {
		var out, errs bytes.Buffer
		do := func(to io.Writer, args ...string) int {
			args = append(args, "--state-dir", filepath.Join(dir, "state"), "--key-file", filepath.Join(dir, ".blobserver", "key"))
			return run(t.Context(), args, strings.NewReader(""), to, &errs, noEnvironment)
		}
		if code := do(&out, "workspace", "connect", address, "--workspace", "ws", "--no-keyring"); code != exitOK {
			t.Fatalf("connect: %d\n%s", code, errs.String())
		}
		for _, form := range []string{"link", "fields", "json"} {
			errs.Reset()
			if code := do(full{}, "token", "create", "--reason", "x", "--output", form); code != exitNotDelivered {
				t.Errorf("%s: exit code %d", form, code)
			}
			if !strings.Contains(errs.String(), "could not be printed, so it was revoked again") {
				t.Errorf("%s: said %q", form, errs.String())
			}
		}
		out.Reset()
		if code := do(&out, "token", "list", "--json"); code != exitOK || strings.Count(out.String(), `"state": "revoked"`) != 3 {
			t.Errorf("list: %d\n%s", code, out.String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDatesAsPeopleWriteThem(t *testing.T) {
	there := time.FixedZone("there", 2*3600)
	for text, want := range map[string]string{
		"":                          "0001-01-01T00:00:00Z",
		"2026-11-03":                "2026-11-03T22:00:00Z", // as an end: the end of that day
		"2026-11-03 09:00":          "2026-11-03T07:00:00Z",
		"2026-11-03T09:00":          "2026-11-03T07:00:00Z",
		"2026-11-03 09:00:30":       "2026-11-03T07:00:30Z",
		"2026-11-03T09:00:00Z":      "2026-11-03T09:00:00Z",
		"2026-11-03T09:00:00-05:00": "2026-11-03T14:00:00Z",
		"3.11.2026":                 "refused",
		"2026-13-01":                "refused",
		"tomorrow":                  "refused",
	} {
		got := "refused"
		if m, err := parseMoment("--valid-to", text, 1, there); err == nil {
			got = m.UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
