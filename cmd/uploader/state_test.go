package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestTheLogStaysWithinItsLimit(t *testing.T) {
	const limit = 4096
	path := filepath.Join(t.TempDir(), logName)
	var wg sync.WaitGroup
	for range 2 { // as two processes have it
		l, err := openLogFile(path, limit)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for range 2000 {
				if _, err := l.Write([]byte(strings.Repeat("x", 99) + "\n")); err != nil {
					t.Error(err)
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		// Each writer may add as much as lies between two looks.
		if info.Size() > 3*limit {
			t.Errorf("%s has %d bytes", e.Name(), info.Size())
		}
		text, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if len(line) != 100 {
				t.Errorf("a line of %d bytes", len(line))
			}
		}
	}
	if len(entries) != 2 {
		t.Errorf("%d files, want the log and the old one", len(entries))
	}
}

func TestALogFromEarlierRunsIsPutAsideWhenFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), logName)
	if err := os.WriteFile(path, make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := openLogFile(path, 4096)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	old, err := os.Stat(path + ".1")
	if err != nil || old.Size() != 5000 {
		t.Errorf("old log: %v, %v", old, err)
	}
	if now, err := os.Stat(path); err != nil || now.Size() != 0 {
		t.Errorf("log: %v, %v", now, err)
	}
}

func TestWithoutAStateFolderNothingIsLogged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := stateFolder{console: &console{env: noEnvironment}, flag: filepath.Join(file, "state")}
	log, path, closer := s.openLog()
	log.Info("nobody reads this")
	if path != "" {
		t.Errorf("path %q", path)
	}
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheLogFilterTakesSignaturesOut(t *testing.T) {
	const secret = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"
	link := "https://inbox.blob.core.windows.net/c?sp=w&sig=" + secret + "%3D&se=2099"
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(redactedJSON{&out}, nil))
	log.Error(
		"request "+link,
		"error",
		&url.Error{Op: "Put", URL: link, Err: errors.New("reset")},
		slog.Group("g", "query", "SIG="+secret),
		"encoded",
		url.QueryEscape(link),
		"fields",
		`{"token": "`+secret+`"}`,
		"proxy",
		"http://user:"+secret+"@proxy.example:8080 and https://"+secret+"@host",
	)
	if strings.Contains(out.String(), secret) {
		t.Errorf("logged: %s", out.String())
	}
	if !strings.Contains(out.String(), "sig=REDACTED") ||
		!strings.Contains(out.String(), "se=2099") ||
		!strings.Contains(out.String(), "http://REDACTED@proxy.example:8080") {
		t.Errorf("logged: %s", out.String())
	}
}
