package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"inboxuploader/internal/crash"
)

func TestACrashTellsNoSecret(t *testing.T) {
	var errs bytes.Buffer
	link := strings.Replace(foreignLink, "inbox.lab.example", "labinbox.blob.core.windows.net", 1)
	code := guarded(&errs, func() int { return panicWithSecrets(link) })
	tellsNoSecret(t, code, errs.String())

	var failed *exec.ExitError
	elsewhere := exec.Command("crashes", link)
	told, err := elsewhere.CombinedOutput()
	if !errors.As(err, &failed) {
		t.Fatalf("a panic of another goroutine: %v", err)
	}
	tellsNoSecret(t, failed.ExitCode(), string(told))
}

// TestNoCrashPassesForWrongUsage: Go's own exit code for what can't be caught is 2.
func TestNoCrashPassesForWrongUsage(t *testing.T) {
	var failed *exec.ExitError
	told, err := exec.Command("crashes", "fatally").CombinedOutput()
	if !errors.As(err, &failed) || failed.ExitCode() == exitUsage ||
		failed.ExitCode() == exitNotDelivered {
		t.Errorf("%v: %s", err, told)
	}
	if !strings.Contains(string(told), "fatal error: ") {
		t.Errorf("it did not end as meant: %s", told)
	}
}

func tellsNoSecret(t *testing.T, code int, told string) {
	t.Helper()
	if code != exitCrash || strings.Contains(told, canary) {
		t.Errorf("exit code %d and %s", code, told)
	}
	for _, part := range []string{"Something unexpected", "panic: ", "crash_test.go", "sig=REDACTED"} {
		if !strings.Contains(told, part) {
			t.Errorf("nothing says %q in %s", part, told)
		}
	}
}

// crashElsewhere is a program of which a goroutine panics that is not the main one, or that Go
// ends.
func crashElsewhere() {
	keepNoCore()
	guardGoroutines(os.Stderr)
	if os.Args[1] == "fatally" {
		new(sync.Mutex).Unlock()
	}
	go func() { defer crash.Catch(); panicWithSecrets(os.Args[1]) }()
	select {}
}

func panicWithSecrets(link string) int {
	token, err := givenToken{text: link}.parse(nil)
	if err != nil {
		return exitUsage
	}
	panic([]any{link, token, &token})
}
