package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
)

// program is what every command needs: the console, the state folder and the clock. It keeps the
// commands apart from the process, so that tests can run them without one.
type program struct {
	*console
	stateFolder
	now func() time.Time
}

func newProgram(c *console) *program {
	return &program{console: c, stateFolder: stateFolder{console: c}, now: time.Now}
}

// run runs one command line and returns the exit code. It returns soon after the context is
// cancelled. It reports errors on stderr as sentences: what happened, what is safe, what to do.
func run(
	ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer,
	env func(string) string,
) int {
	out := printer{stdout}
	p := newProgram(
		&console{stdin: stdin, stdout: out, stderr: redactedText{stderr}, screen: stderr, env: env})
	root := p.root()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(redactedText{out}) // of cobra's own: help, and words about a command line
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	p.tell(ctx, err)
	return exitCode(ctx, err)
}

// errUnprinted means that stdout can't be written, for example because the disk is full.
var errUnprinted = errors.New("stdout can't be written")

// printer is stdout. It wraps write errors in errUnprinted.
type printer struct{ to io.Writer }

func (w printer) Write(text []byte) (int, error) {
	n, err := w.to.Write(text)
	if err != nil {
		err = fmt.Errorf("%w: %w", errUnprinted, err)
	}
	return n, err
}

// tell writes the words for an error to stderr.
func (c *console) tell(ctx context.Context, err error) {
	if words := sentence(ctx, err); words != "" {
		// If stderr can't be written, there is nobody left to tell.
		_, _ = fmt.Fprintln(c.stderr, "uploader: "+words)
	}
}

// sentence returns the words for an error; "" if it needs none.
func sentence(ctx context.Context, err error) (words string) {
	var usage *usageError
	var code exit
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errInterrupted), errors.Is(context.Cause(ctx), errInterrupted):
		words = "Interrupted."
	case errors.As(err, &usage):
		words = usage.sentence
	case errors.As(err, &code):
		return ""
	case errors.Is(err, syscall.EPIPE):
		return "" // the reader of the output, such as "head", has seen enough
	case errors.Is(err, errUnprinted):
		words = "The output can't be written. What was done stays done, and files already " +
			"delivered stay delivered. Make room, or send the output elsewhere; “uploader " +
			"status” shows what was sent."
	default:
		x := explain(err)
		if e, ok := errors.AsType[*problem.Error](err); ok {
			x.Do = askAgain(e, x.Do)
		}
		words = x.String()
		if e, ok := errors.AsType[*problem.Error](err); ok && e.Reason == problem.UnknownHost {
			if _, problem := allowedHosts(); problem != (hostsProblem{}) {
				words += " " + problem.String()
			}
		}
	}
	return words
}

// askAgain says what to do about an error that ends a command: nothing retries it then, as a queue
// would. do is the queue's advice.
func askAgain(e *problem.Error, do string) string {
	switch {
	case !errors.Is(e, problem.ErrBusy) && e.Reason != problem.JournalBusy:
		return do
	case e.Reason == problem.NetworkDown:
		return "Check the network, then run the command again."
	case e.Reason == problem.ProxyDown:
		return "Check the network and the proxy's address, then run the command again."
	case e.Reason == problem.ProxyUnknown:
		return "Ask your IT for the proxy's address or script, then run the command again."
	case e.Reason == problem.CertificateDates:
		return "Check this computer's date and time, then run the command again."
	case e.Reason == problem.ProxyRefused:
		return "Ask your IT to let " + show.Text(e.Value) + " through the proxy, then run the " +
			"command again."
	case e.Reason == problem.NotTheService:
		return "Open a web browser and sign in to the network, then run the command again."
	case e.Reason == problem.AnswerForeign:
		return "Run the command again. If it keeps happening, ask your IT what is between this " +
			"computer and the storage."
	case e.Reason == problem.ServiceFault:
		return "Run the command again later. If it keeps happening, tell the person who gave " +
			"you the token."
	default:
		return "Run the command again later."
	}
}

