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

	"inboxuploader/internal/show"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

const (
	// tokenVariable is the environment variable that may hold the token.
	tokenVariable = "UPLOADER_TOKEN"
	// maxStdin is how much of a token on standard input or in a file is read: one byte more than
	// token.Parse accepts, so that it can say that it is too much.
	maxStdin = 64<<10 + 1
)

// givenToken is the text of the token for one run. The zero givenToken is none.
type givenToken struct {
	text string
	// The word of the command line that was the token, or "-"; empty where it came from elsewhere.
	argument string
	ambient  bool // from the environment, where it stands for each command
}

// notSplit refuses a token that a shell has split into several arguments.
func notSplit(args []string) error {
	if len(args) > 1 {
		return &usageError{"There is more than one argument. Nothing was sent. Put the whole " +
			"token in quotes, or the shell splits it."}
	}
	return nil
}

// looksLikeToken reports whether an argument can't be meant as a path or a name.
func looksLikeToken(s string) bool { return strings.Contains(s, "://") || carriesSecret(s) }

// fromFile reads a token from --token-file. It returns early when the context is cancelled, see
// readText.
func fromFile(ctx context.Context, path string) (givenToken, error) {
	text, err := readText(ctx, func() (io.ReadCloser, error) { return os.Open(path) }, maxStdin)
	switch {
	case ctx.Err() != nil:
		return givenToken{}, context.Cause(ctx)
	case err != nil:
		return givenToken{}, &usageError{
			"The token file “" + show.Text(path) + "”: " + whyUnread(err) + ". Nothing was sent.",
		}
	case strings.TrimSpace(text) == "":
		return givenToken{}, &usageError{"The token file “" + show.Text(path) + "”: it is empty. " +
			"Nothing was sent."}
	}
	return givenToken{text: text}, nil
}

// fromArgument takes the argument for the token, or standard input for "-". It returns early when
// the context is cancelled, see readText.
func (c *console) fromArgument(ctx context.Context, argument string) (givenToken, error) {
	if argument != "-" {
		return givenToken{text: argument, argument: argument}, nil
	}
	text, err := readText(ctx, func() (io.ReadCloser, error) { return io.NopCloser(c.stdin), nil },
		maxStdin)
	switch {
	case ctx.Err() != nil:
		return givenToken{}, context.Cause(ctx)
	case err != nil:
		return givenToken{}, &usageError{"The token can't be read from standard input. Nothing " +
			"was sent. Save it in a file and use < FILE."}
	case strings.TrimSpace(text) == "":
		return givenToken{}, &usageError{"Standard input is empty. Nothing was sent. Save the " +
			"token in a file and use < FILE."}
	}
	return givenToken{text: text, argument: argument}, nil
}

// readText reads at most so many bytes of what open returns. It returns early when the context is
// cancelled, see unlessCancelled.
func readText(ctx context.Context, open func() (io.ReadCloser, error), most int64) (string, error) {
	return unlessCancelled(ctx, func() (string, error) {
		f, err := open()
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }() // it was only read
		text, err := io.ReadAll(io.LimitReader(f, most))
		return string(text), err
	})
}

// whyUnread says why a file could not be read.
func whyUnread(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "it does not exist"
	}
	return "it can't be read"
}

// fromEnvironment returns the token of UPLOADER_TOKEN, if there is one.
func (c *console) fromEnvironment() givenToken {
	return givenToken{text: c.env(tokenVariable), ambient: true}
}

// givenToken returns the token for this run: from a file, the argument or the environment.
func (c *console) givenToken(ctx context.Context, file string, args []string) (givenToken, error) {
	switch {
	case file != "" && len(args) > 0:
		return givenToken{}, &usageError{"There are two tokens: one in --token-file and one as " +
			"the argument. Nothing was sent. Omit one."}
	case file != "":
		return fromFile(ctx, file)
	case len(args) > 0:
		return c.fromArgument(ctx, args[0])
	default:
		return c.fromEnvironment(), nil
	}
}

// parse reads the token. hosts are allowed besides the known ones and those that an administrator
// has allowed, see --allow-host.
func (g givenToken) parse(hosts []string) (token.Token, error) {
	administrators, _ := allowedHosts()
	tok, err := token.Parse(g.text, token.AllowHost(administrators...), token.AllowHost(hosts...))
	if err != nil {
		return token.Token{}, shellHint(err, g.argument)
	}
	return tok, nil
}

// shellHint advises quotes if a token was cut at the first ampersand, as a shell does without them.
func shellHint(err error, argument string) error {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || argument == "-" || argument == "" || e.Reason != problem.NoSignature ||
		strings.Contains(argument, "&") {
		return err
	}
	return errors.Join(&usageError{explain(err).String() + " Put it in quotes, or the shell " +
		"cuts it at the first &."}, err)
}

// tokenFor returns a token for a saved inbox: the one for this run, else the one in the keyring. A
// token for this run must lead to that inbox, unless it comes from the environment, where it may be
// meant for another one. tokenFor may block for as long as the keyring does.
func (p *program) tokenFor(
	ctx context.Context, r inboxes.Record, given givenToken, hosts []string,
) (token.Token, error) {
	if given.text != "" {
		tok, err := given.parse(append(slices.Clone(hosts), r.AllowedHost))
		switch {
		case err == nil && tok.Inbox.Key() == r.Inbox.Key():
			return tok, nil
		case given.ambient: // the keyring may have the right one
		case err != nil:
			return token.Token{}, err
		default:
			return token.Token{}, &usageError{fmt.Sprintf("This token leads to %s, but “%s” is "+
				"%s. Nothing was sent. If it replaces the old one: uploader inbox add %q "+
				"--replace",
				show.Text(tok.Inbox.String()), r.Name, show.Text(r.Inbox.String()), r.Name)}
		}
	}
	inboxes, err := p.inboxes()
	if err != nil {
		return token.Token{}, err
	}
	tok, err := inboxes.Token(ctx, r, hosts...)
	if errors.Is(err, problem.ErrVault) {
		what := explain(err).What
		if r.Ref == "" {
			what = fmt.Sprintf("The token of “%s” is not saved.", r.Name)
		}
		return token.Token{}, errors.Join(&usageError{what + " Nothing was sent. Give the token, " +
			"for example with --token-file."}, err)
	}
	return tok, err
}
