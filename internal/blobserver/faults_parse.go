package blobserver

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Bounds of a script, so that a foreign script does no harm.
const (
	maxFaultText  = 64 << 10
	maxFaultLines = 1000
	maxFaultTime  = 1000 * time.Hour
)

// ParseFaults parses a fault script: one fault a line, followed by its settings as KEY=VALUE. Text
// after a # at the start of a line or after a space is a comment. Values with spaces are in
// "quotes". "seed N" selects other chances. docs/FAULTS.md has the whole language:
//
//	seed 7
//	refuse ServerBusy  chance=5%  retry-after=1s
//	reset at=answer    op=PutBlock,PutBlob  name=*.csv  chance=1%
//	stall              op=PutBlock  from=3  count=1
//
// Each request meets at most one fault before its work and one after it, the first in the script.
// The error is one sentence that names the line.
func ParseFaults(text string) (*Faults, error) {
	if len(text) > maxFaultText || strings.Count(text, "\n") >= maxFaultLines {
		return nil, faultError(fmt.Sprintf("The script is longer than %d lines or %d KiB.",
			maxFaultLines, maxFaultText>>10))
	}
	f := &Faults{}
	number := 0
	for line := range strings.Lines(text) {
		number++
		words, wrong := splitWords(line)
		if wrong == "" && len(words) > 0 {
			wrong = f.add(words)
		}
		if wrong != "" {
			return nil, faultError(fmt.Sprintf("Line %d: %s", number, wrong))
		}
	}
	return f, nil
}

// faultError says what is wrong with a script, as a sentence for a person.
type faultError string

func (e faultError) Error() string { return string(e) }

// splitWords splits a line at blanks outside of quotes, and leaves comments out.
func splitWords(line string) (words []string, wrong string) {
	rest := strings.TrimSpace(line)
	for rest != "" && rest[0] != '#' {
		var b strings.Builder
		for rest != "" && !strings.ContainsRune(" \t", rune(rest[0])) {
			if rest[0] != '"' {
				b.WriteByte(rest[0])
				rest = rest[1:]
				continue
			}
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, "a quotation mark is not closed."
			}
			plain, err := strconv.Unquote(quoted)
			if err != nil { // never: a quoted prefix can be unquoted
				return nil, "a quotation mark is not closed."
			}
			b.WriteString(plain)
			rest = rest[len(quoted):]
		}
		words = append(words, b.String())
		rest = strings.TrimLeft(rest, " \t")
	}
	return words, ""
}

// add takes one line's words; the answer is what is wrong with them, as a sentence.
func (f *Faults) add(words []string) (wrong string) {
	if words[0] == "seed" {
		n, err := strconv.ParseUint(strings.Join(words[1:], " "), 10, 64)
		if err != nil {
			return "seed takes one whole number, such as seed 7."
		}
		f.seed = n
		return ""
	}
	i := slices.IndexFunc(faultKinds, func(k faultKind) bool { return k.word == words[0] })
	if i < 0 {
		return fmt.Sprintf("%s is no fault. There are: %s.", quoted(words[0]),
			strings.Join(faultWords(), ", "))
	}
	k := faultKinds[i]
	r := &rule{fault: k, from: 1, chance: 1}
	if len(k.moments) > 0 {
		r.at = k.moments[0]
	}
	given := map[string]bool{}
	bare := bareSetting(k.settings)
	for _, w := range words[1:] {
		key, value, ok := strings.Cut(w, "=")
		if !ok && bare != "" && !given[bare] {
			key, value, ok = bare, w, true
		}
		switch {
		case !ok:
			return quoted(w) + " is no setting; they have the form KEY=VALUE."
		case given[key]:
			return quoted(key) + " is given twice."
		case !k.takes(key):
			return fmt.Sprintf("%s takes no setting %s. It takes: %s.", k.word, quoted(key),
				strings.Join(k.all(), ", "))
		}
		given[key] = true
		if wrong := faultSettings[key](r, value); wrong != "" {
			return wrong
		}
	}
	if bare != "" && !given[bare] {
		return fmt.Sprintf("%s needs its %s.", k.word, bare)
	}
	if given["at"] && !slices.Contains(k.moments, r.at) {
		return k.word + " can't happen then; leave at= out."
	}
	f.rules = append(f.rules, r)
	return ""
}

func faultWords() (words []string) {
	for _, k := range faultKinds {
		words = append(words, k.word)
	}
	return words
}

// bareSetting returns the setting that a fault needs, and whose name may be left out.
func bareSetting(settings string) string {
	first, _, _ := strings.Cut(settings, " ")
	if first == strings.ToLower(first) {
		return ""
	}
	return strings.ToLower(first)
}

