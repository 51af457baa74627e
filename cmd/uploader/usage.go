package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
)

// optionName matches what may be an option's name, mistyped or not, and no piece of a token.
var optionName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// flagSentence says what is wrong with an option. It repeats nothing of the command line that may
// be a token which slipped into the wrong place.
func flagSentence(err error) string {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		name := "--" + e.GetFlag().Name
		given := e.GetValue()
		if len(given) > 60 || carriesSecret(given) {
			return name + " can't have this value: it takes " + takes(e)
		}
		return name + " can't be “" + show.Text(given) + "”: it takes " + takes(e)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return "--" + e.GetFlag().Name + " needs a value"
	}
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok && e.GetSpecifiedShortnames() == "" &&
		optionName.MatchString(e.GetSpecifiedName()) {
		return "There is no option --" + e.GetSpecifiedName()
	}
	return "An option is not understood; perhaps the token is missing its quotes"
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
		return "another form"
	}
}

// refuseEmpty refuses an option that was given without its value, as by a script whose variable is
// not set: what it was to hold back or to check would go unnoticed. A list of patterns that names
// none is as good as empty.
func refuseEmpty(flags *pflag.FlagSet) (wrong error) {
	flags.Visit(func(f *pflag.Flag) {
		empty := f.Value.Type() == "string" && f.Value.String() == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			empty = slices.ContainsFunc(list.GetSlice(),
				func(v string) bool { return strings.Trim(v, " ;") == "" })
		}
		if empty {
			wrong = usagef("The value of --%s is empty, as where a variable of a script is not "+
				"set. Nothing was sent or changed. Leave the option out, or give it a value.",
				f.Name)
		}
	})
	return wrong
}

// wanted is what an option takes, as the error of its check.
type wanted string

func (w wanted) Error() string { return string(w) }
