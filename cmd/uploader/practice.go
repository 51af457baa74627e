package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"inboxuploader/assets"
	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

const (
	// practiceWorkspace is the workspace of the practice run, which plays both a member and a
	// sender.
	practiceWorkspace = "practice"
	// practiceContainer is its first token's.
	practiceContainer = "practice-1"
	// practiceBlockSize is smaller than the default so that a sample file travels in several
	// blocks.
	practiceBlockSize = "128KiB"
)

// practiceRun is one run of practice.
type practiceRun struct {
	*program
	dir string // a temporary one by default
}

// practiceCommand carries out the whole job on this machine.
func practiceCommand(p *program) *cobra.Command {
	r := practiceRun{program: p}
	c := &cobra.Command{
		Use: "practice",
		Short: "Try everything on this computer: a local inbox, sample files, and a " +
			"byte-by-byte check",
		Long: `Try everything on this computer, without a workspace or a network: start a local inbox, create an
upload token for it as a data manager does, write a folder of sample files, send it with the token,
list what arrived, and compare every byte. Nothing leaves this computer, and nothing is kept unless
you give --dir.

Exit codes:
    0    everything arrived unchanged
    1    something did not
    2    wrong usage
    130  interrupted`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return r.run(c.Context()) },
	}
	c.Flags().StringVar(&r.dir, "dir", "", "keep samples and inbox in this `FOLDER`, empty or "+
		"new (default: a temporary one)")
	return c
}

// run carries out the command.
func (r *practiceRun) run(ctx context.Context) (err error) {
	if r.dir == "" {
		if r.dir, err = os.MkdirTemp("", "uploader-practice-"); err != nil {
			return folderUnusable(os.TempDir(), err)
		}
		defer func() {
			if os.RemoveAll(r.dir) != nil {
				r.say("The folder " + show.Text(r.dir) + " could not be removed. You can delete " +
					"it; nothing in it is needed.")
			}
		}()
	} else if there, e := os.ReadDir(r.dir); len(there) > 0 ||
		e != nil && !errors.Is(e, os.ErrNotExist) {
		return &usageError{fmt.Sprintf("The folder %s is not empty, or can't be used. Nothing "+
			"was sent. Name a new one with --dir.", r.dir)}
	}
	samples := filepath.Join(r.dir, "samples")
	if err := assets.WriteSamples(samples); err != nil {
		return folderUnusable(r.dir, err)
	}
	return withLocalInbox(
		ctx,
		blobserver.Config{Dir: filepath.Join(r.dir, "inbox")},
		func(server *blobserver.Server, address string) error {
			return r.bothSides(ctx, samples, server, address)
		},
	)
}

// bothSides runs the commands of both sides, in a state folder of its own: those of the member who
// creates a token and looks at what arrived, and those of the sender who has the token.
func (r *practiceRun) bothSides(
	ctx context.Context, samples string, server *blobserver.Server, address string,
) error {
	key := []string{"--key-file", filepath.Join(r.dir, "inbox", ".blobserver", "key")}
	r.printf("A local inbox listens on %s.\n", address)

	connect := []string{
		"workspace", "connect", address, "--workspace", practiceWorkspace, "--no-keyring",
	}
	r.printf("\nuploader %s --key-file KEY\n", strings.Join(connect, " "))
	if _, code := r.play(ctx, "", nil, append(connect, key...)...); code != exitOK {
		return exit(code)
	}
	r.printf("uploader token create --reason \"Practice run\" --valid-days 1 --key-file KEY\n")
	link, code := r.play(
		ctx,
		"",
		nil,
		append(
			[]string{"token", "create", "--reason", "Practice run", "--valid-days", "1"},
			key...)...)
	if code != exitOK {
		return exit(code)
	}
	token, err := token.Parse(link)
	if err != nil {
		return err
	}
	r.printf("\nThe upload token says:\n\n%s", indented(describeToken(token, r.now())))

	r.printf("\nuploader copy %s TOKEN --recursive\n\n", samples)
	// The token goes in as it does from a file.
	said, code := r.play(ctx, link, r.screen, "copy", samples, "-", "--recursive", "--block-size",
		practiceBlockSize)
	r.printf("%s", said)
	if code == exitInterrupted {
		return errInterrupted
	}

	r.printf("\nuploader inbox list 1 --key-file KEY\n\n")
	table, listed := r.play(ctx, "", nil, append([]string{"inbox", "list", "1"}, key...)...)
	if listed != exitOK {
		return exit(listed)
	}
	r.printf("%s", table)
	return r.compare(samples, server, code)
}