// all returns the settings that a fault takes.
func (k faultKind) all() []string {
	if k.answer == nil {
		return []string{"chance", "count", "from"}
	}
	all := append(strings.Fields(strings.ToLower(k.settings)), "op", "name", "chance", "count",
		"from", "tries")
	if len(k.moments) > 1 {
		all = append(all, "at")
	}
	sort.Strings(all)
	return all
}

func (k faultKind) takes(key string) bool { return slices.Contains(k.all(), key) }

// quoted shows a piece of a script that may be anything.
func quoted(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strconv.QuoteToASCII(s)
}

// faultSettings read one setting's value each; the answer is what is wrong with it.
var faultSettings = map[string]func(*rule, string) string{
	"op": func(r *rule, v string) string {
		r.ops = map[Kind]bool{}
		for _, word := range strings.Split(v, ",") {
			k, ok := kindNamed(word)
			if !ok {
				return fmt.Sprintf("%s is no operation, or one that is not served. There are: %s.",
					quoted(word), strings.Join(kindNames(), ", "))
			}
			r.ops[k] = true
		}
		return ""
	},
	"name": func(r *rule, v string) string {
		if v == "" {
			return "name needs a pattern, in which * stands for anything and ? for one character."
		}
		pattern := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(v))
		re, err := regexp.Compile("(?s)^" + pattern + "$")
		if err != nil { // bytes that are no UTF-8
			return "name can't be read as text."
		}
		r.name = re
		return ""
	},
	"tries": func(r *rule, v string) string { return wholeNumber(&r.tries, "tries", v) },
	"from":  func(r *rule, v string) string { return wholeNumber(&r.from, "from", v) },
	"count": func(r *rule, v string) string { return wholeNumber(&r.count, "count", v) },
	"chance": func(r *rule, v string) string {
		number, percent := strings.CutSuffix(v, "%")
		p, err := strconv.ParseFloat(number, 64)
		if percent {
			p /= 100
		}
		if err != nil || !(p > 0 && p <= 1) {
			return "chance takes a part from 0% to 100%, or from 0 to 1, above nothing."
		}
		r.chance = p
		return ""
	},
	"at": func(r *rule, v string) string {
		i := slices.Index([]string{"start", "body", "end", "answer"}, v)
		if i < 0 {
			return "at takes start, body, end or answer."
		}
		r.at = moment(i)
		return ""
	},
	"code": func(r *rule, v string) string {
		if _, ok := known[v]; !ok {
			return quoted(v) + " is no error code of the service that is known here."
		}
		r.code = v
		return ""
	},
	"detail": func(r *rule, v string) string {
		r.detail = v
		return ""
	},
	"number": func(r *rule, v string) string {
		n, err := strconv.Atoi(v)
		if err != nil || n < 200 || n > 599 || n == http.StatusNotModified {
			return "status takes a number from 200 to 599."
		}
		r.status = n
		return ""
	},
	"retry-after": func(r *rule, v string) string { return duration(&r.retryAfter, "retry-after", v, time.Second) },
	"for":         func(r *rule, v string) string { return duration(&r.length, "for", v, time.Millisecond) },
	"by":          func(r *rule, v string) string { return duration(&r.by, "by", v, -maxFaultTime) },
	"rate": func(r *rule, v string) string {
		if wrong := wholeNumber(&r.rate, "rate", v); wrong != "" {
			return "rate takes bytes per second, a whole number above 0."
		}
		return ""
	},
	"to": func(r *rule, v string) string {
		u, err := url.Parse(v)
		if err != nil || u.Host == "" || strings.ContainsFunc(v,
			func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			return "redirect takes a whole address, such as http://127.0.0.1:1/."
		}
		r.to = v
		return ""
	},
}

func wholeNumber(to *int64, key, v string) string {
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt32 {
		return key + " takes a whole number above 0."
	}
	*to = n
	return ""
}

// duration reads a time; least is the shortest that makes sense.
func duration(to *time.Duration, key, v string, least time.Duration) string {
	d, err := time.ParseDuration(v)
	if err != nil || d == 0 || d < least || d > maxFaultTime {
		return key + " takes a time such as 300ms, 2s or 1h30m."
	}
	*to = d
	return ""
}

// kindNamed finds an operation, however it is capitalised.
func kindNamed(word string) (Kind, bool) {
	for k := range operations {
		if strings.EqualFold(string(k), word) {
			return k, true
		}
	}
	return "", false
}

func kindNames() (names []string) {
	for k := range operations {
		names = append(names, string(k))
	}
	sort.Strings(names)
	return names
}
