package workspace

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"inboxuploader/uploader/problem"
)

// Explain returns the words for err: those of its [*Error], or else the engine's. It never blocks.
func Explain(err error) problem.Explanation { return ExplainIn(err, problem.English) }

// ExplainIn is [Explain] in another language, see [problem.ExplainIn].
func ExplainIn(err error, translate problem.Translate) problem.Explanation {
	return ExplainAs(err, nil, translate)
}

// actionOf is what a person can do about a problem besides the advice in the reason's own sentence.
var actionOf = map[Reason]problem.Action{
	AddressUnknown:   problem.ConnectWithHost,
	NetworkInspected: problem.ConnectTrusting,
	EmulatorUnusable: problem.StartPracticeInbox,
}

// ExplainAs is [ExplainIn] for a user interface that has its own words for actions.
func ExplainAs(err error, words problem.Words, translate problem.Translate) problem.Explanation {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return problem.ExplainAs(err, words, translate)
	}
	r := strings.NewReplacer("{value}", e.valueIn(translate), "{left}", e.Left)
	say := func(sentence string) string {
		if sentence == "" {
			return ""
		}
		return r.Replace(translate(sentence))
	}
	text := reasons[e.Reason].text
	if e.Safe != "" {
		text.Safe = e.Safe
	}
	do := strings.TrimSpace(say(text.Do) + " " + say(words.For(actionOf[e.Reason])))
	return problem.Explanation{What: say(text.What), Safe: say(text.Safe), Do: do}
}

// valueIn translates the value if it is one of this program's phrases rather than a name or an
// address.
func (e *Error) valueIn(translate problem.Translate) string {
	switch e.Reason {
	case ClockWrong:
		n, phrase := offWords(e.Off)
		return strings.ReplaceAll(translate(phrase), "{value}", strconv.FormatInt(n, 10))
	case CannotWrite, FolderUnusable:
		return translate(e.Value)
	default:
		return e.Value
	}
}

// Reasons returns all reasons, sorted. The slice is the caller's.
func Reasons() []Reason { return slices.Sorted(maps.Keys(reasons)) }

// offWords says how far a clock is off, in the largest unit that fits: the number, and the phrase
// around it.
func offWords(off time.Duration) (n int64, phrase string) {
	side := " ahead of"
	if off < 0 {
		off, side = -off, " behind"
	}
	n, unit := int64(off.Round(time.Minute)/time.Minute), "minute"
	switch {
	case n >= 2*24*60:
		n, unit = n/(24*60), "day"
	case n >= 2*60:
		n, unit = n/60, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return n, "{value} " + unit + side
}
