//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hoursAround returns hours of the day that begin and end so long from now.
func hoursAround(from, to time.Duration) string {
	now := time.Now()
	return now.Add(from).Format("15:04") + "-" + now.Add(to).Format("15:04")
}

// TestAWatchKeepsToItsHours: what becomes complete outside of them waits, and goes when they are
// others.
func TestAWatchKeepsToItsHours(t *testing.T) {
	l := newLab(t, "w")
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o644); err != nil {
		t.Fatal(err)
	}
	outside := hoursAround(2*time.Hour, 3*time.Hour)
	w := l.watch(t, dir, "--settle", "100ms", "--between", outside)
	w.waits(t, "it says until when it waits", func() bool {
		return strings.Contains(w.said(), "Waiting until "+outside[:5]) &&
			strings.Contains(w.said(), "Nothing is sent outside the hours you set")
	})
	w.end(t)
	if l.arrived("run/a") {
		t.Error("sent outside its hours")
	}
	if !strings.Contains(w.said(), "Left for the next run: 1 file") {
		t.Errorf("it does not say what is left: %s", w.said())
	}
	w = l.watch(t, dir, "--settle", "100ms", "--between", hoursAround(-time.Hour, time.Hour))
	w.waits(t, "it is sent", func() bool { return l.arrived("run/a") })
	w.end(t)
}

// TestAStreamBeginsWithinItsHours: outside of them neither the data is read nor its command begun.
func TestAStreamBeginsWithinItsHours(t *testing.T) {
	l := newLab(t, "w")
	begun := filepath.Join(t.TempDir(), "begun")
	send := func(between string) *watching {
		w := &watching{Cmd: l.command("copy", "--name", "data", "--from-command", "--token-file",
			l.tokenFile, "--state-dir", l.state, "--between", between, "--", "sh", "-c",
			"touch "+begun+"; echo data")}
		w.Stderr = w
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := send(hoursAround(2*time.Hour, 3*time.Hour))
	w.waits(t, "it waits", func() bool { return strings.Contains(w.said(), "Waiting until ") })
	_ = w.Process.Signal(os.Interrupt)
	if err := w.Wait(); err == nil || w.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("interrupted it ends with %v: %s", err, w.said())
	}
	if exists(begun) || l.arrived("data") {
		t.Error("begun outside its hours")
	}
	w = send(hoursAround(-time.Hour, time.Hour))
	if err := w.Wait(); err != nil || !l.arrived("data") {
		t.Errorf("within its hours: %v: %s", err, w.said())
	}
}

// TestAWatchWaitsForTheNextToken: that one is over is said, with what to do, and what was not sent
// goes with the next.
func TestAWatchWaitsForTheNextToken(t *testing.T) {
	l := newLab(t, "w")
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(3 * time.Second)
	l.renewUntil(t, labContainer, "w", end)
	w := l.watch(t, dir, "--settle", "100ms")
	w.waits(t, "the token is over", func() bool { return time.Now().After(end.Add(time.Second)) })
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("a"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.waits(t, "it says so", func() bool {
		return strings.Contains(w.said(), "This upload token expired") &&
			strings.Contains(w.said(), "Waiting for the next token: put it into ")
	})
	log, err := os.ReadFile(filepath.Join(l.state, "uploader.log"))
	if err != nil || !strings.Contains(string(log), `"level":"WARN","msg":"watch"`) {
		t.Errorf("the log says nothing of it: %v", err)
	}
	l.renew(t, labContainer, "w")
	w.waits(t, "it goes on", func() bool { return l.arrived("run/a") })
	w.end(t)
}
