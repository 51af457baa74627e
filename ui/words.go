package ui

import (
	"fmt"
	"path"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/token"
)

// tr returns a text in the person's language. The English text is its own key; {{.Name}} stands for
// values.
func tr(english string, values ...map[string]any) string {
	return fill(translated(english),
		values...)
}

// trn returns a text that depends on a number, which the text calls {{.N}}, written with separators
// of thousands.
func trn(english string, n int64, values ...map[string]any) string {
	return fill(spoken.Load().counted(english, n),
		append(values, map[string]any{"N": number(n)})...)
}

// translated returns a text that is no literal: the engine's sentences.
func translated(english string) string { return spoken.Load().text(english) }

// fill puts values in the place of their names.
func fill(text string, values ...map[string]any) string {
	if len(values) == 0 {
		return text
	}
	var out strings.Builder
	for {
		before, rest, named := strings.Cut(text, "{{.")
		name, after, closed := strings.Cut(rest, "}}")
		out.WriteString(before)
		if !named || !closed {
			return out.String()
		}
		for _, m := range values {
			if v, ok := m[name]; ok {
				fmt.Fprint(&out, v)
				break
			}
		}
		text = after
	}
}

// values names a text's values: values("Name", name, "Size", size).
func values(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// number writes a count with separators of thousands.
func number(n int64) string {
	return strings.ReplaceAll(humanize.Comma(n), ",", spoken.Load().thousands)
}

// shortNumber writes a count in no more than four characters, rounded down: 999, 129k, 1M.
func shortNumber(n int64) string {
	switch {
	case n < 1e3:
		return number(n)
	case n < 1e6:
		return number(n/1e3) + "k"
	default:
		return number(n/1e6) + "M"
	}
}

// files says a number of files.
func files(n int64) string { return trn("{{.N}} files", n) }

// amount says an amount of data.
func amount(n int64) string {
	words := strings.Replace(humanize.Bytes(uint64(max(n, 0))), ".", spoken.Load().decimal, 1)
	return strings.TrimSuffix(words, "B") + tr("B")
}

// speedWords says a speed.
func speedWords(perSecond float64) string { return amount(int64(perSecond)) + "/s" }

// duration says a length of time, rounded: "6 d 21 h", "2 h 31 min", "53 min", "2 min 5 s", "25 s".
func duration(d time.Duration) string {
	t := show.Duration(d)
	if t.Rest == 0 {
		return inUnit(t.N, t.Unit)
	}
	return twoUnits(t, t.Rest)
}

// inUnit says a number of a unit of time, which has no plural.
func inUnit(n any, u show.Unit) string {
	switch u {
	case show.Day:
		return tr("{{.N}} d", values("N", n))
	case show.Hour:
		return tr("{{.N}} h", values("N", n))
	case show.Minute:
		return tr("{{.N}} min", values("N", n))
	default:
		return tr("{{.N}} s", values("N", n))
	}
}

// twoUnits puts the smaller unit behind the larger one, its number as given.
func twoUnits(t show.Time, rest any) string {
	return tr("{{.Large}} {{.Small}}",
		values("Large", inUnit(t.N, t.Unit), "Small", inUnit(rest, t.Unit-1)))
}

// moment says a point in time on the person's clock, the day left out where it is today.
func moment(t, now time.Time) string {
	t = t.Local()
	if now = now.Local(); t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return date(t)
}

// nearDate says it with the day of the week, and the year where that would be missed.
func nearDate(t, now time.Time) string {
	if words := moment(t, now); len(words) == len("15:04") || t.Sub(now) > 300*24*time.Hour {
		return words
	}
	// only English has the names of a day and a month in it
	return t.Local().Format(tr("Mon 2 Jan, 15:04"))
}

// date says a day and time on the person's clock.
func date(t time.Time) string {
	return t.Local().Format(tr("2 Jan 2006, 15:04")) // only English has a month's name in it
}

// shorten leaves out the middle of a text that is wider than the room for it: beginning and end of
// a name say most.
func shorten(s string, width, size float32, style fyne.TextStyle) string {
	if s == "" || fyne.MeasureText(s, size, style).Width <= width {
		return s
	}
	runes := []rune(s)
	low, high := 0, len(runes)-1 // how many runes remain
	for low < high {
		mid := (low + high + 1) / 2
		if fyne.MeasureText(withoutMiddle(runes, mid), size, style).Width <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return withoutMiddle(runes, low)
}

// fewerParts leaves out the last parts of a text, which “ · ” stands between, until the others fit.
func fewerParts(s string, width, size float32, style fyne.TextStyle) string {
	for fyne.MeasureText(s, size, style).Width > width {
		i := strings.LastIndex(s, " · ")
		if i < 0 {
			break
		}
		s = s[:i]
	}
	return s
}

func withoutMiddle(runes []rune, n int) string {
	tail := n / 2
	return string(runes[:n-tail]) + "…" + string(runes[len(runes)-tail:])
}

// inboxName is what an inbox says of itself.
func inboxName(in token.Inbox) string {
	switch {
	case in.WsID != "" && in.TID != "":
		return in.WsID + " – " + in.TID
	case in.Container != "":
		return in.Container
	default:
		return in.Host
	}
}

// split parts a blob's name into its folder and its own name.
func split(blob string) (folder, name string) {
	folder, name = path.Split(blob)
	return strings.TrimSuffix(folder, "/"), name
}
