package main

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/crash"
	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// inboxServe is one run of "inbox serve".
type inboxServe struct {
	dir, addr, rights, container, tokenFile, faultsFile string
	lifetime                                            time.Duration
	tls, json                                           bool
}

// inboxServeCommand runs a local inbox. It ends when the command's context does.
func inboxServeCommand(p *program) *cobra.Command {
	var o inboxServe
	cmd := &cobra.Command{
		Use:   "serve --dir DIR",
		Short: "Run a local inbox in a folder and print an upload token for it",
		Long: `Run a local inbox in a folder and print an upload token for it.

Delivered files are ordinary files in DIR/CONTAINER. Any program that uploads with an upload token
can deliver to it. It runs until you stop it. Started again in the same folder it still has its
files, and earlier tokens work until they expire if --addr is the same; half-sent files start
again. Only one inbox at a time can run in a folder.

It is for practice and tests: only this machine can reach it, and if the machine crashes, the files
delivered last may be lost.

--faults injects the faults listed in FILE, one per line, such as
    refuse ServerBusy  chance=5%  retry-after=1s
    reset at=answer    op=PutBlob,PutBlock  name=*.csv  count=3
    stall              for=2m  from=10
docs/FAULTS.md in the source explains all faults and settings.

Exit codes:
    0    it ran until you stopped it
    1    it failed
    2    wrong usage, or it can't run there`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), p.stdout, p.stderr)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", "", "folder `DIR` for the delivered files (required)")
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "`ADDRESS` to listen on; port 0 picks a free one")
	f.BoolVar(&o.tls, "tls", false, "serve https; clients must trust DIR/.blobserver/ca.pem")
	f.DurationVar(&o.lifetime, "lifetime", 24*time.Hour, "`TIME` the token is valid for, 1m to "+
		"720h")
	f.StringVar(&o.rights, "rights", "cw", "rights of the token, as `LETTERS` of racwdl")
	f.StringVar(&o.container, "container", "practice-1", "the inbox's `CONTAINER`, named "+
		"WORKSPACE-NUMBER like a token's own")
	f.StringVar(&o.tokenFile, "print-token", "", "also write the token's link to this `FILE`, "+
		"which only you can read")
	f.BoolVar(&o.json, "json", false, "print the token as one JSON object")
	f.StringVar(&o.faultsFile, "faults", "", "inject the faults listed in `FILE`")
	return cmd
}

// check refuses flags that can't work, before creating anything.
func (o *inboxServe) check() error {
	host, port, err := net.SplitHostPort(o.addr)
	if err != nil {
		return &usageError{"--addr needs HOST:PORT, such as 127.0.0.1:0."}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return usagef("--addr can't be “%s”: the port must be 0 to 65535, and 0 picks a free "+
			"one.",
			show.Text(o.addr))
	}
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case o.dir == "":
		return &usageError{"--dir is missing: the folder for the delivered files."}
	case !local:
		return &usageError{"--addr " + show.Text(o.addr) + " is reachable from other machines. " +
			"A local inbox is for this computer only: use 127.0.0.1, or omit --addr."}
	case o.lifetime < time.Minute || o.lifetime > 30*24*time.Hour:
		return &usageError{"--lifetime can be 1m to 720h (30 days)."}
	case o.rights == "" || strings.Trim(o.rights, "racwdl") != "":
		return &usageError{"--rights takes letters of racwdl: read, add, create, write, delete, " +
			"list."}
	}
	return nil
}

// run serves until ctx ends. It prints the token once the inbox answers.
func (o *inboxServe) run(ctx context.Context, out, errs io.Writer) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	if err := checkTokenFile(o.tokenFile); err != nil {
		return err
	}
	faults, err := o.faults()
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.addr)
	if err != nil {
		return &usageError{
			"The local inbox can't listen on “" + show.Text(o.addr) + "”: another program does, " +
				"or this computer does not have that address. Nothing was started. Choose " +
				"another one with --addr, or omit it.",
		}
	}
	defer func() { _ = l.Close() }() // closed already where it was served
	token, err := o.issue(ctx, l.Addr().String())
	if err != nil {
		return err
	}
	s, err := blobserver.New(blobserver.Config{
		Dir: o.dir, Faults: faults,
		Log: slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return folderUnusable(o.dir, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	host, caFile := l.Addr().String(), ""
	if o.tls {
		name, _, _ := net.SplitHostPort(o.addr)
		var cfg *tls.Config
		if cfg, caFile, err = s.TLS(name); err != nil {
			return folderUnusable(o.dir, err)
		}
		l = tls.NewListener(l, cfg)
	}
	if err := o.announce(out, host, caFile, token); err != nil {
		return err
	}
	return s.Serve(ctx, l)
}

// folderUnusable says why a local inbox can't use a folder.
func folderUnusable(dir string, err error) error {
	if errors.Is(err, blobserver.ErrInUse) {
		return &usageError{
			"Another local inbox already runs in the folder “" + show.Text(dir) + "”. Nothing " +
				"was started. Stop that one first, or choose another folder with --dir.",
		}
	}
	return &usageError{"The folder “" + show.Text(dir) + "” can't be used for a local inbox: it " +
		"can't be created or written to, its disk is full, or it holds something else. Nothing " +
		"was sent. Choose another one with --dir."}
}

// faults reads the fault script, if there is one.
func (o *inboxServe) faults() (*blobserver.Faults, error) {
	if o.faultsFile == "" {
		return nil, nil
	}
	f, err := os.Open(o.faultsFile)
	if err != nil {
		return nil, &usageError{
			"--faults: the script “" + show.Text(o.faultsFile) + "” can't be read. Nothing was " +
				"started.",
		}
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<20)) // more than a script's limit
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, &usageError{
			"--faults: the script “" + show.Text(o.faultsFile) + "” can't be read. Nothing was " +
				"started.",
		}
	}
	script, err := blobserver.ParseFaults(string(text))
	if err != nil {
		return nil, &usageError{
			"--faults " + show.Text(o.faultsFile) + ": " + err.Error() + " Nothing was started.",
		}
	}
	return script, nil
}

