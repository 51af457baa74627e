package main

import (
	"log/slog"
	"math"
	"strings"

	"github.com/spf13/pflag"
)

// logStderr is the word of --log for stderr.
const logStderr = "stderr"

// addLog defines the flags for where the log goes and how much it holds.
func (s *stateFolder) addLog(f *pflag.FlagSet) {
	f.Var((*logTo)(&s.logTo), "log", "where the log goes: file (in the state folder) or stderr")
	f.Var(&s.logLevel, "log-level", "lowest level to log: debug, info, warning, error or none")
}

// logTo is --log.
type logTo string

// Set implements pflag.Value.
func (l *logTo) Set(text string) error {
	if text != "file" && text != logStderr {
		return wanted("file or stderr")
	}
	*l = logTo(text)
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (l *logTo) String() string { return string(*l) }

// Type implements pflag.Value.
func (l *logTo) Type() string { return "WHERE" }

// logLevel is --log-level, with AzCopy's words. The zero logLevel is info.
type logLevel struct{ slog.Level }

// Set implements pflag.Value.
func (l *logLevel) Set(text string) error {
	level, ok := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn,
		"warning": slog.LevelWarn, "error": slog.LevelError, "none": math.MaxInt,
	}[strings.ToLower(text)]
	if !ok {
		return wanted("debug, info, warning, error or none")
	}
	l.Level = level
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (l *logLevel) String() string {
	if l.Level == slog.LevelInfo {
		return ""
	}
	return strings.ToLower(l.Level.String())
}

// Type implements pflag.Value.
func (l *logLevel) Type() string { return "LEVEL" }
