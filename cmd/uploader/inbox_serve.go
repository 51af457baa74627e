package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"inboxuploader/internal/blobserver"
)

// inboxServe is what "inbox serve" was asked for.
type inboxServe struct {
	dir, addr, rights, container, tokenFile, faultsFile string
	lifetime                                            time.Duration
	tls, remote, json, noSync                           bool
}

// inboxServeCommand runs a local inbox. It writes to the command's own output and ends when the command's context does.
func inboxServeCommand() *cobra.Command {
	var o inboxServe
	cmd := &cobra.Command{
		Use:   "serve --dir DIR",
		Short: "Run a local inbox over a folder and print an upload token for it",
		Long: `Run a local inbox over a folder and print an upload token for it.

What is delivered stands in DIR/CONTAINER as ordinary files. Any program that uploads with an upload
token can deliver to it. It runs until it is interrupted; started again over the same folder it goes on
where it was. Only this machine can reach it unless --allow-remote is given.

With --faults it answers as a bad day would have it. FILE has one fault a line, such as
    refuse ServerBusy  chance=5%  retry-after=1s
    reset at=answer    op=PutBlob,PutBlock  name=*.csv  count=3
    stall              for=2m  from=10
docs/FAULTS.md in the source explains all faults and settings.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", "", "folder for what is delivered (required)")
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	f.BoolVar(&o.tls, "tls", false, "serve https; clients must trust DIR/.blobserver/ca.pem")
	f.DurationVar(&o.lifetime, "lifetime", 24*time.Hour, "how long the token is good for, 1m to 720h")
	f.StringVar(&o.rights, "rights", "cw", "what the token permits: letters of racwdl")
	f.StringVar(&o.container, "container", "practice-1", "the inbox's container, named WORKSPACE-NUMBER like a token's own")
	f.StringVar(&o.tokenFile, "print-token", "", "write the token's link to this file too, readable by you only")
	f.BoolVar(&o.remote, "allow-remote", false, "let other machines reach it; needs --tls")
	f.BoolVar(&o.json, "json", false, "print the token as one JSON object")
	f.StringVar(&o.faultsFile, "faults", "", "let things go wrong as the script in this `FILE` says")
	f.BoolVar(&o.noSync, "no-sync", false, "faster: what was acknowledged survives this program's crash, but not the machine's")
	return cmd
}

// check refuses what can't be served, before anything is made.
func (o *inboxServe) check() error {
	host, _, err := net.SplitHostPort(o.addr)
	if err != nil {
		return &usageError{"--addr needs HOST:PORT, such as 127.0.0.1:0."}
	}
	ip := net.ParseIP(host)
	local := host == "localhost" || ip != nil && ip.IsLoopback()
	switch {
	case o.dir == "":
		return &usageError{"--dir is missing. Say which folder the files go to."}
	case !local && !o.remote:
		return &usageError{"--addr " + o.addr + " can be reached by other machines. Add --allow-remote and --tls if that is meant."}
	case !local && !o.tls:
		return &usageError{"--allow-remote needs --tls: over plain http the token could be read on the way."}
	case o.lifetime < time.Minute || o.lifetime > 30*24*time.Hour:
		return &usageError{"--lifetime can be 1m to 720h (30 days)."}
	case o.rights == "" || strings.Trim(o.rights, "racwdl") != "":
		return &usageError{"--rights takes letters of racwdl: read, add, create, write, delete, list."}
	}
	return nil
}

// run serves until ctx ends. The token is printed once the inbox answers.
func (o *inboxServe) run(ctx context.Context, out, errs io.Writer) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	faults, err := o.faults()
	if err != nil {
		return err
	}
	s, err := blobserver.New(blobserver.Config{
		Dir: o.dir, Sync: !o.noSync, AllowNonLoopback: o.remote, Faults: faults,
		Log: slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.CreateContainer(o.container); err != nil && !errors.Is(err, blobserver.ErrContainerExists) {
		return &usageError{"--container " + o.container + " is no name for a container: 3 to 63 small letters, digits and single hyphens."}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.addr)
	if err != nil {
		return fmt.Errorf("inbox: %w", err)
	}
	base := url.URL{Scheme: "http", Host: l.Addr().String()}
	caFile := ""
	if o.tls {
		host, _, _ := net.SplitHostPort(o.addr)
		var cfg *tls.Config
		if cfg, caFile, err = s.TLS(host); err != nil {
			return errors.Join(fmt.Errorf("inbox: %w", err), l.Close())
		}
		base.Scheme = "https"
		l = tls.NewListener(l, cfg)
	}
	t := inboxToken{from: time.Now().UTC().Truncate(time.Second), account: s.Account(), container: o.container}
	t.to = t.from.Add(o.lifetime)
	if t.link, err = s.Token(blobserver.TokenRequest{
		Base: base.String(), Container: o.container, Rights: o.rights, From: t.from, To: t.to, HTTPSOnly: o.tls,
	}); err == nil {
		err = o.announce(out, base.Host, caFile, t)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("inbox: %w", err), l.Close())
	}
	return s.Serve(ctx, l)
}

// faults reads the fault script, if there is one.
func (o *inboxServe) faults() (*blobserver.Faults, error) {
	if o.faultsFile == "" {
		return nil, nil
	}
	f, err := os.Open(o.faultsFile)
	if err != nil {
		return nil, &usageError{"--faults: the script “" + shown(o.faultsFile) + "” can't be read. Nothing was started."}
	}
	text, err := io.ReadAll(io.LimitReader(f, 1<<20)) // more than a script may have
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, &usageError{"--faults: the script “" + shown(o.faultsFile) + "” can't be read. Nothing was started."}
	}
	script, err := blobserver.ParseFaults(string(text))
	if err != nil {
		return nil, &usageError{"--faults " + shown(o.faultsFile) + ": " + err.Error() + " Nothing was started."}
	}
	return script, nil
}

// inboxToken is a token with what the workspace would print beside it.
type inboxToken struct {
	link, account, container string
	from, to                 time.Time
}

// fields returns the token in the workspace's field form, in the order of its documentation.
func (t inboxToken) fields() [][2]string {
	ws, tid := t.container, t.container
	if i := strings.LastIndexByte(t.container, '-'); i > 0 {
		ws, tid = t.container[:i], t.container[i+1:]
	}
	version := ""
	if u, err := url.Parse(t.link); err == nil {
		version = u.Query().Get("sv")
	}
	return [][2]string{
		{"inboxid", t.account},
		{"wsid", ws},
		{"tid", tid},
		{"date", version},
		{"valid_from", t.from.Format(time.RFC3339)},
		{"valid_to", t.to.Format(time.RFC3339)},
		{"token", t.link},
	}
}

// announce prints where the inbox is and its token, and writes the token's file.
func (o *inboxServe) announce(out io.Writer, host, caFile string, t inboxToken) error {
	if o.tokenFile != "" {
		if err := writeSecret(o.tokenFile, t.link+"\n"); err != nil {
			return err
		}
	}
	var b strings.Builder
	if o.json {
		fields := map[string]string{}
		for _, f := range t.fields() {
			fields[f[0]] = f[1]
		}
		if caFile != "" {
			fields["ca_file"] = caFile
		}
		text, err := json.Marshal(fields)
		if err != nil {
			return fmt.Errorf("print token: %w", err)
		}
		b.Write(text)
		b.WriteByte('\n')
	} else {
		fmt.Fprintf(&b, "Local inbox on %s, files go to %s\n", host, o.dir)
		if caFile != "" {
			fmt.Fprintf(&b, "Certificate to trust: %s\n", caFile)
		}
		b.WriteString("Upload token, shown once:\n\n")
		for _, f := range t.fields() {
			fmt.Fprintf(&b, "%s: %s\n", f[0], f[1])
		}
		fmt.Fprintf(&b, "\nThe same as a link:\n\n%s\n\nStop with Ctrl-C.\n", t.link)
	}
	if _, err := io.WriteString(out, b.String()); err != nil { // one write: a reader sees all of it or nothing
		return fmt.Errorf("print token: %w", err)
	}
	return nil
}

// writeSecret puts text into a new file that only its owner can read, and moves it to name: whoever waits for the file
// finds all of it.
func writeSecret(name, text string) error {
	tmp := name + ".new"
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write token: %w", err)
	}
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write token: %w", err)
	}
	_, err = io.WriteString(f, text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write token: %w", err), os.Remove(tmp))
	}
	return nil
}
