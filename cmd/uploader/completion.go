package main

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completeValues lets shells complete flag values and arguments of all commands: the words that a
// flag accepts, the names of kept inboxes, folders, and files only where a file belongs.
func (p *program) completeValues(c *cobra.Command) {
	complete := func(f *pflag.Flag) {
		if f.NoOptDefVal == "" || f.Name == "follow-symlinks" { // a switch has no value
			// It fails only for a flag that the command does not have.
			_ = c.RegisterFlagCompletionFunc(f.Name, p.valuesOf(c, f))
		}
	}
	c.LocalNonPersistentFlags().VisitAll(complete)
	if !c.HasParent() {
		c.PersistentFlags().VisitAll(complete)
	}
	if c.ValidArgsFunction == nil {
		c.ValidArgsFunction = p.argumentsOf(c)
	}
	for _, below := range c.Commands() {
		p.completeValues(below)
	}
}

// valuesOf returns the completion of a flag's value.
func (p *program) valuesOf(c *cobra.Command, f *pflag.Flag) cobra.CompletionFunc {
	words := func(all ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp)
	}
	kind, _ := pflag.UnquoteUsage(f)
	switch {
	case f.Name == "overwrite":
		return words("true", "false")
	case f.Name == "follow-symlinks":
		return words("true", "inside")
	case f.Name == "algorithm":
		return words("sha256", "md5", "both")
	case f.Name == "output" && c.Name() == "manifest":
		return byTheShell(cobra.ShellCompDirectiveDefault)
	case f.Name == "output" && c.Name() == "receipt":
		return words("csv", "json", "html")
	case f.Name == "output":
		return words("link", "fields", "json")
	case f.Name == "proxy":
		return words("none")
	case f.Name == "state":
		var states []string
		for _, s := range shownStates {
			states = append(states, s.String())
		}
		return words(states...)
	case f.Name == "to":
		return p.inboxNames
	case f.Name == "folder": // of the workspace
		return cobra.NoFileCompletions
	case kind == "FOLDER":
		return byTheShell(cobra.ShellCompDirectiveFilterDirs)
	case kind == "FILE":
		return byTheShell(cobra.ShellCompDirectiveDefault)
	}
	return cobra.NoFileCompletions
}

// byTheShell leaves the completion to the shell.
func byTheShell(how cobra.ShellCompDirective) cobra.CompletionFunc {
	return cobra.FixedCompletions(nil, how)
}

// argumentsOf returns the completion of a command's arguments.
func (p *program) argumentsOf(c *cobra.Command) cobra.CompletionFunc {
	switch c.CommandPath() {
	case "uploader", "uploader copy", "uploader window", "uploader manifest", "uploader verify":
		return byTheShell(cobra.ShellCompDirectiveDefault)
	case "uploader inbox fetch":
		return byTheShell(cobra.ShellCompDirectiveFilterDirs)
	case "uploader inbox remove", "uploader inbox rename":
		return func(c *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return p.inboxNames(c, args, begun)
		}
	}
	return cobra.NoFileCompletions
}

// inboxNames completes the name of a kept inbox. It makes no state folder where there is none.
func (p *program) inboxNames(
	c *cobra.Command, _ []string, _ string,
) ([]string, cobra.ShellCompDirective) {
	const nothingElse = cobra.ShellCompDirectiveNoFileComp
	dir, err := p.stateDir()
	if err != nil {
		return nil, nothingElse
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, nothingElse
	}
	all, err := inboxRecords{p}.Inboxes(c.Context())
	if err != nil {
		return nil, nothingElse
	}
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	return names, nothingElse
}
