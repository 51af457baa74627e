package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/inboxes"
)

// keyVariable is the environment variable that may hold an account's key or connection string.
const keyVariable = "UPLOADER_WORKSPACE_KEY"

// maxKey is how much of a key's file is read, in bytes. A connection string has a few hundred.
const maxKey = 16 << 10

// keyFileFlag adds --key-file, which every command that needs an account's key has.
func keyFileFlag(c *cobra.Command, keyFile *string) {
	c.Flags().StringVar(keyFile, "key-file", "", "read the account's key or connection string "+
		"from this `FILE`; - is standard input (default: "+keyVariable+", else the keyring)")
}

// givenKey returns the key as this command line gives it: from the file, the environment, or a
// terminal; "" if none does.
func (a ownAccount) givenKey(ctx context.Context, keyFile string) (string, error) {
	switch variable := a.env(keyVariable); {
	case keyFile == "-":
		given, err := a.fromArgument(ctx, "-")
		if err != nil && ctx.Err() == nil {
			return "", &usageError{"The key can't be read from standard input. Save it in a file " +
				"and name it with --key-file."}
		}
		return given.text, err
	case keyFile != "":
		return readKeyFile(ctx, keyFile)
	case variable != "":
		return variable, nil
	}
	return a.askKey(ctx)
}

// storedKey returns the key of a connection: as it is given, else from the keyring, else from a
// terminal.
func (a ownAccount) storedKey(
	ctx context.Context, conn connection, keyFile string,
) (string, error) {
	if keyFile == "" && a.env(keyVariable) == "" && conn.KeyRef != "" {
		text, err := a.vault().Secret(ctx, conn.KeyRef)
		if err == nil {
			return text, nil
		}
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
	}
	text, err := a.givenKey(ctx, keyFile)
	if err != nil || text != "" {
		return text, err
	}
	where := "is not saved on this computer"
	if conn.KeyRef != "" {
		where = "can't be read from this computer's keyring, which is locked or missing"
	}
	return "", &usageError{"The storage account's key " + where + ". Nothing was changed. Give " +
		"it with --key-file FILE, on standard input with --key-file -, or in " + keyVariable + "."}
}

// keepKey puts the key into the keyring and notes its reference; it returns the sentence about
// where the key is. It is kept in the keyring or not at all.
func (a ownAccount) keepKey(
	ctx context.Context, conn *connection, key string, noKeyring bool,
) (string, error) {
	const each = "Give it to each command with --key-file, or in " + keyVariable + "."
	if noKeyring {
		return "The key was not saved. " + each, nil
	}
	ref := inboxes.NewRef()
	err := a.vault().Put(ctx, ref, key)
	switch {
	case err == nil:
		conn.KeyRef = ref
		return "The key is saved in this computer's keyring, and nowhere else.", nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	}
	return "The key was not saved, because this computer has no keyring for it. " + each, nil
}

// readKeyFile returns a file's content.
func readKeyFile(ctx context.Context, path string) (string, error) {
	text, err := readText(ctx, func() (io.ReadCloser, error) { return os.Open(path) }, maxKey)
	if err == nil || ctx.Err() != nil {
		return text, err
	}
	return "", &usageError{
		"The key file “" + show.Text(path) + "”: " + whyUnread(err) + ". Nothing was sent.",
	}
}

// askKey asks for the key on a terminal, without showing it; "" where there is none. It returns
// early when the context is cancelled.
func (a ownAccount) askKey(ctx context.Context) (string, error) {
	f, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", nil
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", &usageError{"The key can't be entered in this terminal. Name a file with " +
			"--key-file."}
	}
	a.write("Account key or connection string (not shown): ")
	text, err := unlessCancelled(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	if ctx.Err() != nil {
		_ = term.Restore(fd, before) // what is typed is shown again
	}
	a.write("\n")
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", &usageError{"The key can't be read from this terminal. Name a file with " +
			"--key-file."}
	}
	return string(text), nil
}
