package main

import (
	"context"
	"math"
	"path"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/stream"
	"inboxuploader/uploader/token"
)

// streamFlags are copy's flags for a stream: data from standard input or a command.
type streamFlags struct {
	name        string
	size        byteSize // 0: not known
	fromCommand bool
	command     []string // the words after --
}

func (f *streamFlags) add(flags *pflag.FlagSet) {
	f.size = byteSize{min: 1, max: math.MaxInt64}
	flags.StringVar(&f.name, "name", "", "send standard input, with - as SOURCE, under this `NAME`")
	flags.Var(&f.size, "expect-size", "with --name: deliver only if the data has exactly this size")
	flags.BoolVar(&f.fromCommand, "from-command", false, "with --name: send what the command "+
		"after -- writes, and deliver only if it exits with 0")
}

// wanted reports whether to send a stream.
func (f *streamFlags) wanted() bool { return f.name != "" || f.fromCommand || f.size.bytes > 0 }

// take separates the arguments from the command after them, and refuses flags that only suit files.
func (f *streamFlags) take(c *cobra.Command, args []string) ([]string, error) {
	if !f.wanted() {
		return args, nil
	}
	if f.fromCommand {
		if dash := c.ArgsLenAtDash(); dash >= 0 {
			args, f.command = args[:dash], args[dash:]
		}
		if len(f.command) == 0 {
			return nil, &usageError{"--from-command needs a command after -- at the end of the " +
				"line: uploader copy --name NAME --from-command TOKEN -- COMMAND ARGUMENTS. " +
				"Nothing was sent."}
		}
	}
	if f.name == "" {
		return nil, &usageError{"--expect-size and --from-command need a name for the data in " +
			"the inbox: --name run7.tar. Nothing was sent."}
	}
	for _, name := range []string{
		"include", "exclude", "no-default-excludes", "min-age", "newer-than", "files-from",
		"shard", "contents", "dry-run", "keep-times", "manifest", "note", "check-manifest",
		"empty-folders",
	} {
		if c.Flags().Lookup(name).Changed {
			return nil, usagef("--%s is for files, but --name is for data from a pipe or a "+
				"command. Nothing was sent. Omit one of them.", name)
		}
	}
	return args, nil
}

// streamToken finds the token among the arguments. The first of these may be the source, -.
func (r *copyRun) streamToken(ctx context.Context, args []string) (given givenToken, err error) {
	environment := r.fromEnvironment()
	elsewhere := r.tokenFile != "" || environment.text != "" || r.to != ""
	source := len(args) > 0 && args[0] == "-" &&
		(len(args) > 1 || elsewhere || !r.stream.fromCommand)
	if source {
		args = args[1:]
	}
	switch {
	case !source && !r.stream.fromCommand:
		return given, &usageError{"--name is for standard input: put - before the token, as in " +
			"“producer | uploader copy - --name run7.tar TOKEN”. A file is sent under its own " +
			"name. Nothing was sent."}
	case len(args) > 1, len(args) == 1 && args[0] != "-" && !looksLikeToken(args[0]) &&
		(elsewhere || exists(args[0])):
		return given, &usageError{"Data from a pipe or a command is sent alone. Nothing was " +
			"sent. Name no other source, and put the token last, in quotes."}
	case len(args) == 1 && args[0] == "-" && !r.stream.fromCommand:
		return given, &usageError{"Both the token and the data would be read from standard input. " +
			"Nothing was sent. Give the token with --token-file, for example."}
	case len(args) == 1 && r.tokenFile != "":
		return given, &usageError{"There are two tokens: one in --token-file and one as the " +
			"last argument. Nothing was sent. Omit one."}
	case len(args) == 1:
		return r.fromArgument(ctx, args[0])
	case r.tokenFile != "":
		return fromFile(ctx, r.tokenFile)
	case elsewhere:
		return environment, nil
	default:
		return given, &usageError{"The token is missing. Nothing was sent. Put it last, in " +
			"quotes."}
	}
}

// runStream delivers standard input or the output of a command.
func (r *copyRun) runStream(ctx context.Context, token token.Token, begun time.Time) error {
	if r.isTyped() && !r.stream.fromCommand {
		return &usageError{"Nothing is piped into this command. Nothing was sent. Use: producer | " +
			"uploader copy - --name NAME TOKEN"}
	}
	name, err := r.streamName(token.Inbox)
	if err != nil {
		return err
	}
	for _, n := range r.allNotes() {
		r.say("Note: " + n)
	}
	if err := r.checkDates(token, begun); err != nil {
		return err
	}
	return r.failed(&r.sendFlags, token, r.sendStream(ctx, token, name, begun))
}

// streamName returns the data's name in the inbox.
func (r *copyRun) streamName(to token.Inbox) (scan.Name, error) {
	o := scan.Options{Inbox: to, Folder: r.selection.folder()}
	if err := o.CheckFolder(); err != nil {
		return scan.Name{}, &usageError{explain(err).String()}
	}
	if to.Blob != "" {
		r.notes = append(r.notes, "The token is for a single name, so the data arrives as “"+
			show.Text(path.Base(to.Blob))+"”.")
		return scan.Name{Blob: to.Blob}, nil
	}
	name := r.stream.name
	if o.Folder != "" {
		name = o.Folder + "/" + name
	}
	planned, err := scan.PlanName(to.Prefix, name)
	if err != nil {
		return scan.Name{}, &usageError{explain(err).String()}
	}
	return planned, nil
}

// sendStream sends the data and reports the outcome.
func (r *copyRun) sendStream(
	ctx context.Context, token token.Token, name scan.Name, begun time.Time,
) error {
	data := stream.Data{
		Reader: r.stdin, Blob: name.Blob, Replace: bool(r.overwrite), KeepBoth: r.keepBoth,
		PutMD5: r.putMD5,
		Size:   r.stream.size.bytes,
	}
	if err := r.awaitHours(ctx); err != nil {
		return err
	}
	if r.stream.fromCommand {
		producer, err := newProducer(ctx, r.stream.command, r.stderr)
		if err != nil {
			return err
		}
		defer producer.end()
		data.Reader, data.Finish = producer, producer.finish
	}
	d, err := r.beginDelivery(&r.sendFlags, begun)
	if err != nil {
		return err
	}
	defer d.discard()
	d.token, d.to = token, show.Text(token.Inbox.String())
	d.log.Info("copy stream", "inbox", token.Inbox.String(), "version", version())
	store, err := openStore(&r.sendFlags, token)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // it ends idle connections
	c := r.config(nil, d.log)
	s := &streamRun{delivery: d, data: &r.stream, name: name}
	s.stream = stream.New(stream.Config{
		Store: store, CreateOnly: token.Rights.CreateOnly(), Memory: c.Memory,
		Connections: c.Connections, BlockSize: c.BlockSize, Rate: within(c.Rate, c.MaxRate),
		Log: d.log,
	}, data)
	return s.run(ctx)
}

// awaitHours waits for the hours of --between. Once started, a stream is sent to its end even
// outside these hours: its writer can't wait for a day.
func (r *copyRun) awaitHours(ctx context.Context) error {
	s := &shift{Hours: r.between.Hours, now: r.now}
	if within, change := s.Until(r.now()); !within {
		r.say(waitsWords(change))
	}
	return s.await(ctx)
}

// within limits a rate to a bound. For both, 0 means no limit.
func within(rate, bound int64) int64 {
	if bound > 0 && (rate == 0 || rate > bound) {
		return bound
	}
	return rate
}
