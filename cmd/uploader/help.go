package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// helpColumns is the width of help, except on a terminal that is narrower.
const helpColumns = 100

// helpWidth returns how many columns a line of help may have.
func (c *console) helpWidth() int {
	out, _ := c.stdout.(printer)
	f, ok := out.to.(*os.File)
	if !ok {
		return helpColumns
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil { // no terminal
		return helpColumns
	}
	return min(max(width, 40), helpColumns)
}

// layOutHelp fits the help of a command and its sub-commands to the width of the terminal. Cobra's
// own help breaks no lines.
func (c *console) layOutHelp(root *cobra.Command) {
	root.PersistentFlags().BoolP("help", "h", false, "show this help")
	root.Flags().BoolP("version", "v", false, "show the program's version")
	root.SetHelpFunc(func(of *cobra.Command, _ []string) {
		text := of.Long
		if text == "" {
			text = of.Short + "."
		}
		// If stdout can't be written, there is nobody to read it.
		_, _ = fmt.Fprint(of.OutOrStdout(), flow(text, c.helpWidth()), "\n\n", of.UsageString())
	})
	root.SetUsageFunc(func(of *cobra.Command) error {
		_, err := fmt.Fprint(of.OutOrStderr(), usageText(of, c.helpWidth()))
		return err
	})
}

// usageText returns a command's usage line and its flags.
func usageText(c *cobra.Command, width int) string {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if c.Runnable() {
		b.WriteString("  " + c.UseLine() + "\n")
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("  " + c.CommandPath() + " [command]\n")
	}
	if len(c.Aliases) > 0 {
		b.WriteString("\nAliases:\n  " + c.NameAndAliases() + "\n")
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, below := range c.Commands() {
			if below.IsAvailableCommand() || below.Name() == "help" {
				column := below.NamePadding() + 3
				lines := wrap(below.Short, width-column+1)
				b.WriteString("  " + pad(below.Name(), column-2) +
					strings.Join(lines, "\n"+strings.Repeat(" ", column)) + "\n")
			}
		}
	}
	if c.HasAvailableLocalFlags() {
		b.WriteString("\nFlags:\n" + c.LocalFlags().FlagUsagesWrapped(width))
	}
	if c.HasAvailableInheritedFlags() {
		b.WriteString("\nGlobal flags:\n" + c.InheritedFlags().FlagUsagesWrapped(width))
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("\nHelp for a command: " + c.CommandPath() + " COMMAND --help\n")
	}
	return b.String()
}

// flow wraps the paragraphs of a text to a width, in columns. Headings and indented lines (examples
// and tables) stay as they are.
func flow(text string, width int) string {
	var lines, paragraph []string
	end := func() {
		if len(paragraph) > 0 {
			lines = append(lines, wrap(strings.Join(paragraph, " "), width+1)...)
			paragraph = nil
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if line == "" || strings.HasPrefix(line, " ") || isHeading(line) {
			end()
			lines = append(lines, line)
		} else {
			paragraph = append(paragraph, line)
		}
	}
	end()
	return strings.Join(lines, "\n")
}

// isHeading reports whether a line of help is a heading: it is all capitals.
func isHeading(line string) bool { return line != "" && line == strings.ToUpper(line) }
