package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"inboxuploader/uploader"
)

// tokenVariable is the environment variable that may hold the token.
const tokenVariable = "UPLOADER_TOKEN"

// errFound ends the search of a pattern at its first match.
var errFound = errors.New("found")

// tokenAndSources tells the token's text from the sources. The rule, which the help states: with --token-file all
// arguments are sources; with UPLOADER_TOKEN too, unless the last one is "-" or contains "://" or "sig="; else the last
// argument is the token. argument is the one that was the token, "" or "-" otherwise.
func (p *program) tokenAndSources(ctx context.Context, f *copyFlags, args []string) (text, argument string, sources []string, err error) {
	last := ""
	if len(args) > 0 {
		last = args[len(args)-1]
	}
	switch variable := p.env(tokenVariable); {
	case f.tokenFile != "":
		if last == "-" || looksLikeToken(last) {
			return "", "", nil, &usageError{"Two tokens were given: with --token-file and as the last argument. Nothing was sent. Leave one out."}
		}
		text, err = readTokenFile(f.tokenFile)
		sources = args
	case variable != "" && last != "-" && !looksLikeToken(last):
		text, sources = variable, args
	case len(args) == 0:
		return "", "", nil, &usageError{"Nothing to send was named. Use: uploader copy FILE-OR-FOLDER... \"TOKEN\", and --recursive for folders."}
	case last == "-":
		sources, argument = args[:len(args)-1], last
		if text, err = p.tokenText(ctx, "-"); err != nil && ctx.Err() == nil {
			err = &usageError{"The token can't be read from standard input. Nothing was sent. Save it in a file and name it with --token-file."}
		}
	default:
		sources, text, argument = args[:len(args)-1], last, last
		if !looksLikeToken(last) && exists(last) {
			return "", "", nil, &usageError{"No token was given: the last argument, “" + shown(last) + "”, is a file or folder. Nothing was sent. Put the token in quotes behind it."}
		}
		if len(sources) > 0 && looksLikeToken(sources[0]) && !looksLikeToken(last) {
			return "", "", nil, &usageError{"The token stands before the last argument. This program only sends: put the files first and the token last. Nothing was sent."}
		}
	}
	if err != nil {
		return "", "", nil, err
	}
	for _, s := range sources {
		if looksLikeToken(s) && !exists(s) {
			return "", "", nil, &usageError{"There is a token among the files. Nothing was sent. Give one token, as the last argument."}
		}
	}
	if len(sources) == 0 {
		return "", "", nil, &usageError{"Nothing to send was named. Put the file or folder in front of the token: uploader copy FILE-OR-FOLDER \"TOKEN\"."}
	}
	return text, argument, sources, nil
}

// looksLikeToken reports whether an argument can't be meant as a path.
func looksLikeToken(s string) bool { return strings.Contains(s, "://") || strings.Contains(s, "sig=") }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// readTokenFile returns the file's content up to a little more than a token may have.
func readTokenFile(path string) (string, error) {
	f, err := os.Open(path)
	if err == nil {
		defer func() { _ = f.Close() }() // it was only read
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, maxStdin)); err == nil {
			return string(text), nil
		}
	}
	why := "it can't be read"
	if errors.Is(err, fs.ErrNotExist) {
		why = "it is not there"
	}
	return "", &usageError{"The token file “" + shown(path) + "”: " + why + ". Nothing was sent."}
}

// checkSources refuses, before anything is sent, sources of which none exists, and folders without --recursive. What
// else is wrong with one of several sources concerns that one only and is listed at the end.
func checkSources(sources []string, recursive bool) error {
	found := false
	for _, s := range sources {
		if s == "-" {
			return &usageError{"“-” stands for the token on standard input and must be the last argument. Nothing was sent."}
		}
		info, err := os.Stat(s)
		switch {
		case err == nil && info.IsDir() && !recursive:
			return &usageError{shown(s) + ": " + uploader.Explain(uploader.NewError("scan", s, uploader.SourceIsFolder)).String()}
		case err == nil, exists(s):
			found = true
		case !found && matchesAny(s):
			found = true
		}
	}
	if found {
		return nil
	}
	if len(sources) == 1 {
		return &usageError{"“" + shown(sources[0]) + "” is not there. Nothing was sent."}
	}
	return &usageError{"None of what was named is there, such as “" + shown(sources[0]) + "”. Nothing was sent."}
}

// matchesAny reports whether something matches the pattern.
func matchesAny(pattern string) bool {
	abs, err := filepath.Abs(pattern)
	if err != nil || !strings.ContainsAny(pattern, "*?[{") {
		return false
	}
	base, rest := doublestar.SplitPattern(filepath.ToSlash(abs))
	err = doublestar.GlobWalk(os.DirFS(base), rest, func(string, fs.DirEntry) error { return errFound })
	return errors.Is(err, errFound)
}
