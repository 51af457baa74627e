package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// windowsPaths is whether a backslash separates folders on this system.
const windowsPaths = os.PathSeparator == '\\'

// chooseToken asks which inbox the files go to: a saved one, or that of a token you paste.
func (r *guideRun) chooseToken(ctx context.Context) (token.Token, error) {
	kept, err := r.inboxes()
	if err != nil {
		return token.Token{}, err
	}
	records, err := kept.List(ctx)
	if err != nil {
		return token.Token{}, err
	}
	records = slices.DeleteFunc(records, func(k inboxes.Record) bool { return k.Ref == "" })
	r.say("")
	if len(records) > 0 {
		var options []string
		for _, k := range records {
			options = append(options, k.Name+": "+stateWords(k.TokenWithoutSecret(), r.now()))
		}
		n, err := r.choose(ctx, "Where do you want to send files?",
			append(options, "Paste another token")...)
		if err != nil {
			return token.Token{}, err
		}
		if n < len(records) {
			tok, err := r.tokenFor(ctx, records[n], givenToken{}, r.hosts)
			if err == nil {
				err = outOfTime(tok, r.now())
			}
			if err == nil || ctx.Err() != nil {
				return tok, err
			}
			r.say(sentence(ctx, err))
		}
	}
	_, tok, err := r.askToken(ctx)
	if err != nil {
		return token.Token{}, err
	}
	return tok, r.askName(ctx, kept, tok)
}

// askToken asks for a token until it gets one that is usable and the person accepts what it says.
func (r *guideRun) askToken(ctx context.Context) (givenToken, token.Token, error) {
	r.say("Paste your upload token: a link, the workspace's message or an AzCopy command. It is " +
		"not shown, and nothing is sent yet.")
	for {
		text, err := r.hidden(ctx, "Token, then Enter: ")
		if err != nil {
			return givenToken{}, token.Token{}, err
		}
		if text == "" {
			r.say("Nothing was pasted. Ctrl+C stops.")
			continue
		}
		given := givenToken{text: text}
		tok, err := given.parse(r.hosts)
		if e, ok := errors.AsType[*problem.Error](err); ok && e.Reason == problem.UnknownHost {
			tok, err = r.askHost(ctx, given, e)
		}
		if err == nil {
			r.write("\n" + indented(describeToken(tok, r.now())))
			err = outOfTime(tok, r.now())
		}
		switch {
		case errors.Is(err, errLeft), errors.Is(err, errInterrupted), ctx.Err() != nil:
			return givenToken{}, token.Token{}, err
		case err != nil:
			r.say(sentence(ctx, err))
			continue
		}
		yes, err := r.agree(ctx, "Use this token?", true)
		if err != nil || yes {
			return given, tok, err
		}
		r.say("Paste another one.")
	}
}

// askHost asks about an address that the program does not know.
func (r *guideRun) askHost(
	ctx context.Context, given givenToken, unknown *problem.Error,
) (token.Token, error) {
	if rules, err := readPolicy(); err != nil || rules.ForbidAllowHost {
		e := problem.New("parse token", "", problem.HostForbidden)
		e.Value = unknown.Value
		return token.Token{}, errors.Join(e, err)
	}
	x := explain(unknown)
	r.say(x.What + " Ask the workspace whether this address is theirs.")
	yes, err := r.agree(ctx, "It is the workspace's: allow "+show.Text(unknown.Value)+"?", false)
	if err != nil {
		return token.Token{}, err
	}
	if !yes {
		return token.Token{}, &usageError{x.Safe + " Paste another token."}
	}
	r.hosts = append(r.hosts, unknown.Value)
	return given.parse(r.hosts)
}

// outOfTime returns an error if a token has expired or is not yet valid.
func outOfTime(tok token.Token, now time.Time) error {
	reason, when := problem.Expired, tok.ValidTo
	switch {
	case !tok.ValidTo.IsZero() && now.Add(-clockDifference).After(tok.ValidTo):
	case !tok.ValidFrom.IsZero() && now.Add(clockDifference).Before(tok.ValidFrom):
		reason, when = problem.NotYetValid, tok.ValidFrom
	default:
		return nil
	}
	err := problem.New("check token", "", reason)
	err.When = when
	return err
}

// askName offers to save the inbox under a name.
func (r *guideRun) askName(ctx context.Context, kept inboxes.Book, tok token.Token) error {
	r.say("To save it in this computer's keyring, name this inbox. Otherwise press Enter.")
	for {
		name, err := r.answer(ctx, "Name for this inbox: ")
		if err != nil || name == "" {
			return err
		}
		if name, err = inboxName(name); err == nil {
			_, err = kept.Add(ctx, name, tok, r.now(), inboxes.AddOptions{})
		}
		switch {
		case err == nil:
			r.say("Its token is in this computer's keyring.")
			return nil
		case ctx.Err() != nil:
			return err
		case errors.Is(err, problem.ErrVault):
			r.say(explain(err).What + " So the name is saved, but not the token.")
			return nil
		}
		r.say(sentence(ctx, err))
	}
}

// askPaths asks what to send; paths are those already named.
func (r *guideRun) askPaths(ctx context.Context, paths []string) ([]string, error) {
	var sources []string
	for _, p := range paths {
		r.addPath(&sources, p)
	}
	if len(sources) > 0 {
		return sources, nil
	}
	r.say("")
	r.say("Name the files and folders to send: type a path, or drag them from a file manager into " +
		"this terminal, then press Enter. For many files, name their folder. An empty line ends " +
		"the list.")
	for {
		line, err := r.answer(ctx, "Path: ")
		if err != nil {
			return nil, err
		}
		switch {
		case line == "" && len(sources) > 0:
			return sources, nil
		case line == "":
			r.say("Name at least one file or folder. Ctrl+C stops.")
		case looksLikeToken(line) && !exists(line):
			r.say("That looks like a token. Name a file or folder here.")
		default:
			named := localPaths(droppedPaths(line, windowsPaths))
			if !slices.ContainsFunc(named, isThere) {
				named = []string{line} // as it was typed
			}
			for _, p := range named {
				r.addPath(&sources, p)
			}
		}
	}
}

// isThere reports whether a path exists or a pattern matches anything.
func isThere(path string) bool { return exists(path) || matchesAny(path) }

// addPath adds a path to the sources if it exists and is new, and says so.
func (r *guideRun) addPath(sources *[]string, path string) {
	info, err := os.Stat(path)
	switch {
	case slices.Contains(*sources, path):
		r.say("  " + shownPath(path) + " is already in the list")
		return
	case err == nil && info.IsDir():
		r.say("  Folder: " + show.Text(filepath.Base(path)))
	case exists(path):
		r.say("  File: " + show.Text(filepath.Base(path)))
	case matchesAny(path):
		r.say("  Pattern: " + show.Text(filepath.Base(path)))
	default:
		r.say("“" + show.Text(path) + "” does not exist. Check the path and enter it again.")
		return
	}
	*sources = append(*sources, path)
}
