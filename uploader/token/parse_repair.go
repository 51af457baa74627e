package token

import (
	"slices"
	"strings"
)

// link is a token's link as found in a text, split and repaired but not yet understood.
type link struct {
	address string // up to the question mark
	query   string // behind it

	assembled     bool // the address was put together from fields
	assumedRights bool // the query was put together and its rights are a guess
	repairedSig   bool // the signature had lost its plus signs
	droppedParams bool // the query held parameters of an operation
}

// sig returns the signature as it stands in the query, or "".
func (l link) sig() string { return param(l.query, "sig") }

// param returns the raw value of the first parameter of that name, or "". Names are compared as the
// service does it, in either case.
func param(query, name string) string {
	for len(query) > 0 {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if k, v, ok := strings.Cut(pair, "="); ok && strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

var (
	ampersand = expression(`(?i)&(?:amp;|#38;|#x26;)+`)
	// lineEnd finds a line end or a space that was encoded together with the signature.
	lineEnd = expression(`(?i)(?:%0A|%0D|%20|\\[nr])+$`)
	// escaped finds what shells put in front of signs of a link: cmd's ^, PowerShell's backtick,
	// sh's backslash.
	escaped = expression("[\\^`\\\\]+([&%?=/:+^#;])")
)

// closing is what may stick to the end of a link in a sentence, a table, a command line or a markup, and can't be the
// end of a query.
const closing = " \t\n\"'`<>.,;:!?)]}*|\\^"

// repair undoes the known damages of a link's text and splits it. What is undamaged stays byte for
// byte.
func repair(raw string) link {
	raw = strings.ReplaceAll(raw, `\u0026`, "&")
	for ampersand().MatchString(raw) { // a text may have been escaped more than once
		raw = ampersand().ReplaceAllString(raw, "&")
	}
	for strings.Contains(raw, "%%") { // a batch file's way to write %
		raw = strings.ReplaceAll(raw, "%%", "%")
	}
	raw = escaped().ReplaceAllString(raw, "$1")
	address, query, ok := strings.Cut(raw, "?")
	if !ok { // in front of a query these are part of a folder's name
		address = strings.TrimRight(address, closing)
	}
	l := link{address: address}
	query = strings.TrimLeft(query, "?")
	query, _, _ = strings.Cut(query, "#")
	l.query = strings.TrimRight(query, closing)
	l.repairSignature()
	l.dropOperation()
	return l
}

// repairSignature writes the plus signs of the signature as %2B, where they stand raw, which
// servers read as spaces, or were decoded to spaces already. Only the right length proves a repair;
// else the signature stays as it is.
func (l *link) repairSignature() {
	raw := l.sig()
	if raw == "" || isSignature(raw) && !strings.Contains(raw, "+") {
		return
	}
	if bare := lineEnd().ReplaceAllString(raw, ""); isSignature(bare) &&
		!strings.Contains(bare, "+") {
		l.query = strings.Replace(l.query, "sig="+raw, "sig="+bare, 1)
		return
	}
	plus := strings.NewReplacer("+", "%2B", " ", "%2B", "%20", "%2B").Replace(raw)
	joined := strings.NewReplacer("+", "%2B", " ", "", "%20", "").Replace(raw)
	for _, fixed := range []string{plus, joined} {
		if isSignature(fixed) {
			l.query = strings.Replace(l.query, "sig="+raw, "sig="+fixed, 1)
			l.repairedSig = true
			return
		}
	}
}

// operation are the parameters that say what a request does, none of which is signed.
var operation = []string{"comp", "restype", "blockid", "timeout"}

// dropOperation removes the parameters that turn a request into another operation. Some portals add
// them to the links they show; they are no part of the token. With a forged link the storage would
// confirm something else than was meant. It reads names as the service does, however they are
// encoded.
func (l *link) dropOperation() {
	pairs := strings.Split(l.query, "&")
	kept := make([]string, 0, len(pairs))
	for _, p := range pairs {
		if k, _, _ := strings.Cut(p, "="); !slices.Contains(operation,
			strings.ToLower(unescape(k))) {
			kept = append(kept, p)
		}
	}
	if len(kept) < len(pairs) {
		l.query, l.droppedParams = strings.Join(kept, "&"), true
	}
}

// unwrap returns the link inside a mail scanner's link (Outlook SafeLinks and others that carry the
// target in a parameter), or the link itself. The target is judged like any other link, so no
// wrapper needs to be trusted.
func unwrap(l link, isEndpoint func(address string) bool) link {
	if isEndpoint(l.address) {
		return l
	}
	for _, name := range []string{"url", "q", "u", "target"} {
		if v := param(l.query, name); encodedStart().MatchString(v[:min(len(v), 14)]) {
			return repair(unescape(v))
		}
	}
	return l
}
