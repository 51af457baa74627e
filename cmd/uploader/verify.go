package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/proof"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// verifyRun is one run of verify.
type verifyRun struct {
	*program
	exclude           []string
	noDefaultExcludes bool
	asJSON            bool
}

// verifyCommand compares local files with what was delivered.
func verifyCommand(p *program) *cobra.Command {
	r := &verifyRun{program: p}
	c := &cobra.Command{
		Use:   "verify RECEIPT|MANIFEST [FOLDER]",
		Short: "Check whether local files are still what was delivered",
		Long: `Compare local files with a receipt in CSV or JSON, or with a list of checksums such as SHA256SUMS.
Nothing is sent or changed, and no network is needed. Each difference is one line: changed,
missing, additional, or not compared and why.

FOLDER contains what you gave to "uploader copy" or, for a list, what its names are relative to.
With FOLDER, additional files are reported too, except those that copy skips by default and those
of --exclude. Without it, the folder of the receipt or list is used; files that are not there are
looked for where this computer's upload list says they were sent from.

A receipt's size and CRC-64 are compared, and its SHA-256 or MD5 if it has one. CRC-64 finds every
accident, but someone who changes a file on purpose can keep it. If a file was delivered twice, the
later delivery counts. Links are followed within FOLDER.

With --json one object is printed: kind (receipt, list), files, differences (state, name, inbox,
bytes, bytes_now, message), same, changed, missing, additional, not_compared, earlier_deliveries,
bytes_read. If a name is not UTF-8, name_base64 has its bytes.

Exit codes:
    0    everything is the same
    1    something is not, or could not be compared
    2    wrong usage, or the receipt or list can't be read
    130  interrupted`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return &usageError{"Name a receipt or a list of checksums, and at most one " +
					"folder, as in: uploader verify receipt.json myFolder"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	s := c.Flags()
	s.StringArrayVar(&r.exclude, "exclude", nil, "with FOLDER: don't report additional files "+
		"that match this `PATTERN`: * is any name, ** any folders (repeatable, or several "+
		"separated by ;)")
	s.BoolVar(&r.noDefaultExcludes, "no-default-excludes", false, "with FOLDER: also report "+
		"additional system and program files such as .DS_Store")
	s.BoolVar(&r.asJSON, "json", false, "print one JSON object; all else goes to stderr")
	return c
}

// run carries out the command.
func (r *verifyRun) run(ctx context.Context, args []string) error {
	folder := ""
	if len(args) == 2 {
		if info, err := os.Stat(args[1]); err != nil || !info.IsDir() {
			return usagef("“%s” is not a folder, or can't be accessed. Nothing was compared. "+
				"Name the folder that has the files.", show.Text(args[1]))
		}
		abs, err := absolutePath(args[1])
		if err != nil {
			return err
		}
		folder = abs
	}
	d, err := proof.Open(ctx, args[0])
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return unopened(args[0], err)
	}
	if d.Files() == 0 {
		r.say("“" + show.Text(args[0]) + "” names no files, so there is nothing to compare.")
		return exit(exitNotDelivered)
	}
	where := proof.In(d.Folder())
	switch {
	case folder != "":
		where = proof.In(folder)
	case d.IsReceipt():
		if where, err = r.sentFrom(ctx, d.Folder()); err != nil {
			return err
		}
	}
	out := &verified{out: bufio.NewWriter(r.stdout), asJSON: r.asJSON, receipt: d.IsReceipt()}
	totals, err := proof.Verify(ctx, d, where, out.add)
	if err == nil && folder != "" {
		o := scan.Options{
			Exclude: splitLists(r.exclude), NoDefaultExcludes: r.noDefaultExcludes,
		}
		err = proof.FindAdditional(ctx, d, folder, o, &totals, out.add)
	}
	if wrongUsage(err) {
		return &usageError{explain(err).String()}
	}
	if err == nil {
		err = out.end(d, &totals)
	}
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	for _, line := range verifiedWords(d, &totals, folder == "") {
		r.say(line)
	}
	if totals.Differ() {
		return exit(exitNotDelivered)
	}
	return nil
}

// unopened returns the words for what can't be compared with.
func unopened(name string, err error) error {
	words := "can't be read. Nothing was compared. Check its name, and that you may read it."
	switch {
	case errors.Is(err, fs.ErrNotExist):
		words = "does not exist. Nothing was compared. Check the spelling."
	case errors.Is(err, proof.ErrPage):
		words = "is a receipt's page for printing, which can't be compared. Nothing was " +
			"compared. Name the receipt in CSV or JSON; “uploader receipt” writes it again."
	case errors.Is(err, proof.ErrDamaged):
		words = "is incomplete: it was cut off or changed since it was written. Nothing was " +
			"compared. Use another copy; “uploader receipt” writes a receipt again."
	case errors.Is(err, proof.ErrNeither):
		words = "is neither a receipt in CSV or JSON nor a list of checksums such as SHA256SUMS. " +
			"Nothing was compared."
	}
	return usagef("“%s” %s", show.Text(name), words)
}

// sentFrom returns where the files of a receipt are: in its own folder, or where this computer sent
// them from.
func (r *verifyRun) sentFrom(ctx context.Context, own string) (proof.Place, error) {
	var known []sentRoot
	if dir, err := r.stateDir(); err == nil && journal.Exists(dir) {
		err := r.withQueue(ctx, func(q *uploader.Queue) error {
			for _, t := range q.Status().Transfers {
				for _, root := range t.Roots {
					known = append(known, sentRoot{t.Options.Scan.Inbox.String(), root})
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return func(c proof.Claim) (folder, name string, ok bool) {
		top, _, _ := strings.Cut(c.Name, "/")
		local := filepath.IsLocal(filepath.FromSlash(c.Name))
		if local && exists(filepath.Join(own, filepath.FromSlash(top))) {
			return own, c.Name, true
		}
		for i := len(known) - 1; i >= 0; i-- { // the last one first
			if folder, name, ok := known[i].place(&c, top); ok {
				return folder, name, true
			}
		}
		return own, c.Name, local
	}, nil
}

// sentRoot is a path, or a pattern, that was sent to an inbox.
type sentRoot struct{ inbox, path string }

// place returns where a receipt's file lies, if it came from this root.
func (r *sentRoot) place(c *proof.Claim, top string) (folder, name string, ok bool) {
	if c.Inbox != "" && c.Inbox != r.inbox {
		return "", "", false
	}
	folder = filepath.Dir(r.path)
	if filepath.Base(r.path) == filepath.FromSlash(top) {
		return folder, c.Name, true
	}
	if !strings.ContainsAny(r.path, scan.Wildcards) {
		return "", "", false
	}
	path := filepath.FromSlash(c.Name)
	if filepath.IsAbs(path) { // what a pattern found in several folders
		base, _ := scan.SplitPattern(r.path)
		rel, err := filepath.Rel(base, path)
		return base, filepath.ToSlash(rel), err == nil && source.IsBelow(path, base)
	}
	return folder, c.Name, exists(filepath.Join(folder, path))
}

// difference is a file as --json shows it.
type difference struct {
	State      proof.State `json:"state"`
	Name       string      `json:"name"`
	NameBase64 string      `json:"name_base64,omitempty"`
	Inbox      string      `json:"inbox,omitempty"`
	Bytes      *int64      `json:"bytes"` // null where that is not said
	Now        *int64      `json:"bytes_now"`
	Message    string      `json:"message,omitempty"`
}

// flushed is how many differences are written immediately, for a person who watches. Nobody watches
// more.
const flushed = 1000

// verified writes differences as they come, so that a million take no memory.
type verified struct {
	out     *bufio.Writer
	asJSON  bool
	receipt bool
	lines   int64
}

// add writes a file that is not the same.
func (v *verified) add(r proof.Result) error {
	if r.State == proof.Same {
		return nil
	}
	v.lines++
	if !v.asJSON {
		_, err := fmt.Fprintf(v.out, "%-12s  %s%s\n", strings.ReplaceAll(string(r.State), "-", " "),
			show.Text(r.Name), differenceWords(&r))
		if v.lines <= flushed {
			err = errors.Join(err, v.out.Flush())
		}
		return err
	}
	d := difference{State: r.State, Name: r.Name, Inbox: r.Inbox}
	if !utf8.ValidString(r.Name) {
		d.NameBase64 = base64.StdEncoding.EncodeToString([]byte(r.Name))
	}
	if r.State != proof.Additional && r.Bytes >= 0 {
		d.Bytes = &r.Bytes
	}
	if r.State == proof.Additional || r.State == proof.Changed {
		d.Now = &r.Size
	}
	if r.Err != nil {
		d.Message = uncomparedWords(r.Err)
	}
	text, err := encodeJSON(d, "")
	if err != nil {
		return err
	}
	separator := ",\n"
	if v.lines == 1 {
		separator = v.head()
	}
	_, err = v.out.WriteString(separator + strings.TrimSuffix(text, "\n"))
	return err
}

// head is what the object begins with.
func (v *verified) head() string {
	kind := "list"
	if v.receipt {
		kind = "receipt"
	}
	return "{\n\"kind\": \"" + kind + "\",\n\"differences\": [\n"
}

// end writes what stands behind the files.
func (v *verified) end(d *proof.Document, t *proof.Totals) error {
	if v.asJSON {
		begin := ""
		if v.lines == 0 {
			begin = v.head()
		}
		_, err := fmt.Fprintf(v.out, "%s\n],\n\"files\": %d,\n\"same\": %d,\n\"changed\": %d,\n"+
			"\"missing\": %d,\n\"additional\": %d,\n\"not_compared\": %d,\n"+
			"\"earlier_deliveries\": %d,\n\"bytes_read\": %d\n}\n",
			begin, d.Files(), t.Same, t.Changed, t.Missing, t.Additional, t.NotCompared, t.Older, t.Bytes)
		if err != nil {
			return err
		}
	}
	return v.out.Flush()
}

// differenceWords says what is different, behind the name.
func differenceWords(r *proof.Result) string {
	switch r.State {
	case proof.Changed:
		if r.Bytes >= 0 && r.Bytes != r.Size {
			return fmt.Sprintf("  (%s bytes, was %s)", humanize.Comma(r.Size), humanize.Comma(r.Bytes))
		}
		if r.Bytes >= 0 {
			return "  (other content of the same size)"
		}
		return "  (other content)"
	case proof.Missing:
		if r.Piped {
			return "  (it may have come from a program and never have been a file)"
		}
		return ""
	case proof.Additional:
		return fmt.Sprintf("  (%s bytes)", humanize.Comma(r.Size))
	case proof.NotCompared, proof.Same:
		return ": " + uncomparedWords(r.Err)
	}
	return ""
}

// uncomparedWords says why a file was not compared.
func uncomparedWords(err error) string {
	switch {
	case errors.Is(err, proof.ErrOutside):
		return "Its name, or a link on its path, leads out of the folder and was not followed."
	case errors.Is(err, proof.ErrNowhere):
		return "Its folder is not known on this computer."
	}
	return unreadWords(err)
}

// verifiedWords sums up, in lines.
func verifiedWords(d *proof.Document, t *proof.Totals, unnamed bool) (lines []string) {
	says := "the list says"
	if d.IsReceipt() {
		says = "was delivered"
	}
	if t.Differ() {
		var counts []string
		for _, c := range []struct {
			word string
			n    int64
		}{
			{"Same", t.Same},
			{"Changed", t.Changed},
			{"Missing", t.Missing},
			{"Additional", t.Additional},
			{"Not compared", t.NotCompared},
		} {
			if c.n > 0 || c.word == "Same" {
				counts = append(counts, c.word+": "+fileCount(c.n)+".")
			}
		}
		lines = append(lines, strings.Join(counts, " "))
	} else {
		words := "All " + fileCount(t.Same) + " (" + humanize.Bytes(unsigned(t.Bytes)) + ") are"
		if t.Same == 1 {
			words = "The file (" + humanize.Bytes(unsigned(t.Bytes)) + ") is"
		}
		lines = append(lines, words+" what "+says+".")
	}
	if t.Older > 0 {
		lines = append(lines, "Earlier deliveries of the same files, not compared: "+
			humanize.Comma(t.Older)+".")
	}
	if unnamed && t.Same+t.Changed == 0 && t.Missing > 0 {
		lines = append(lines, "None of the files is in "+show.Text(d.Folder())+", or known to "+
			"have been sent from elsewhere. If they are in another folder, name it after the "+
			"receipt.")
	}
	return lines
}
