package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"inboxuploader/internal/blobserver"
)

// TestATokenThatCannotBePrintedIsRevoked, since nobody would have it and everybody would see it in
// the table.
func TestATokenThatCannotBePrintedIsRevoked(t *testing.T) {
	dir := t.TempDir()
	err := withLocalInbox(
		t.Context(),
		blobserver.Config{Dir: dir},
		func(_ *blobserver.Server, address string) error {
			var out, errs bytes.Buffer
			do := func(to io.Writer, args ...string) int {
				args = append(args, "--state-dir", filepath.Join(dir, "state"), "--key-file",
					filepath.Join(dir, ".blobserver", "key"))
				return run(t.Context(), args, strings.NewReader(""), to, &errs, noEnvironment)
			}
			if code := do(&out, "workspace", "connect", address, "--workspace", "ws", "--no-keyring"); code != exitOK {
				t.Fatalf("connect: %d\n%s", code, errs.String())
			}
			for _, form := range []string{"link", "fields", "json"} {
				errs.Reset()
				if code := do(fullDisk{}, "token", "create", "--reason", "x", "--output", form); code != exitNotDelivered {
					t.Errorf("%s: exit code %d", form, code)
				}
				if !strings.Contains(
					errs.String(), "could not be printed, so it was revoked.",
				) {
					t.Errorf("%s: said %q", form, errs.String())
				}
			}
			out.Reset()
			if code := do(&out, "token", "list", "--json"); code != exitOK ||
				strings.Count(out.String(), `"state": "revoked"`) != 3 {
				t.Errorf("list: %d\n%s", code, out.String())
			}
			return nil
		},
	)
	if err != nil {
		t.Fatal(err)
	}
}