// issue creates the container's token as the owner of a storage account does. If the folder has one
// from an earlier run, it issues another, and the earlier one keeps working. The container's name
// says which token: WORKSPACE-NUMBER. issue runs before the inbox answers others, on a listener of
// its own, so that injected faults and counts begin with the first real client.
func (o *inboxServe) issue(ctx context.Context, host string) (token token.Token, err error) {
	id, tid, ok := splitContainer(o.container)
	if !ok {
		return token, &usageError{"--container " + show.Text(o.container) + " is not a valid " +
			"container name. It consists of a workspace's name in lower-case letters, digits " +
			"and single hyphens, a hyphen, and a number, such as practice-1."}
	}
	scheme := "http"
	if o.tls {
		scheme = "https"
	}
	from := time.Now().Truncate(time.Second)
	r := workspace.Request{
		Reason: "Local inbox", From: from, To: from.Add(o.lifetime), Rights: o.rights,
		By: whoami(), TID: tid,
	}
	if err := r.Check(from); err != nil {
		return token, err
	}
	err = withLocalInbox(
		ctx,
		blobserver.Config{Dir: o.dir},
		func(s *blobserver.Server, address string) error {
			account, err := workspace.ParseAccount(base64.StdEncoding.EncodeToString(s.Key()),
				address, host)
			if err != nil {
				return err
			}
			w, err := workspace.Open(account, id,
				workspace.Options{LinkAddress: scheme + "://" + host + "/" + s.Account()})
			if err != nil {
				return err
			}
			defer func() { _ = w.Close() }() // idle connections
			token, _, err = w.Issue(ctx, r)
			if e, ok := errors.AsType[*workspace.Error](err); ok &&
				e.Reason == workspace.NameTaken {
				token, _, err = w.Again(ctx, tid, r)
			}
			return err
		},
	)
	return token, err
}

// splitContainer splits a token's container into the workspace's name and the token's number.
func splitContainer(name string) (id string, tid int, ok bool) {
	i := strings.LastIndexByte(name, '-')
	if i < 1 {
		return "", 0, false
	}
	tid, err := strconv.Atoi(name[i+1:])
	return name[:i], tid, err == nil && tid > 0 && strconv.Itoa(tid) == name[i+1:] &&
		workspace.CheckName(name[:i]) == nil
}

// withLocalInbox runs a local inbox on loopback while do runs, and passes do the address of its
// account.
func withLocalInbox(
	ctx context.Context, cfg blobserver.Config, do func(s *blobserver.Server, address string) error,
) (err error) {
	s, err := blobserver.New(cfg)
	if err != nil {
		return folderUnusable(cfg.Dir, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { defer crash.Catch(); served <- s.Serve(serving, l) }()
	defer func() {
		stop()
		err = errors.Join(err, <-served)
	}()
	return do(s, "http://"+l.Addr().String()+"/"+s.Account())
}

// announce prints the inbox's address and token, and writes the token's file.
func (o *inboxServe) announce(out io.Writer, host, caFile string, t token.Token) error {
	if o.tokenFile != "" {
		if err := writePrivate(o.tokenFile, t.Link()+"\n"); err != nil {
			return tokenUnwritable(o.tokenFile)
		}
	}
	var b strings.Builder
	if o.json {
		fields := secretFields(t)
		if caFile != "" {
			fields = append(fields, [2]string{"ca_file", caFile})
		}
		text, err := fieldsJSON(fields)
		if err != nil {
			return err
		}
		b.WriteString(text)
	} else {
		fmt.Fprintf(&b, "Local inbox on %s, files go to %s\n", host, o.dir)
		if caFile != "" {
			fmt.Fprintf(&b, "Certificate to trust: %s\n", caFile)
		}
		b.WriteString("Upload token, shown once:\n\n")
		for _, f := range secretFields(t) {
			fmt.Fprintf(&b, "%s: %s\n", f[0], f[1])
		}
		fmt.Fprintf(&b, "\nThe same as a link:\n\n%s\n\nStop with Ctrl-C.\n", t.Link())
	}
	// One write: a reader sees all of it or nothing.
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("print token: %w", err)
	}
	return nil
}
