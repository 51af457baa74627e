package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTimesStandInReceiptsAlwaysAndInTheInboxIfAskedFor, and the MD5 as md5sum says it.
func TestTimesStandInReceiptsAlwaysAndInTheInboxIfAskedFor(t *testing.T) {
	modified := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, keep := range []bool{true, false} {
		l := newLab(t, "w")
		file := filepath.Join(t.TempDir(), "a.txt")
		if err := os.WriteFile(file, []byte("a"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
		receipt := filepath.Join(l.dir, "r.csv")
		args := []string{"copy", file, "--token-file", l.tokenFile, "--receipt", receipt}
		want := ""
		if keep {
			args, want = append(args, "--keep-times", "--put-md5"), "2020-01-02T03:04:05.000000000Z"
		}
		l.outputOf(t, exitOK, args...)
		if b := l.server.Blobs(labContainer); len(b) != 1 || b[0].Metadata["mtime"] != want ||
			keep && b[0].MD5 != "DMF1ucDxtqgxw5niaXcmYQ==" { // what md5sum says of an a
			t.Errorf("blobs %+v, want mtime %q", b, want)
		}
		text, err := os.ReadFile(receipt)
		hashes := ",," // none is known unless it was worked out
		if keep {
			hashes = ",,0cc175b9c0f1b6a831c399e269772661"
		}
		if err != nil ||
			!strings.Contains(string(text), ",2020-01-02T03:04:05Z"+hashes+"\r\n") {
			t.Errorf("receipt %q, %v", text, err)
		}
	}
}
