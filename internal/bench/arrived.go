package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// limitForManifest is the speed at which to measure a manifest's cost: that of a fast line.
const limitForManifest = "500MB"

// withManifest sends with a list of hashes and without.
func (b *bench) withManifest(ctx context.Context, w work) (lines []line, err error) {
	err = b.withSink(ctx, w.tls, w.conditions, func(s *startedSink) error {
		var lanes []*lane
		for _, extra := range [][]string{nil, {"--manifest", "sha256"}} {
			p := uploaderProgram(b.program)
			plain := p.command
			p.command = func(j job) command {
				c := plain(j)
				c.args = append(append(c.args, "--limit-rate", limitForManifest), extra...)
				return c
			}
			l := &lane{program: p, sink: s, runs: w.runs, listed: len(extra) > 0}
			if l.listed {
				l.name += " --manifest sha256"
			}
			lanes = append(lanes, l)
		}
		err := b.inTurns(ctx, w, lanes)
		lines = linesOf(w, lanes)
		lines[0].wanted = wanted{}
		return err
	})
	return lines, err
}

// listSize is how long the list of a data set's hashes is, in bytes.
func listSize(data string, scale float64) (size int64) {
	d, err := dataSetOf(data)
	if err != nil {
		return 0
	}
	for f := range d.all(scale) {
		size += int64(2*sha256.Size + len("  \n") + len(d.blobName(f)))
	}
	return size
}

// localInbox is "uploader inbox serve" with a data set in it.
type localInbox struct {
	*running
	env     []string // of a program whose storage account it is
	key     string   // file
	link    string   // a token
	receipt string
}

const inboxStarts = 20 * time.Second

// startInbox starts a local inbox below a folder and delivers a data set to it.
func (b *bench) startInbox(ctx context.Context, source, dir string) (in *localInbox, err error) {
	in = &localInbox{
		env:     []string{"UPLOADER_HOME=" + filepath.Join(dir, "state")},
		key:     filepath.Join(dir, "inbox", ".blobserver", "key"),
		receipt: filepath.Join(dir, "receipt.json"),
	}
	tokenFile := filepath.Join(dir, "token")
	in.running, err = command{name: b.program, env: in.env, args: []string{
		"inbox", "serve", "--dir", filepath.Join(dir, "inbox"), "--container", "ws-1",
		"--rights", "racwdl", "--print-token", tokenFile,
	}}.start(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_, kerr := in.kill()
			err = errors.Join(err, kerr)
		}
	}()
	for begun := time.Now(); in.link == ""; {
		if err := sleep(ctx, pollEvery); err != nil {
			return nil, err
		}
		text, err := os.ReadFile(tokenFile)
		if err == nil {
			in.link = strings.TrimSpace(string(text))
		}
		if time.Since(begun) > inboxStarts {
			return nil, fmt.Errorf("the local inbox does not start: %s", in.said)
		}
	}
	account, _, _ := strings.Cut(in.link, "/ws-1")
	for _, args := range [][]string{
		{"copy", source, "--recursive", "--token-file", tokenFile, "--receipt", in.receipt},
		{"workspace", "connect", account, "--workspace", "ws", "--key-file", in.key, "--no-keyring"},
	} {
		if _, err := (command{name: b.program, env: in.env, args: args}).run(ctx); err != nil {
			return nil, err
		}
	}
	settleDisk()
	return in, nil
}

// arrived fetches what a local inbox has, beside AzCopy, and compares it with its receipt.
func (b *bench) arrived(ctx context.Context, w work) (lines []line, err error) {
	dir, err := os.MkdirTemp(b.dir, "arrived-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	data, err := dataSetOf(w.data)
	if err != nil {
		return nil, err
	}
	in, err := b.startInbox(ctx, data.source(b.dir), dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		_, kerr := in.kill()
		err = errors.Join(err, kerr)
	}()
	own := func(name string, args ...string) *lane {
		c := command{name: b.program, env: in.env, args: args}
		return &lane{program: program{name: name, command: func(job) command { return c }}}
	}
	out := filepath.Join(dir, "out")
	fetching := []*lane{own("inbox fetch", "inbox", "fetch", "1", out, "--key-file", in.key)}
	for _, p := range b.peers {
		if p.name == "AzCopy" {
			from, query, _ := strings.Cut(in.link, "?")
			p.command = func(j job) command {
				c := azCopyWith(p.path, j)
				c.args = []string{
					"copy", from + "/*?" + query, out, "--recursive", "--from-to=BlobLocal",
					"--log-level=NONE", "--output-level=quiet", "--skip-version-check",
				}
				return c
			}
			fetching = append(fetching, &lane{program: p, peer: true})
		}
	}
	comparing := []*lane{
		own("inbox verify", "inbox", "verify", "1", "--receipt", in.receipt, "--key-file", in.key),
		own("inbox verify --deep", "inbox", "verify", "1", "--receipt", in.receipt, "--deep",
			"--key-file", in.key),
		own("verify, of the files here", "verify", in.receipt,
			filepath.Dir(data.source(b.dir))),
	}
	runs := w.runs
	if b.runs > 0 {
		runs = b.runs
	}
	for range runs {
		for _, l := range append(fetching[:len(fetching):len(fetching)], comparing...) {
			if err := b.takes(ctx, w, l, dir, out); err != nil {
				return nil, err
			}
		}
	}
	lines = linesOf(w, fetching)
	for i, l := range comparing {
		of := linesOf(work{title: w.title}, []*lane{l})
		if i == 0 { // reads nothing
			lines = append(lines, of...)
			continue
		}
		of[0].note = fmt.Sprintf("%.1f GB/s", float64(b.expected[w.data].Bytes)/1e9/of[0].wall)
		lines = append(lines, of...)
	}
	return lines, nil
}

// takes runs a lane's program once, with an empty folder to fetch into.
func (b *bench) takes(ctx context.Context, w work, l *lane, dir, out string) error {
	if err := errors.Join(os.RemoveAll(out), os.Mkdir(out, 0o700)); err != nil {
		return err
	}
	settleDisk()
	u, err := l.command(job{home: dir}).run(ctx)
	switch {
	case err != nil && l.peer && ctx.Err() == nil:
		l.fail = err
		b.say("%s, %s: %v", w.title, l.name, err)
		return nil
	case err != nil:
		return err
	}
	l.got = append(l.got, sample{usage: u})
	b.say("%s, %s: %s s", w.title, l.name, strconv.FormatFloat(u.wall.Seconds(), 'f', 3, 64))
	return nil
}
