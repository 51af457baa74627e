package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/show"
)

// console is where the program reads from and writes to: the standard streams.
type console struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	screen         io.Writer // what stderr writes to
	env            func(string) string
}

// say writes a line to stderr. A stderr that can't be written stops no upload.
func (c *console) say(line string) { _, _ = fmt.Fprintln(c.stderr, line) }

// write writes to stderr. A stderr that can't be written stops no upload.
func (c *console) write(text string) { _, _ = c.stderr.Write([]byte(text)) }

// print writes to stdout.
func (c *console) print(text string) error {
	if _, err := fmt.Fprint(c.stdout, text); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// printf writes to stdout and ignores errors.
func (c *console) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.stdout, format, args...)
}

// printJSON writes one value to stdout, as one line.
func (c *console) printJSON(v any) error { return c.printJSONIndented(v, "") }

// printJSONIndented writes one value to stdout, over several lines where there is an indent.
func (c *console) printJSONIndented(v any, indent string) error {
	text, err := encodeJSON(v, indent)
	if err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return c.print(text)
}

// sayJSON writes one value to stderr, as one line. A stderr that can't be written stops no upload.
func (c *console) sayJSON(v any) {
	if text, err := encodeJSON(v, ""); err == nil {
		c.write(text)
	}
}

func encodeJSON(v any, indent string) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // keeps links as they are, so that you can copy them
	e.SetIndent("", indent)
	err := e.Encode(v)
	return show.JSON(b.String()), err
}

// screen describes what stderr leads to.
type screen struct {
	terminal bool
	width    int // columns
}

// terminal describes stderr as it is now; the width changes when a person resizes the window.
func (c *console) terminal() screen {
	f, ok := c.screen.(*os.File)
	if !ok || c.env("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) || !drawsAgain(f) {
		return screen{width: plainWidth}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 2 {
		width = 80
	}
	return screen{true, width}
}

// isTyped reports whether stdin is a person at a terminal.
func (c *console) isTyped() bool {
	in, ok := c.stdin.(*os.File)
	return ok && term.IsTerminal(int(in.Fd()))
}

// isAsked reports whether the program can ask a question: a person types and reads at a terminal.
func (c *console) isAsked() bool {
	out, ok := c.screen.(*os.File)
	return ok && term.IsTerminal(int(out.Fd())) && c.isTyped()
}

// agrees asks a person at a terminal. Without a terminal the answer is no.
func (c *console) agrees(ctx context.Context, question string) bool {
	return c.isAsked() && c.ask(ctx, question)
}

// ask asks a question on stderr and reports whether the answer on stdin is yes. It returns false at
// once when the context is cancelled.
func (c *console) ask(ctx context.Context, question string) bool {
	c.write(question + " [y/N] ")
	line, _ := c.readLine(ctx) // no line means no
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(line))
}

// readLine reads a line from stdin and returns it without surrounding white space. If the input
// ends in the middle of a line, it returns that part and an error. It returns early when the
// context is cancelled.
func (c *console) readLine(ctx context.Context) (string, error) {
	return unlessCancelled(ctx, func() (string, error) {
		// A terminal hands over one line at a time, so nothing of the next one is lost.
		line, err := bufio.NewReader(c.stdin).ReadString('\n')
		return strings.TrimSpace(line), err
	})
}

// unlessCancelled returns what read returns, or the cause as soon as the context is cancelled. It
// then leaves read's goroutine behind: nothing can interrupt opening a named pipe or reading from a
// terminal, and the program is about to exit.
func unlessCancelled[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer crash.Catch()
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	case r := <-done:
		return r.value, r.err
	}
}

// confirmed asks a person at a terminal whether to continue. It does not ask a script.
func (c *console) confirmed(ctx context.Context, yes bool, question string) error {
	if yes || !c.isTyped() || c.ask(ctx, question) {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.say("Nothing was changed.")
	return exit(exitNotDelivered)
}

// yesFlag adds --yes, for every command that asks a question.
func yesFlag(c *cobra.Command, yes *bool) {
	c.Flags().BoolVar(yes, "yes", false, "don't ask; without a terminal nothing is asked")
}
