package token

import (
	"strings"
)

// Where a link or a query may begin, and what may continue one on the next line.
var (
	linkStart = expression(`(?i)https?://`)
	// bareHost finds a link that lost its "https://".
	bareHost     = expression(`(?i)(?:^|[\s"'<(=])([a-z0-9][a-z0-9.-]*\.(?:blob|dfs)\.[a-z0-9.-]+/[^\s"'<>?]*\?)`)
	encodedStart = expression(`(?i)https?%3A%2F%2F`)
	queryStart   = expression(`(?:^|[\s"'?&|:=(<\x60])((?:sv|sp|st|se|sr|ss|srt|spr|sip|si|sig|sdd|skoid|sktid|skt|ske|sks|skv|ses)=[^\s=])`)
	continuation = expression(`(?i)^[&?]|&(?:amp;)?[a-z]{2,5}=`)
	dateRest     = expression(`^(?:[T:.-]|%3A)?\d[0-9T:%AZ.-]*(?:&\S*)?$|^T\d|^%3A|^Z$`)
)

// What bounds the work on a text that is no token: how many pieces of a broken link are put
// together, and how many links are looked at. Both are far above what a mail with a token has.
const (
	maxWords = 24
	maxLinks = 256
)

// findLinks returns the links in the text in their order, repaired, and those inside links of mail
// scanners in place of these. isEndpoint tells a link that must not be unwrapped.
func findLinks(text string, isEndpoint func(address string) bool) []link {
	var links []link
	for at := 0; at < len(text) && len(links) < maxLinks; {
		m := linkStart().FindStringIndex(text[at:])
		if m == nil {
			break
		}
		start := at + m[0]
		raw, end := extent(text, start, "")
		links = append(links, unwrap(repair(raw), isEndpoint))
		at = max(end, start+1)
	}
	if len(links) > 0 {
		return links
	}
	if m := bareHost().FindStringSubmatchIndex(text); m != nil {
		raw, _ := extent(text, m[2], "https://")
		return []link{repair(raw)}
	}
	words := strings.FieldsFunc(text,
		func(r rune) bool { return strings.ContainsRune(" \t\n\"'<>|&", r) })
	for _, w := range words {
		if m := encodedStart().FindStringIndex(w); m != nil && len(links) < maxLinks {
			links = append(links, repair(unescape(w[m[0]:])))
		}
	}
	return links
}

// findQuery returns the signed query in a text that has no signed link.
func findQuery(text string) (string, bool) {
	for at := 0; at < len(text); {
		m := queryStart().FindStringSubmatchIndex(text[at:])
		if m == nil {
			return "", false
		}
		// The query is read as the one of a link, so that both are repaired alike.
		const base = "https://x/y?"
		raw, end := extent(text, at+m[2], base)
		if l := repair(raw); l.sig() != "" && strings.Contains(l.query, "&") {
			return l.query, true
		}
		at = max(end, at+m[3])
	}
	return "", false
}

// extent returns the link that begins at start, put together where it is broken over lines or
// words, and where it ends. Base is put in front of what is returned; start is then inside a link.
//
// A complete link ends at the first white space. An incomplete one is continued word by word until
// it is complete; if that never comes, only those words count that look like pieces of a query.
func extent(text string, start int, base string) (raw string, end int) {
	const stop = "\"<>|" // no link contains them
	stopInQuery := closesLink(text, start)
	got := base
	plausible, plausibleEnd, chain := "", start, true
	pos := start
	for range maxWords {
		wordEnd := endOfWord(text, pos, stop, stopInQuery, strings.Contains(got, "?"))
		got += text[pos:wordEnd]
		if chain {
			plausible, plausibleEnd = got, wordEnd
		}
		rest := strings.TrimLeft(text[wordEnd:], " \t\n")
		gap := text[wordEnd : len(text)-len(rest)]
		done := complete(got)
		next := firstWord(rest)
		if gap == "" || rest == "" || linkStart().MatchString(next) {
			if done {
				return got, wordEnd
			}
			break
		}
		broken := strings.Contains(gap, "\n")
		dateGoesOn := broken && lastIsDate(got) && dateRest().MatchString(next)
		if done && !continuation().MatchString(next) && !dateGoesOn {
			return got, wordEnd
		}
		if broken && isStatedLine(rest) {
			break
		}
		if !strings.Contains(got, "?") && !strings.Contains(next, "?") {
			break // words between an address and a query are prose
		}
		chain = chain && (continuation().MatchString(next) ||
			strings.ContainsRune("&?=%", rune(got[len(got)-1])))
		switch {
		case broken:
			got = strings.TrimRight(got, "\\^`") // the shells' signs for "continued on the next line"
		case inSignature(got):
			got += " " // perhaps a "+" that was decoded; the length will tell
		}
		pos = len(text) - len(rest)
	}
	return plausible, plausibleEnd
}

// closesLink returns the characters that end the link at start behind its question mark: what closes the sign in front of
// the link. In front of the question mark that may be part of a name.
func closesLink(text string, start int) string {
	if start == 0 {
		return ""
	}
	switch text[start-1] {
	case '\'':
		return "'"
	case '`':
		return "`"
	case '(':
		return ")"
	case '[':
		return "]"
	}
	return ""
}

// endOfWord returns where the word at pos ends. A query is under way if inQuery, else from the first question mark on.
func endOfWord(text string, pos int, stop, stopInQuery string, inQuery bool) int {
	for i := pos; i < len(text); i++ {
		c := text[i]
		switch {
		case strings.IndexByte(" \t\n", c) >= 0, strings.IndexByte(stop, c) >= 0, inQuery && strings.IndexByte(stopInQuery, c) >= 0:
			return i
		case c == '?':
			inQuery = true
		}
	}
	return len(text)
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t\n\"<>|"); i >= 0 {
		return s[:i]
	}
	return s
}

// inSignature reports whether the last parameter begun is the signature.
func inSignature(raw string) bool {
	i := strings.LastIndexAny(raw, "?&;")
	return i >= 0 && strings.HasPrefix(raw[i+1:], "sig=")
}

// lastIsDate reports whether the last parameter begun is a date, which may be cut and still look whole.
func lastIsDate(raw string) bool {
	i := strings.LastIndexAny(raw, "?&;")
	return i >= 0 && (strings.HasPrefix(raw[i+1:], "se=") || strings.HasPrefix(raw[i+1:], "st="))
}

// complete reports whether a link has all that a token needs, so that nothing which follows belongs to it.
func complete(raw string) bool {
	if !strings.Contains(raw, "sig") {
		return false
	}
	q := unwrap(repair(raw), func(string) bool { return false }).query
	if !isSignature(param(q, "sig")) || !isDay(param(q, "sv")) {
		return false
	}
	if param(q, "si") == "" {
		if _, ok := parseDate(param(q, "se")); !ok || param(q, "sp") == "" {
			return false
		}
	}
	return param(q, "sr") != "" || param(q, "ss") != "" && param(q, "srt") != ""
}

// anySigned reports whether one of the links carries a signature, valid or not.
func anySigned(links []link) bool {
	for _, l := range links {
		if l.sig() != "" {
			return true
		}
	}
	return false
}
