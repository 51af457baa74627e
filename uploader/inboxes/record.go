package inboxes

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

// Record is an inbox that is kept under a name, with all that its token says but the secret. It may
// be written to files and logs.
type Record struct {
	ID   string // random; stays the same under another name and with another token
	Name string // as [CheckName] returned it

	Inbox              token.Inbox
	Rights             token.Rights
	Version            string
	ValidFrom, ValidTo time.Time
	Policy, IP         string
	HTTPSOnly          bool
	// AllowedHost is the inbox's host where a person had to allow it, see [token.AllowHost], and
	// has not taken that back; else empty.
	AllowedHost string

	// Ref is where the vault holds the token's query. It is empty where the token is not kept: it
	// then has to be given each time.
	Ref string
	// Fingerprint belongs to the token's link. It tells whether what the vault holds, or what a
	// person gives, is that token for that place.
	Fingerprint Fingerprint
}

// NewRecord returns a record of the token under a new ID, without a reference. The name is checked
// and tidied up; errors are those of [CheckName].
func NewRecord(name string, t token.Token) (Record, error) {
	name, err := CheckName(name)
	if err != nil {
		return Record{}, err
	}
	r := Record{ID: rand.Text(), Name: name}
	r.describe(t)
	return r, nil
}

// describe takes over all that a token says.
func (r *Record) describe(t token.Token) {
	r.Inbox, r.Rights, r.Version, r.Policy, r.IP, r.HTTPSOnly = t.Inbox, t.Rights, t.Version,
		t.Policy, t.IP, t.HTTPSOnly
	r.ValidFrom, r.ValidTo = t.ValidFrom, t.ValidTo
	r.AllowedHost = ""
	if !t.Inbox.Allowed() {
		r.AllowedHost = t.Inbox.Host
	}
	r.Fingerprint = newFingerprint(t)
}

// TokenWithoutSecret returns the token as far as the record knows it. It is for showing and permits
// nothing.
func (r Record) TokenWithoutSecret() token.Token {
	return token.Token{
		Inbox: r.Inbox, Rights: r.Rights, Version: r.Version, ValidFrom: r.ValidFrom,
		ValidTo: r.ValidTo,
		Policy:  r.Policy, IP: r.IP, HTTPSOnly: r.HTTPSOnly,
	}
}

// Restore returns the token with its query from the vault, byte for byte, and with the names and
// dates that were stated with it. Everything else is read from the query and the address as from a
// pasted link, so that no record makes this program send files to a host that it would not accept.
// A query that is not the record's, or a record that was altered to lead elsewhere, is an error
// with the reason VaultDamaged; a host that neither the record nor an option allows is one with
// HostNotAllowed.
func (r Record) Restore(query string, options ...token.Option) (token.Token, error) {
	// Whether the host may be used is asked below, of a record that is intact.
	t, err := token.ReadParts(r.Inbox.URL(), query, token.AllowHost(r.Inbox.Host))
	if err != nil || !r.Fingerprint.Matches(t) {
		return token.Token{}, problem.New("restore token", "", problem.VaultDamaged)
	}
	if !r.Inbox.Allowed(append(options, token.AllowHost(r.AllowedHost))...) {
		e := problem.New("restore token", "", problem.HostNotAllowed)
		e.Value = r.Inbox.Host
		return token.Token{}, e
	}
	t.Inbox.InboxID, t.Inbox.WsID, t.Inbox.TID = r.Inbox.InboxID, r.Inbox.WsID, r.Inbox.TID
	t.Version, t.ValidFrom, t.ValidTo = r.Version, r.ValidFrom, r.ValidTo
	return t, nil
}

// Fingerprint recognises a token's link without saying anything of it: the salted hash of a link,
// in hexadecimal digits.
type Fingerprint string

const saltSize = 16 // bytes

func newFingerprint(t token.Token) Fingerprint {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	return fingerprint(salt, t)
}

func fingerprint(salt []byte, t token.Token) Fingerprint {
	h := hmac.New(sha256.New, salt)
	_, _ = h.Write([]byte(t.Link())) // a hash never fails
	return Fingerprint(hex.EncodeToString(h.Sum(salt)))
}

// Matches reports whether the fingerprint is that of the token's link.
func (f Fingerprint) Matches(t token.Token) bool {
	raw, err := hex.DecodeString(string(f))
	if err != nil || len(raw) != saltSize+sha256.Size {
		return false
	}
	return hmac.Equal([]byte(fingerprint(raw[:saltSize], t)), []byte(f))
}

// maxInboxName is how many characters the name of an inbox may have. The limit is ours: longer ones
// fit no window.
const maxInboxName = 64

// What stands for {value} where a name is refused.
const (
	valueNameEmpty   = "it is empty"
	valueNameLong    = "it has more than 64 characters"
	valueNameControl = "it contains line breaks or other characters that can't be seen"
)

// CheckName returns the name as it is kept: in NFC, without blanks at its ends. A name has 1 to 64
// characters of any script; line breaks, control characters and invisible ones are refused. Errors
// wrap ErrInboxName.
func CheckName(name string) (string, error) {
	name = strings.TrimSpace(norm.NFC.String(name))
	why := ""
	visible := false
	for _, c := range name {
		visible = visible || unicode.IsGraphic(c) && !unicode.IsSpace(c)
		if unicode.In(c, unicode.Cc, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Cf, c) &&
			c != '\u200c' && c != '\u200d' {
			why = valueNameControl // the two joiners are part of some scripts and emoji
		}
	}
	switch {
	case name == "":
		why = valueNameEmpty
	case !utf8.ValidString(name) || !visible:
		why = valueNameControl
	case utf8.RuneCountInString(name) > maxInboxName:
		why = valueNameLong
	}
	if why != "" {
		e := problem.New("name inbox", "", problem.InboxNameInvalid)
		e.Value = why
		return "", e
	}
	return name, nil
}

// NameKey returns what names have in common that count as the same: they differ in upper and lower
// case alone, by Unicode's simple case folding.
func NameKey(name string) string {
	folded := strings.Map(func(c rune) rune {
		least := c
		for f := unicode.SimpleFold(c); f != c; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, norm.NFC.String(name))
	return norm.NFC.String(folded)
}
