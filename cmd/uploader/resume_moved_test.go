package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// TestResumeFindsWhatWasMoved: nothing that arrived is sent again, neither files nor blocks.
func TestResumeFindsWhatWasMoved(t *testing.T) {
	l := newLab(t, "w")
	dir := t.TempDir()
	old, now := filepath.Join(dir, "disk e", "tree"), filepath.Join(dir, "disk = f", "tree")
	plant(t, old, 8)
	how := []string{"--connections", "2", "--block-size", "64KiB", "--token-file", l.tokenFile}
	l.renewUntil(t, labContainer, "w", time.Now().Add(2*time.Second))
	l.outputOf(
		t,
		exitToken,
		append([]string{"copy", old, "--recursive", "--limit-rate", "1MB"}, how...)...)
	if err := os.CopyFS(now, os.DirFS(old)); err != nil { // other files with the same content
		t.Fatal(err)
	}
	if err := os.RemoveAll(old); err != nil {
		t.Fatal(err)
	}
	l.renew(t, labContainer, "w")
	if out := l.outputOf(t, exitNotDelivered, append([]string{"resume"}, how...)...); !strings.Contains(
		out,
		"no longer there",
	) {
		t.Errorf("resume said: %s", out)
	}
	for _, wrong := range []string{old, old + "=" + filepath.Join(dir, "none"), "=" + now, filepath.Join(dir, "other") + "=" + now} {
		l.outputOf(t, exitUsage, append([]string{"resume", "--moved", wrong}, how...)...)
	}
	l.outputOf(
		t,
		0,
		append(
			[]string{"resume", "--moved", filepath.Dir(old) + "=" + filepath.Dir(now)},
			how...)...)
	l.compare(t, now)
	l.stagedOnce(t)
	whole := map[string]int{}
	for _, r := range l.server.Requests() {
		if r.Kind == blobserver.PutBlob && r.Status == 201 {
			if whole[r.Blob]++; whole[r.Blob] == 2 {
				t.Errorf("%s was sent twice", r.Blob)
			}
		}
	}
	l.secretFree(t)
}
