package token

import (
	"math"
	"time"

	"inboxuploader/internal/show"
)

// Fields is a token as JSON shows it, with the names of the workspace's documentation. It contains
// no secret.
type Fields struct {
	InboxID   string `json:"inboxid"`
	WsID      string `json:"wsid"`
	TID       string `json:"tid"`
	Date      string `json:"date"`       // the service version it was signed for
	ValidFrom string `json:"valid_from"` // RFC 3339 in UTC; empty if the token does not say
	ValidTo   string `json:"valid_to"`   // likewise
	State     State  `json:"state"`
	// SecondsLeft is the time until ValidTo, rounded down; 0 when it is over, null when the token
	// does not say when it ends. It counts from now for a token that is not valid yet, too.
	SecondsLeft *int64   `json:"seconds_left"`
	Storage     string   `json:"storage"` // the host, with the account behind it on loopback
	Container   string   `json:"container"`
	Prefix      string   `json:"prefix"`
	Rights      []string `json:"rights"` // words, see [Rights.Words]; empty, never null, where only the storage knows
	Policy      string   `json:"policy"`
	IP          string   `json:"ip"`
	HTTPSOnly   bool     `json:"https_only"`
	Warnings    []string `json:"warnings"` // never null
}

// Fields returns the token's fields as they are at the moment now. The slices are the caller's.
func (t Token) Fields(now time.Time) Fields {
	f := Fields{
		InboxID: t.Inbox.InboxID, WsID: t.Inbox.WsID, TID: t.Inbox.TID,
		Date: t.Version, ValidFrom: show.UTC(t.ValidFrom), ValidTo: show.UTC(t.ValidTo),
		State:   t.StateAt(now),
		Storage: t.Inbox.Host, Container: t.Inbox.Container, Prefix: t.Inbox.Prefix,
		Rights: t.Rights.Words(), Policy: t.Policy, IP: t.IP, HTTPSOnly: t.HTTPSOnly,
		Warnings: append([]string{}, t.Warnings...),
	}
	if t.Inbox.Account != "" {
		f.Storage += "/" + t.Inbox.Account
	}
	if !t.ValidTo.IsZero() {
		left := int64(math.Floor(max(t.ValidTo.Sub(now), 0).Seconds()))
		f.SecondsLeft = &left
	}
	return f
}

// rightWords are the letters of sp in words
// (learn.microsoft.com/rest/api/storageservices/create-service-sas, create-account-sas).
var rightWords = map[byte]string{
	'r': "read",
	'a': "add",
	'c': "create",
	'w': "write",
	'd': "delete",
	'x': "delete_version",
	'y': "permanent_delete",
	'l': "list",
	't': "tags",
	'f': "filter",
	'm': "move",
	'e': "execute",
	'o': "ownership",
	'p': "permissions",
	'i': "immutability",
	'u': "update",
}

// Words returns the rights as words, in the order of the token's letters, each once; a letter that
// is not documented stands for itself. The slice is empty, not nil, where the rights are unknown.
func (r Rights) Words() []string {
	words := []string{}
	seen := map[byte]bool{}
	for i := range len(r.Letters) {
		c := r.Letters[i]
		if seen[c] {
			continue
		}
		seen[c] = true
		word, ok := rightWords[c]
		if !ok {
			word = string(rune(c))
		}
		words = append(words, word)
	}
	return words
}
