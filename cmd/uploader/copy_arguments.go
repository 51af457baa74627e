package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// errFound ends the search of a pattern at its first match.
var errFound = errors.New("found")

// tokenAndSources tells the token from the sources. The rule, which the help states: with
// --token-file all arguments are sources; with UPLOADER_TOKEN or --to too, unless the last one is
// "-" or contains "://" or "sig="; else the last argument is the token. With --to there may be no
// token.
func (r *copyRun) tokenAndSources(
	ctx context.Context, args []string,
) (given givenToken, sources []string, err error) {
	switch {
	case r.stream.wanted():
		given, err = r.streamToken(ctx, args)
		return given, nil, err
	case len(args) > 1 && slices.Contains(args[:len(args)-1], "-"):
		return givenToken{}, nil, &usageError{"“-” means standard input: for the token as the " +
			"last argument, or for data with --name, such as --name run7.tar. Nothing was sent."}
	}
	last := ""
	if len(args) > 0 {
		last = args[len(args)-1]
	}
	isToken := last == "-" || looksLikeToken(last)
	if last == "-" && r.selection.list == "-" {
		return givenToken{}, nil, &usageError{"Both the token and the list of files would be " +
			"read from standard input. Nothing was sent. Put one of them in a file."}
	}
	environment := r.fromEnvironment()
	switch {
	case r.tokenFile != "":
		if isToken {
			return givenToken{}, nil, &usageError{"There are two tokens: one in --token-file " +
				"and one as the last argument. Nothing was sent. Omit one."}
		}
		given, err = fromFile(ctx, r.tokenFile)
		sources = args
	case (environment.text != "" || r.to != "") && !isToken:
		given, sources = environment, args
	case len(args) == 0 && r.selection.list == "":
		return givenToken{}, nil, &usageError{"Name what to send. Use: uploader copy " +
			"FILE-OR-FOLDER... \"TOKEN\", and --recursive for folders."}
	case len(args) == 0:
		return givenToken{}, nil, &usageError{"The token is missing. Nothing was sent. Put it " +
			"last, in quotes."}
	default:
		sources = args[:len(args)-1]
		if !isToken && exists(last) {
			return givenToken{}, nil, &usageError{
				"The token is missing: the last argument, “" + show.Text(last) + "”, is a file " +
					"or folder. Nothing was sent. Put the token after it, in quotes.",
			}
		}
		if len(sources) > 0 && looksLikeToken(sources[0]) && !isToken {
			return givenToken{}, nil, &usageError{"The token is not the last argument. This " +
				"program only sends: put the files first and the token last. Nothing was sent."}
		}
		given, err = r.fromArgument(ctx, last)
	}
	if err != nil {
		return givenToken{}, nil, err
	}
	for _, s := range sources {
		if looksLikeToken(s) && !exists(s) {
			return givenToken{}, nil, &usageError{"There is a token among the files. Nothing was " +
				"sent. Give one token, as the last argument."}
		}
	}
	if len(sources) == 0 && r.selection.list != "" {
		r.selection.contents = true
		sources = []string{"."}
	}
	if len(sources) == 0 {
		return givenToken{}, nil, &usageError{"Name what to send. Put the file or folder before " +
			"the token: uploader copy FILE-OR-FOLDER \"TOKEN\"."}
	}
	return given, sources, nil
}

// token returns the token to send with: the one on the command line, or that of the inbox of --to.
func (r *copyRun) token(ctx context.Context, given givenToken) (token.Token, error) {
	if r.to == "" {
		return given.parse(r.hosts)
	}
	name, err := inboxName(r.to)
	if err != nil {
		return token.Token{}, err
	}
	inboxes, err := r.inboxes()
	if err != nil {
		return token.Token{}, err
	}
	record, err := inboxes.Find(ctx, name)
	if err != nil {
		return token.Token{}, err
	}
	return r.tokenFor(ctx, record, given, r.hosts)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// checkSources fails, before anything is sent, if no source exists or if a folder comes without
// --recursive. Any other problem concerns one source alone and is listed at the end.
func checkSources(sources []string, recursive bool) error {
	found := false
	for _, s := range sources {
		if s == "" {
			return &usageError{"One of the sources has no name; perhaps a script's variable is " +
				"not set. Nothing was sent. Omit it, or write . for the current folder."}
		}
		if (s == "true" || s == "false" || s == "inside") && !exists(s) {
			return &usageError{"“" + s + "” does not exist. If it belongs to the option before " +
				"it, join the two with =, as in --follow-symlinks=inside. Nothing was sent."}
		}
		info, err := os.Stat(s)
		switch {
		case err == nil && info.IsDir() && !recursive:
			return &usageError{
				show.Text(s) + ": " + explain(
					problem.New("scan", s, problem.SourceIsFolder)).String(),
			}
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
		return &usageError{"“" + show.Text(sources[0]) + "” does not exist. Nothing was sent."}
	}
	return &usageError{
		"None of these files exist, such as “" + show.Text(sources[0]) + "”. Nothing was sent.",
	}
}

// isOneFile reports whether the sources are one file, named as such.
func isOneFile(sources []string) bool {
	if len(sources) != 1 {
		return false
	}
	info, err := os.Stat(sources[0])
	return err == nil && info.Mode().IsRegular()
}

// matchesAny reports whether something matches the pattern.
func matchesAny(pattern string) bool {
	abs, err := filepath.Abs(pattern)
	if err != nil || !strings.ContainsAny(pattern, "*?[{") {
		return false
	}
	base, rest := scan.SplitPattern(abs)
	err = doublestar.GlobWalk(os.DirFS(base), rest,
		func(string, fs.DirEntry) error { return errFound })
	return errors.Is(err, errFound)
}
