package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manualCommand writes the pages of the manual, for packagers.
func manualCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "manual FOLDER",
		Short:  "Write the manual pages, one per command, into an existing folder",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return writeManual(c.Root(), args[0])
		},
	}
}

// writeManual writes the pages of a command and all its sub-commands.
func writeManual(c *cobra.Command, dir string) error {
	if c.Hidden || c.Name() == "help" {
		return nil
	}
	path := filepath.Join(dir, pageName(c)+".1")
	if err := os.WriteFile(path, []byte(manualPage(c)), 0o644); err != nil { //nolint:gosec // for all to read
		return &usageError{"The manual can't be written there: the folder must exist, and you " +
			"must be able to write to it."}
	}
	for _, below := range c.Commands() {
		if err := writeManual(below, dir); err != nil {
			return err
		}
	}
	return nil
}

// pageName is the name of a command's page, such as uploader-token-create.
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manualPage composes a page in the language of man(7), from what --help says.
func manualPage(c *cobra.Command) string {
	var page strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&page, format+"\n", values...) }
	line(`.TH "%s" 1 "" "Inbox Uploader" "User commands"`, roff(strings.ToUpper(pageName(c))))
	line(".nh\n.ad l")
	line(".SH NAME\n%s \\- %s", roff(pageName(c)), roff(c.Short))
	line(".SH SYNOPSIS\n.B %s", roff(c.UseLine()))
	line(".SH DESCRIPTION")
	long := c.Long
	if long == "" {
		long = c.Short + "."
	}
	page.WriteString(roffText(long))
	options := func(title string, flags *pflag.FlagSet) {
		if !flags.HasAvailableFlags() {
			return
		}
		line(".SH %s", title)
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			value, usage := pflag.UnquoteUsage(f)
			words := `\fB` + roff("--"+f.Name) + `\fR`
			if f.Shorthand != "" {
				words = `\fB` + roff("-"+f.Shorthand) + `\fR, ` + words
			}
			if value != "" {
				words += ` \fI` + roff(value) + `\fR`
			}
			// Defaults that depend on the machine would make builds differ.
			line(".TP\n%s\n%s", words, roffLine(usage))
		})
	}
	options("OPTIONS", c.LocalNonPersistentFlags())
	options("GLOBAL OPTIONS", c.Root().PersistentFlags())
	if c.HasAvailableSubCommands() {
		line(".SH COMMANDS")
		for _, below := range c.Commands() {
			if below.IsAvailableCommand() {
				line(".TP\n.B %s\n%s", roff(below.CommandPath()), roffLine(below.Short))
			}
		}
	}
	line(".SH SEE ALSO")
	if c.HasParent() {
		line(".BR %s (1)", roff(pageName(c.Parent())))
	} else {
		for _, below := range c.Commands() {
			if below.IsAvailableCommand() {
				line(".BR %s (1)", roff(pageName(below)))
			}
		}
	}
	return page.String()
}

// roff escapes a text so that man(7) prints it unchanged.
func roff(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`, `"`, `\(dq`, "'", `\(aq`).Replace(text)
}

// roffLine is roff for a text that begins a line, where a dot would be a command.
func roffLine(text string) string { return `\&` + roff(text) }

// roffText writes paragraphs, and keeps indented lines, such as examples, as they are.
func roffText(text string) string {
	var out strings.Builder
	kept := false
	for line := range strings.SplitSeq(text, "\n") {
		indented := strings.HasPrefix(line, "  ")
		switch {
		case indented && !kept:
			out.WriteString(".nf\n")
		case !indented && kept:
			out.WriteString(".fi\n")
		}
		kept = indented
		switch {
		case strings.TrimSpace(line) == "":
			out.WriteString(".PP\n")
		case isHeading(line):
			out.WriteString(".SS " + roff(line) + "\n")
		default:
			out.WriteString(roffLine(line) + "\n")
		}
	}
	if kept {
		out.WriteString(".fi\n")
	}
	return out.String()
}
