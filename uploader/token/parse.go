package token

import (
	"encoding/base64"
	"strings"

	"inboxuploader/uploader/problem"
)

// maxTokenText is the longest text Parse looks at, in bytes. A token has well under 1 KiB; the rest
// is room for the mail around it. The limit is ours and bounds the work that a wrong paste can
// cause.
const maxTokenText = 64 << 10

// Option changes what [Parse] accepts.
type Option func(*parser)

// AllowHost makes Parse accept links to these hosts although they are no endpoints of Azure that
// this package knows. Each is a host name, with a port if only that port is meant, or
// "*.example.org" for every host below example.org. Plain http stays refused outside loopback.
func AllowHost(hosts ...string) Option {
	return func(p *parser) { p.allowed = append(p.allowed, hosts...) }
}

// Allowed reports whether Parse accepts tokens for the inbox's host by these options.
func (i Inbox) Allowed(options ...Option) bool {
	var p parser
	for _, o := range options {
		o(&p)
	}
	_, ok := p.endpoint(i.Host)
	return ok
}

// parser holds what the options said.
type parser struct {
	allowed []string
}

// Parse finds the one upload token in text, which is whatever a person pasted: a link, the line of
// a command, a mail, or the workspace's fields. It needs no network, does not block and may be
// called by any number of goroutines.
//
// The token's query is kept byte for byte but for the damages that mail programs and shells are
// known to do; dates and rights, which are signed, are never changed. Text longer than 64 KiB is
// refused. An expired token is no error: ask [Token.StateAt]. Errors are [*problem.Error]s that
// wrap ErrTokenInvalid and never contain the signature.
func Parse(text string, options ...Option) (Token, error) {
	var p parser
	for _, o := range options {
		o(&p)
	}
	if len(text) > maxTokenText {
		return Token{}, refuse(problem.TokenTextTooLarge, "")
	}
	text = undoMail(tidy(text))
	said, text, err := readStated(text)
	if err != nil {
		return Token{}, err
	}
	links := findLinks(text, p.isEndpoint)
	if !anySigned(links) {
		assembled, err := p.assemble(text, said, links)
		if err != nil {
			return Token{}, err
		}
		links = append(assembled, links...)
	}
	return p.choose(links, said)
}

// refuse returns the error for a text that is no usable token. The value must not contain any part
// of a query but dates, rights and names of parameters.
func refuse(r problem.Reason, value string) *problem.Error {
	e := problem.New("parse token", "", r)
	e.Value = value
	return e
}

// choose reads every link and returns the one token among them. The same token twice, as in a mail
// that shows a link and points to it, is one token.
func (p *parser) choose(links []link, said stated) (Token, error) {
	var found []Token
	var firstErr error
	for _, l := range links {
		t, err := p.read(l, said)
		if err != nil {
			// Of several links that are no token, the signed one is the one that was meant.
			if firstErr == nil || problem.ReasonOf(firstErr) == problem.NotAToken ||
				problem.ReasonOf(firstErr) == problem.NoSignature && l.sig() != "" {
				firstErr = err
			}
			continue
		}
		if len(found) == 0 || !sameSignature(found[0].Query(), t.Query()) {
			found = append(found, t)
		}
	}
	switch {
	case len(found) > 1:
		return Token{}, refuse(problem.SeveralTokens, "")
	case len(found) == 1:
		return found[0], nil
	case firstErr != nil:
		return Token{}, firstErr
	default:
		return Token{}, refuse(problem.NotAToken, "")
	}
}

// refuseSignature says what is wrong with the token of a field form that is neither link nor query
// nor signature.
func refuseSignature(token string) error {
	if token == "" {
		return refuse(problem.TokenIncomplete, fieldToken)
	}
	if strings.ContainsAny(token, " \t") {
		return refuse(problem.NotAToken, "")
	}
	return refuse(problem.SignatureSize, "")
}

// isSignature reports whether s, percent-encoded or not, is the base64 form of the 32 bytes of a
// signature.
func isSignature(s string) bool {
	_, ok := signatureBytes(s)
	return ok
}

// signatureBytes returns the 32 bytes of a signature, which is HMAC-SHA256 in base64: 44 characters
// that end in "=" (learn.microsoft.com/rest/api/storageservices/create-service-sas).
func signatureBytes(s string) (string, bool) {
	plain := unescape(s)
	if len(plain) != 44 || plain[43] != '=' || plain[42] == '=' {
		return "", false
	}
	raw, err := base64.StdEncoding.DecodeString(plain)
	if err != nil || len(raw) != 32 {
		return "", false
	}
	return string(raw), true
}

// sameSignature reports whether two queries carry the same signature and so are the same token.
func sameSignature(a, b string) bool {
	x, okX := signatureBytes(param(a, "sig"))
	y, okY := signatureBytes(param(b, "sig"))
	return okX && okY && x == y
}
