package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"inboxuploader/internal/crash"
	"inboxuploader/uploader"
)

const (
	// tokenVariable is the environment variable that may hold the token.
	tokenVariable = "UPLOADER_TOKEN"
	// maxStdin is how much of a token on standard input or in a file is read: one byte more than ParseToken accepts, so
	// that it can say that it is too much.
	maxStdin = 64<<10 + 1
)

// givenToken is a token's text as it was given for one run. The zero givenToken is none.
type givenToken struct {
	text     string
	argument string // the word of the command line that was the token, or "-"; empty where it came from elsewhere
	ambient  bool   // from the environment, where it stands for each command
}

// notSplit refuses a token that a shell has split into several arguments.
func notSplit(args []string) error {
	if len(args) > 1 {
		return &usageError{"More than one argument was given. Nothing was sent. Put the whole token in quotes, since the shell splits it otherwise."}
	}
	return nil
}

// looksLikeToken reports whether an argument can't be meant as a path or a name.
func looksLikeToken(s string) bool { return strings.Contains(s, "://") || strings.Contains(s, "sig=") }

// fromFile reads a token from --token-file.
func fromFile(path string) (givenToken, error) {
	f, err := os.Open(path)
	if err == nil {
		defer func() { _ = f.Close() }() // it was only read
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(f, maxStdin)); err == nil {
			return givenToken{text: string(text)}, nil
		}
	}
	why := "it can't be read"
	if errors.Is(err, fs.ErrNotExist) {
		why = "it is not there"
	}
	return givenToken{}, &usageError{"The token file “" + shown(path) + "”: " + why + ". Nothing was sent."}
}

// fromArgument takes the argument for the token, or standard input for "-". It returns early when the context is cancelled.
func (p *program) fromArgument(ctx context.Context, argument string) (givenToken, error) {
	if argument != "-" {
		return givenToken{text: argument, argument: argument}, nil
	}
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	// Nobody waits for this goroutine after an interrupt: a read from a terminal can't be ended, and the program ends.
	go func() {
		defer crash.Catch()
		text, err := io.ReadAll(io.LimitReader(p.stdin, maxStdin))
		done <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return givenToken{}, context.Cause(ctx)
	case r := <-done:
		if r.err != nil {
			return givenToken{}, &usageError{"The token can't be read from standard input. Nothing was sent. Save it in a file and pass that with < FILE."}
		}
		return givenToken{text: string(r.text), argument: argument}, nil
	}
}

// fromEnvironment returns the token of UPLOADER_TOKEN, if there is one.
func (p *program) fromEnvironment() givenToken {
	return givenToken{text: p.env(tokenVariable), ambient: true}
}

// parse reads the token. hosts are allowed besides the known ones and those that an administrator has allowed, see --allow-host.
func (g givenToken) parse(hosts []string) (uploader.Token, error) {
	var options []uploader.ParseOption
	administrators, _ := allowedHosts()
	for _, h := range append(administrators, hosts...) {
		options = append(options, uploader.AllowHost(h))
	}
	token, err := uploader.ParseToken(g.text, options...)
	if err != nil {
		return uploader.Token{}, shellHint(err, g.argument)
	}
	return token, nil
}

// shellHint tells of the shell where a token was cut at the first ampersand, which is what a shell does without quotes.
func shellHint(err error, argument string) error {
	e, ok := errors.AsType[*uploader.Error](err)
	if !ok || argument == "-" || argument == "" || e.Reason != uploader.NoSignature || strings.Contains(argument, "&") {
		return err
	}
	return errors.Join(&usageError{uploader.Explain(err).String() + " Put it in quotes: without them the shell cuts it at the first &."}, err)
}

// tokenFor returns a token for a kept inbox: the one that was given for this run, else the one in the keyring. A given one
// has to lead there, unless it comes from the environment, where it may be meant for another inbox. It may block for as
// long as the keyring does.
func (p *program) tokenFor(ctx context.Context, r uploader.InboxRecord, given givenToken, hosts []string) (uploader.Token, error) {
	if given.text != "" {
		token, err := given.parse(append(slices.Clone(hosts), r.AllowedHost))
		switch {
		case err == nil && token.Inbox.Key() == r.Inbox.Key():
			return token, nil
		case given.ambient: // the keyring may have the right one
		case err != nil:
			return uploader.Token{}, err
		default:
			return uploader.Token{}, &usageError{fmt.Sprintf("This token leads to %s, and “%s” is %s. Nothing was sent. If it takes the old one's place: uploader inbox add %q --replace",
				token.Inbox, r.Name, r.Inbox, r.Name)}
		}
	}
	inboxes, err := p.inboxes()
	if err != nil {
		return uploader.Token{}, err
	}
	token, err := inboxes.Token(ctx, r)
	if errors.Is(err, uploader.ErrVault) {
		what := uploader.Explain(err).What
		if r.Ref == "" {
			what = fmt.Sprintf("The token of “%s” is not kept.", r.Name)
		}
		return uploader.Token{}, errors.Join(&usageError{what + " Nothing was sent. Give the token, for example with --token-file."}, err)
	}
	return token, err
}