// root returns the command with all its sub-commands.
func (p *program) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "uploader",
		Short: "Send files to a research workspace's inbox with an upload token",
		Long: `Send files to a research workspace's inbox with an upload token.

Without a command, it opens the window and adds the files and folders you name. If there is no
window, it asks its questions in the terminal instead: uploader guide --help

Exit codes:
    0    everything is well
    1    something was not delivered
    2    wrong usage, or no readable token
    3    the token has expired, is not valid yet or is refused
    70   the program crashed
    130  interrupted`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{withoutPolicy: "it says so in a box"},
		Args: func(c *cobra.Command, args []string) error {
			if arePaths(args) {
				return nil
			}
			err := noArguments(c, args)
			if gone := goneOf(args); gone != "" {
				err = usagef("“%s” is missing or can't be reached. Nothing was sent. Add it "+
					"again from where it is now.", show.Text(filepath.Base(gone)))
			}
			return (&windowRun{program: p}).boxed(c.Context(), args, err)
		},
		RunE: func(c *cobra.Command, args []string) error {
			return (&windowRun{program: p, alone: true}).run(c.Context(), localPaths(args))
		},
	}
	c.PersistentPreRunE = func(c *cobra.Command, args []string) error {
		if err := refuseSecrets(c, args); err != nil {
			return err
		}
		if err := refuseEmpty(c.Flags()); err != nil {
			return err
		}
		if c.Annotations[withoutPolicy] != "" {
			return nil
		}
		rules, err := readPolicy()
		if err != nil {
			return err
		}
		return rules.refuse(c)
	}
	c.CompletionOptions.HiddenDefaultCmd = true
	cobra.MousetrapHelpText = "" // on Windows a double-click opens the window
	c.PersistentFlags().StringVar(&p.flag, "state-dir", "", "`FOLDER` for queue, history and "+
		"logs (default: $UPLOADER_HOME, or your configuration folder)")
	p.addLog(c.PersistentFlags())
	p.layOutHelp(c)
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if usage, ok := errors.AsType[*usageError](err); ok {
			return usage // a sentence of ours from a flag's own check
		}
		if c.HasSubCommands() { // the options may belong to a mistyped command
			if unknown := c.ValidateArgs(c.Flags().Args()); unknown != nil {
				return unknown
			}
		}
		return usagef("%s See: %s --help", flagSentence(c, err), c.CommandPath())
	})
	c.AddCommand(
		windowCommand(p),
		guideCommand(p),
		tokenCommand(p),
		copyCommand(p),
		watchCommand(p),
		resumeCommand(p),
		statusCommand(p),
		queueCommand(p),
		receiptCommand(p),
		manifestCommand(p),
		planCommand(p),
		verifyCommand(p),
		purgeCommand(p),
		practiceCommand(p),
		inboxCommand(p),
		workspaceCommand(p),
		networkCommand(p),
		manualCommand(),
	)
	p.completeValues(c)
	return c
}

// withoutPolicy is the annotation of a command that an unusable policy does not stop.
const withoutPolicy = "without policy"

// noArguments refuses arguments of a command that takes none.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	// Longer words may be a token that lost its command.
	if c.HasSubCommands() && len(args[0]) < 20 && !carriesSecret(args[0]) {
		return unknownCommand(c, args[0])
	}
	return usagef("“%s” takes no arguments. See: %s --help", c.CommandPath(), c.CommandPath())
}

// showHelp runs a command that only has sub-commands. Without it, cobra would also show the help
// for a mistyped sub-command, and call that success.
func showHelp(c *cobra.Command, _ []string) error { return c.Help() }

// release is the version of the package that the program is in, such as 0.1.0. The linker sets it;
// it is empty in a local build.
var release string

// version is the version of the package or module, or the commit that the program was built from.
func version() string {
	if release != "" {
		return release
	}
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if b.Main.Version != "" && b.Main.Version != "(devel)" {
		return b.Main.Version
	}
	for _, s := range b.Settings {
		if s.Key == "vcs.revision" {
			return "development, " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "development"
}
