package ui

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// Classes of characters, as far as their order on the screen is concerned.
const (
	leftwards = iota // of a script from right to left
	rightwards
	digits
	neutral
)

// mark is the invisible left-to-right mark. It keeps blanks and signs at its side from becoming a
// part of a word from right to left.
const mark = "\u200e"

// visual puts the parts of a line into the order in which they are painted. Fyne paints each run of
// a script from right to left as it should be, and the runs from left to right as they come: so
// numbers and blanks beside such words would stand on their wrong side. This is the reordering of
// Unicode's Annex 9 in a line that begins at the left, simplified where brackets are concerned.
func visual(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x590 && classOf(r) == leftwards }) {
		return s
	}
	runes := []rune(s)
	levels := levelsOf(runes)
	var out strings.Builder
	for from := 0; from < len(runes); {
		to := from
		if levels[from] == 0 {
			for to < len(runes) && levels[to] == 0 {
				to++
			}
			out.WriteString(string(runes[from:to]))
			from = to
			continue
		}
		for to < len(runes) && levels[to] > 0 {
			to++
		}
		out.WriteString(mark + leftward(runes[from:to], levels[from:to]) + mark)
		from = to
	}
	return out.String()
}

// leftward returns what stands from right to left: its words and numbers in the opposite order.
func leftward(runes []rune, levels []int) string {
	var parts []string
	for from := 0; from < len(runes); {
		to := from + 1
		for to < len(runes) && levels[to] == levels[from] {
			to++
		}
		part := string(runes[from:to])
		if levels[from] == 1 {
			part = words(part)
		}
		parts = append(parts, part)
		from = to
	}
	slices.Reverse(parts)
	return strings.Join(parts, mark)
}

// words returns words from right to left, with the blanks and signs around them on the other side.
func words(s string) string {
	strong := func(r rune) bool { return classOf(r) == leftwards }
	from := strings.IndexFunc(s, strong)
	if from < 0 {
		return bidi.ReverseString(s)
	}
	core := strings.TrimRightFunc(s[from:], func(r rune) bool { return !strong(r) })
	return bidi.ReverseString(s[from+len(core):]) + mark + core + mark + bidi.ReverseString(s[:from])
}

// levelsOf returns how deep each character is embedded: 0 from left to right, 1 from right to left,
// 2 a number in the latter.
func levelsOf(runes []rune) []int {
	classes := make([]int, len(runes))
	strong := rightwards
	for i, r := range runes {
		c := classOf(r)
		if c == digits && strong == rightwards {
			c = rightwards
		}
		if c == leftwards || c == rightwards {
			strong = c
		}
		classes[i] = c
	}
	levels := make([]int, len(runes))
	before, open := rightwards, 0
	for i := 0; i < len(runes); i++ {
		switch classes[i] {
		case rightwards:
			before = rightwards
		case leftwards:
			before, levels[i] = leftwards, 1
		case digits:
			before, levels[i] = leftwards, 2
		default:
			to := i
			for to < len(runes) && classes[to] == neutral {
				to++
			}
			end := to
			if before != leftwards {
				end = i
			} else if to == len(runes) || classes[to] == rightwards {
				// only brackets that close what was opened among such words
				for end = i; end < to && open > 0 && strings.ContainsRune(")]}", runes[end]); end++ {
					open--
				}
			}
			for k := i; k < end; k++ {
				levels[k] = 1
				if strings.ContainsRune("([{", runes[k]) {
					open++
				}
			}
			i = to - 1
		}
	}
	return levels
}

func classOf(r rune) int {
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.R, bidi.AL:
		return leftwards
	case bidi.NSM: // belongs to the letter before it
		if r >= 0x590 && r < 0x900 {
			return leftwards
		}
		return neutral
	case bidi.L:
		return rightwards
	case bidi.EN, bidi.AN:
		return digits
	default:
		return neutral
	}
}