// play runs one command line and returns what it prints. With a nil stderr, its messages appear
// only if it fails.
func (r *practiceRun) play(
	ctx context.Context, stdin string, stderr io.Writer, args ...string,
) (stdout string, code int) {
	var out, words bytes.Buffer
	to := stderr
	if to == nil {
		to = &words
	}
	code = run(ctx, append(args, "--state-dir", filepath.Join(r.dir, "state")),
		strings.NewReader(stdin), &out, to, r.env)
	if code != exitOK {
		r.write(words.String())
	}
	return out.String(), code
}

// compare compares what arrived with the samples; code is how the copy ended.
func (r *practiceRun) compare(samples string, server *blobserver.Server, code int) error {
	r.printf("\nThe same, compared with the samples byte by byte:\n\n")
	results, err := compareInbox(samples, server)
	if err != nil {
		return err
	}
	same, bytes := 0, int64(0)
	for _, c := range results {
		r.printf("  %-9s %9d bytes  %s\n", c.verdict, c.size, c.blob)
		if c.verdict == verdictSame {
			same++
			bytes += c.size
		}
	}
	r.printf("\n%d of %d files arrived unchanged, %d bytes.\n", same, len(results), bytes)
	switch {
	case code != exitOK:
		return exit(code) // the copy has said why
	case same != len(results):
		r.printf("THE INBOX DIFFERS FROM THE SAMPLES.\n")
		return exit(exitNotDelivered)
	}
	return nil
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// The verdicts of a comparison on one name.
const (
	verdictSame    = "same"
	verdictDiffers = "DIFFERS"
	verdictMissing = "MISSING"
	verdictExtra   = "EXTRA"
)

// compared is one name in the samples, in the inbox, or in both.
type compared struct {
	blob    string
	size    int64 // in the inbox; in the samples where it is missing
	verdict string
}

// compareInbox compares a folder with what arrived, byte by byte. It returns the folder's files in
// their order, then whatever else the inbox holds.
func compareInbox(folder string, server *blobserver.Server) ([]compared, error) {
	delivered := map[string]int64{}
	for _, b := range server.Blobs(practiceContainer) {
		delivered[b.Name] = b.Size
	}
	var results []compared
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(filepath.Dir(folder), path)
		if err != nil {
			return err
		}
		name, err := scan.PlanName("", filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		r := compared{blob: name.Blob, verdict: verdictMissing}
		if size, ok := delivered[name.Blob]; ok {
			delete(delivered, name.Blob)
			r.size, r.verdict = size, verdictDiffers
			same, err := sameBytes(path, server, name.Blob)
			if err != nil {
				return err
			}
			if same {
				r.verdict = verdictSame
			}
		} else if fi, err := d.Info(); err == nil {
			r.size = fi.Size()
		}
		results = append(results, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	for _, b := range server.Blobs(practiceContainer) {
		if size, ok := delivered[b.Name]; ok {
			results = append(results, compared{b.Name, size, verdictExtra})
		}
	}
	return results, nil
}

// sameBytes reports whether a file and a delivered blob have the same content.
func sameBytes(path string, server *blobserver.Server, blob string) (same bool, err error) {
	ours, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, ours.Close()) }()
	theirs, err := server.Open(practiceContainer, blob)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, theirs.Close()) }()
	return sameContent(ours, theirs)
}

// sameContent reads both to their ends, or to the first difference.
func sameContent(a, b io.Reader) (bool, error) {
	x, y := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, errX := io.ReadFull(a, x)
		m, errY := io.ReadFull(b, y)
		for _, err := range []error{errX, errY} {
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return false, err
			}
		}
		if n != m || string(x[:n]) != string(y[:m]) {
			return false, nil
		}
		if n < len(x) { // both have ended
			return true, nil
		}
	}
}
