package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"inboxuploader/internal/desktop"
	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/problem"
)

// purgeRun is one run of purge.
type purgeRun struct {
	*program
	yes, force bool
}

// purgeCommand removes everything that the program keeps on this computer.
func purgeCommand(p *program) *cobra.Command {
	r := purgeRun{program: p}
	c := &cobra.Command{
		Use: "purge",
		Short: "Remove everything the program keeps on this computer, for example before " +
			"uninstalling",
		Long: `Remove everything the program keeps on this computer: the upload list with what was delivered,
settings, logs, saved inboxes, the tokens and the account's key in the keyring, and the start at
login. It lists that and asks first; in a script, confirm with --yes. While the window is open or a
command is sending, it removes nothing.

Files in an inbox and receipts you saved stay. A removed token stays valid until it expires: only
the workspace can revoke it. To forget only the uploads: uploader queue forget

Exit codes:
    0    removed, or there was nothing
    1    not confirmed, in use, or something could not be removed
    2    wrong usage`,
		Args:        noArguments,
		Annotations: map[string]string{withoutPolicy: "it sends nothing"},
		RunE:        func(c *cobra.Command, _ []string) error { return r.run(c.Context()) },
	}
	yesFlag(c, &r.yes)
	c.Flags().BoolVar(&r.force, "force", false, "continue even if the keyring won't release its "+
		"entries or the list can't be read")
	return c
}

// belongings is what the program keeps on this computer.
type belongings struct {
	dir     string
	names   []string // of files in it, besides the list of uploads
	waiting int64    // files that are given up
	inboxes int      // that have a name
	refs    []string // of secrets in the keyring
	account bool
	login   bool
}

// run carries out the command.
func (r *purgeRun) run(ctx context.Context) error {
	b, err := r.find(ctx)
	if err != nil {
		return err
	}
	login := desktop.Login{}
	b.login, _ = login.On() // unknown counts as off
	if len(b.names) == 0 && len(b.refs) == 0 && !journal.Exists(b.dir) && !b.login {
		r.say("The program keeps nothing on this computer.")
		return nil
	}
	if !r.yes && !r.isTyped() {
		return &usageError{b.words() + " Nothing was removed. To confirm, add --yes."}
	}
	if err := r.confirmed(ctx, r.yes, b.words()+" Remove all of it?"); err != nil {
		return err
	}
	if err := r.remove(ctx, b); err != nil {
		return err
	}
	if b.login {
		if err := login.Set(false); err != nil {
			r.say("The program still starts when you log in. Change that in the system's " +
				"settings.")
			return exit(exitNotDelivered)
		}
	}
	r.say("Removed. Files in an inbox and receipts you saved stay. Tokens stay valid until they " +
		"expire; only the workspace can revoke one.")
	return nil
}

// words describes the belongings in sentences.
func (b *belongings) words() string {
	kept := []string{"the list of uploads, settings and logs in “" + show.Text(b.dir) + "”"}
	if b.inboxes > 0 {
		kept = append(kept, plural(b.inboxes, "inbox name", "inbox names"))
	}
	if len(b.refs) > 0 {
		kept = append(kept, plural(len(b.refs), "keyring entry", "keyring entries"))
	}
	if b.account {
		kept = append(kept, "the connected storage account")
	}
	if b.login {
		kept = append(kept, "the start at login")
	}
	words := "The program keeps " + strings.Join(kept, ", ") + "."
	if b.waiting > 0 {
		words += fmt.Sprintf(" Not sent yet, and cancelled by this: %s.", fileCount(b.waiting))
	}
	return words
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// find returns the belongings.
func (r *purgeRun) find(ctx context.Context) (*belongings, error) {
	dir, err := r.stateDir()
	if err != nil {
		return nil, err
	}
	b := &belongings{dir: dir}
	if b.names, err = ownFiles(dir); err != nil {
		return nil, err
	}
	if conn, err := r.account().read(); err == nil {
		if b.account = true; conn.KeyRef != "" {
			b.refs = append(b.refs, conn.KeyRef)
		}
	}
	if !journal.Exists(dir) {
		return b, nil
	}
	err = r.withQueue(ctx, func(q *uploader.Queue) error {
		for _, w := range new(q.Status()).Backlogs() {
			b.waiting += w.Files
		}
		return nil
	})
	var records []inboxes.Record
	if err == nil {
		records, err = inboxRecords{r.program}.Inboxes(ctx)
	}
	if err != nil && (!r.force || ctx.Err() != nil) {
		return nil, err
	}
	b.inboxes = len(records)
	for _, record := range records {
		if record.Ref != "" {
			b.refs = append(b.refs, record.Ref)
		}
	}
	return b, nil
}

// remove removes the belongings. It begins with the keyring's entries, of which nothing would know
// later.
func (r *purgeRun) remove(ctx context.Context, b *belongings) error {
	inUse := &usageError{"The program is running: its window is open, or a command is sending. " +
		"Nothing was removed. Quit it, for example with “uploader window --quit”, then run this " +
		"command again."}
	if _, err := os.Stat(b.dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	window, first, err := desktop.Claim(b.dir, func([]string) {}, func() {})
	if err != nil {
		return err
	}
	if !first {
		return errors.Join(exit(exitNotDelivered), inUse)
	}
	err = journal.Remove(b.dir, func() error { return r.removeSecrets(ctx, b.refs) })
	err = errors.Join(err, window.Close())
	if errors.Is(err, journal.ErrInUse) {
		return errors.Join(exit(exitNotDelivered), inUse)
	}
	if err == nil {
		// The lock and the socket of the window are among them.
		b.names, err = ownFiles(b.dir)
	}
	for _, name := range b.names {
		err = errors.Join(err, os.RemoveAll(filepath.Join(b.dir, name)))
	}
	var code exit
	if err != nil && !errors.As(err, &code) && ctx.Err() == nil {
		r.say("Something in “" + show.Text(b.dir) + "” could not be removed. Delete this folder " +
			"yourself; nothing in it is needed any more.")
		return exit(exitNotDelivered)
	}
	if err == nil {
		_ = os.Remove(b.dir) // unless it has other uses
	}
	return err
}

// removeSecrets removes entries of the keyring. If that fails, nothing else is removed unless the
// person wants it.
func (r *purgeRun) removeSecrets(ctx context.Context, refs []string) error {
	for _, ref := range refs {
		err := r.vault().Delete(ctx, ref)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !r.force:
			r.say(explain(err).What + " So nothing was removed. Try again when it answers, or " +
				"remove everything else with --force.")
			return exit(exitNotDelivered)
		default:
			r.say(explain(err).What + " Entries of “Inbox uploader” may still be there.")
			return nil
		}
	}
	return nil
}

// ownNames are the files of the program in its state folder, besides the list of uploads.
var ownNames = []string{
	logName, logName + ".1", "settings.json", "settings.json.damaged", connectionName,
	"window.lock", "window.sock", documentsName,
}

// ownFiles returns the names of those that exist. It names nothing else, since the folder may have
// other uses.
func ownFiles(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		e := problem.New("read state folder", dir, problem.JournalUnwritable)
		e.Cause = err.Error()
		return nil, e
	}
	for _, entry := range entries {
		if isList(entry.Name()) || slices.Contains(ownNames, entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}
