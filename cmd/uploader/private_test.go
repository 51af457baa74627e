//go:build !windows

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheStateFolderIsTheUsersOwn(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	s := stateFolder{console: &console{env: noEnvironment}}
	dir, err := s.openState()
	check(t, err)
	for range 2 {
		info, err := os.Stat(dir)
		check(t, err)
		if info.Mode().Perm() != 0o700 {
			t.Errorf("rights %o", info.Mode().Perm())
		}
		check(t, os.Chmod(dir, 0o777))
		_, err = s.openState()
		check(t, err)
	}
	log, path, file := s.openLog()
	log.Info("line")
	check(t, file.Close())
	info, err := os.Stat(path)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the log's rights are %o", info.Mode().Perm())
	}
}

func TestAFolderThatOthersMayChangeIsNotUsed(t *testing.T) {
	dir := t.TempDir()
	check(t, os.Chmod(dir, 0o777))
	s := stateFolder{console: &console{env: noEnvironment}, flag: dir}
	if _, err := s.openState(); err == nil || !strings.Contains(err.Error(), "Other users of this "+
		"computer can change the state folder") {
		t.Errorf("got %v", err)
	}
	if _, path, _ := s.openLog(); path != "" {
		t.Error("a log was begun")
	}
	info, err := os.Stat(dir)
	check(t, err)
	if info.Mode().Perm() != 0o777 {
		t.Errorf("the rights of a folder with other uses were changed to %o", info.Mode().Perm())
	}
}

func TestAFolderThatCanNotBeMadeIsNoDefect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	check(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		s := stateFolder{console: &console{env: noEnvironment}, flag: dir}
		_, err := s.openState()
		if words := explain(err).String(); !strings.Contains(words, "Check that you may write to "+
			"the program's state folder") {
			t.Errorf("it says: %s", words)
		}
	}
}

// TestLinksInTheStateFolderLeadNowhere: what stands in the place of a file of ours is not written
// to.
func TestLinksInTheStateFolderLeadNowhere(t *testing.T) {
	for _, name := range []string{logName, logName + ".1"} {
		dir, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
		check(t, os.WriteFile(victim, []byte("untouched"), 0o600))
		check(t, os.Symlink(victim, filepath.Join(dir, name)))
		l, err := openLogFile(filepath.Join(dir, logName), 100)
		if name == logName && err == nil {
			t.Error("a link was opened for the log")
		}
		if err == nil {
			for range 10 {
				_, err := l.Write(bytes.Repeat([]byte("x"), 50))
				check(t, err)
			}
			check(t, l.Close())
		}
		text, err := os.ReadFile(victim)
		check(t, err)
		if string(text) != "untouched" {
			t.Errorf("%s: what a link led to was changed", name)
		}
	}
}

func TestTheTokenIsNotInherited(t *testing.T) {
	t.Setenv(tokenVariable, foreignLink)
	t.Setenv(keyVariable, canaryKey)
	proxy := "http://user:" + canary + "@proxy.example.org:3128"
	t.Setenv(proxyVariable, proxy)
	env := takeSecretVariables()
	if env(tokenVariable) != foreignLink || env(keyVariable) != canaryKey ||
		env(proxyVariable) != proxy ||
		env("PATH") != os.Getenv("PATH") {
		t.Error("the environment is not what it was")
	}
	for _, v := range os.Environ() {
		if strings.Contains(v, canary) {
			t.Error("programs that are started get the token, the key or the proxy's sign-in")
		}
	}
}
