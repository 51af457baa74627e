package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
)

// optionName matches what may be an option's name, mistyped or not, and no piece of a token.
var optionName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// flagSentence says what is wrong with a command's option. It repeats nothing that may be a token
// in the wrong place.
func flagSentence(c *cobra.Command, err error) string {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		name := "--" + e.GetFlag().Name
		given := e.GetValue()
		if len(given) > 60 || carriesSecret(given) {
			return name + " can't have this value: it takes " + takes(e) + "."
		}
		return name + " can't be “" + show.Text(given) + "”: it takes " + takes(e) + "."
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return "--" + e.GetFlag().Name + " needs a value."
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && e.GetSpecifiedShortnames() == "" &&
		optionName.MatchString(e.GetSpecifiedName()) {
		name := e.GetSpecifiedName()
		return "There is no option --" + name + "." + didYouMean(nearestOptions(c, name))
	}
	return "An option is not understood. Perhaps the token lacks its quotes."
}

// unknownCommand says that a command has none of this name below it.
func unknownCommand(c *cobra.Command, name string) *usageError {
	c.SuggestionsMinimumDistance = min(mostEdits, len(name)/2)
	near := slices.Sorted(slices.Values(c.SuggestionsFor(name)))
	for i := range near {
		near[i] = "“" + c.CommandPath() + " " + near[i] + "”"
	}
	return usagef("There is no command “%s”.%s See: %s --help", show.Text(name),
		didYouMean(slices.Compact(near)), c.CommandPath())
}

// mostEdits is by how many letters a mistyped name may differ from what is suggested for it.
const mostEdits = 2

// nearestOptions returns the options of a command that a mistyped name comes nearest to.
func nearestOptions(c *cobra.Command, name string) (near []string) {
	least := min(mostEdits, len(name)/2)
	c.Flags().VisitAll(func(f *pflag.Flag) {
		d := edits(name, f.Name)
		if len(name) > 2 && strings.HasPrefix(f.Name, name) {
			d = min(d, least) // it was cut short
		}
		if f.Hidden || d > least {
			return
		}
		if d < least {
			near, least = nil, d
		}
		near = append(near, "--"+f.Name)
	})
	return near
}

// edits counts the letters to insert, remove or change that make one word the other.
func edits(a, b string) int {
	row := make([]int, len(b)+1) // of the table that compares what a and b begin with
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// didYouMean asks whether one of up to three names was meant, or nothing where there is none.
func didYouMean(names []string) string {
	if len(names) == 0 {
		return ""
	}
	names = names[:min(len(names), 3)]
	last := len(names) - 1
	if last == 0 {
		return " Did you mean " + names[0] + "?"
	}
	return " Did you mean " + strings.Join(names[:last], ", ") + " or " + names[last] + "?"
}

// takes says what an option's value can be: its own check's words, or what its type means.
func takes(e *pflag.InvalidValueError) string {
	var want wanted
	if errors.As(e, &want) {
		return string(want)
	}
	switch t := e.GetFlag().Value.Type(); {
	case t == "bool":
		return "true or false"
	case t == "duration":
		return "a time such as 90s, 15m or 24h"
	case strings.HasPrefix(t, "int"):
		return "a whole number such as 7"
	default:
		return "a different form"
	}
}

// refuseEmpty refuses an option with an empty value, as from a script whose variable is not set:
// the limit or check that it should set would silently be missing. A list without patterns counts
// as empty.
func refuseEmpty(flags *pflag.FlagSet) (wrong error) {
	flags.Visit(func(f *pflag.Flag) {
		empty := f.Value.Type() == "string" && f.Value.String() == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			empty = slices.ContainsFunc(list.GetSlice(),
				func(v string) bool { return strings.Trim(v, " ;") == "" })
		}
		if empty {
			wrong = usagef("The value of --%s is empty; perhaps a script's variable is not set. "+
				"Nothing was sent or changed. Omit the option, or give it a value.",
				f.Name)
		}
	})
	return wrong
}

// wanted is what an option takes, as the error of its check.
type wanted string

func (w wanted) Error() string { return string(w) }
