package problem

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"inboxuploader/internal/show"
)

// Explanation is what a person reads of an error: what happened, what is safe, what to do. A part
// that has nothing to say is empty. No part ever contains a URL's query, a status code or the text
// of a Go error.
type Explanation struct {
	What string
	Safe string
	Do   string
}

// String joins the parts to one paragraph.
func (x Explanation) String() string {
	return strings.Join(strings.FieldsFunc(x.What+"\x00"+x.Safe+"\x00"+x.Do,
		func(r rune) bool { return r == 0 }), " ")
}

// Translate returns an English text of this program in another language, or as it is. It is given
// what is between names and numbers as a whole: a sentence with {value} in it, or a phrase that
// stands for {value}. What stands in braces must stand in what it returns, too. It must not block.
type Translate func(english string) string

// English is the Translate that leaves texts as they are.
func English(english string) string { return english }

// Explain returns the words for err: those of its [*Error]'s reason, or those of an unexpected
// error. It never blocks. Dates are in the local time zone. Whatever a file's name contains, the
// words can be shown on a terminal.
func Explain(err error) Explanation { return ExplainIn(err, English) }

// whenOn is how {when on} stands in a sentence, as a layout of package time.
const whenOn = " on 2 January 2006 at 15:04"

// ExplainIn is [Explain] in another language. Besides sentences and phrases, translate is given the
// layout of package time in which {when on} is written; only its numbers mean something in another
// language.
func ExplainIn(err error, translate Translate) Explanation { return ExplainAs(err, nil, translate) }

// ExplainAs is [ExplainIn] for a face of the program that words actions in its own way.
func ExplainAs(err error, words Words, translate Translate) Explanation {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = &Error{Reason: Unexpected}
	}
	x, ok := reasons[e.Reason]
	if !ok {
		x = reasons[Unexpected]
	}
	on := ""
	if !e.When.IsZero() {
		on = e.When.In(time.Local).Format(translate(whenOn))
	}
	r := strings.NewReplacer("{value}", show.Text(e.valueIn(translate)), "{proxy}",
		show.Text(e.Proxy), "{when on}", on)
	say := func(sentence string) string {
		if sentence == "" {
			return ""
		}
		return r.Replace(translate(sentence))
	}
	do := strings.TrimSpace(say(x.text.Do) + " " + say(words.For(actionOf[e.Reason])))
	what := say(x.text.What)
	if e.Issuer != "" {
		seen := translate("The certificate seen here was issued by “{value}”.")
		what += " " + strings.ReplaceAll(seen, "{value}", show.Text(e.Issuer))
	}
	return Explanation{what, say(x.text.Safe), do}
}

// valueIn returns the value in another language, where it is a phrase of this program. For all
// other reasons it is a name, an address or a number, which might look like one.
func (e *Error) valueIn(translate Translate) string {
	switch e.Reason {
	case CannotWrite:
		words := strings.Split(e.Value, ", ")
		for i := range words {
			words[i] = translate(words[i])
		}
		return strings.Join(words, ", ")
	case FieldsContradict:
		for _, end := range []string{ValueTwice, ValueUnreadable} {
			if name, ok := strings.CutSuffix(e.Value, end); ok {
				return strings.ReplaceAll(translate("{value}"+end), "{value}", name)
			}
		}
		return translate(e.Value)
	case WrongService, SourceUnreadable, SourceNotAFile, SourceReplaced, TooLarge, InboxNameInvalid,
		ChangedSinceSent:
		return translate(e.Value)
	case Refused:
		if e.Value == "" { // else it is the service's code
			return translate(valueNoCode)
		}
		return e.Value
	default:
		return e.Value
	}
}

// Reasons returns all reasons, sorted. The slice is the caller's.
func Reasons() []Reason { return slices.Sorted(maps.Keys(reasons)) }
