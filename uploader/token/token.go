package token

import (
	"log/slog"
	"net/url"
	"path"
	"strings"
	"time"

	"inboxuploader/internal/secret"
)

// Token is the pasted right to upload. It prints itself redacted in every verb, in JSON and in
// logs; the query is handed out by [Token.Query] alone. The zero Token permits nothing. A Token is
// immutable and safe for concurrent use.
type Token struct {
	Inbox     Inbox     // where it leads; safe to show and to log
	Rights    Rights    // what it permits; Unknown where a stored policy says so
	Version   string    // the service version it was signed for (sv), the documentation's "date"
	ValidFrom time.Time // st; zero if the token does not say
	ValidTo   time.Time // se; zero if the token does not say
	Policy    string    // the stored access policy it refers to (si); dates and rights may then be unknown
	IP        string    // the address or range it is accepted from (sip), as the service sees it
	HTTPSOnly bool      // spr=https
	Warnings  []string  // what a person should know though the token can be used, as sentences

	// namesFile is true where the link's path may be one file's name rather than a folder's.
	namesFile bool

	query  secret.Text
	warned []warning // what Warnings was made of
}

// Query returns the token's query without a question mark, byte for byte as it was pasted. It is
// the secret: send it to the service or keep it in the keyring, and nowhere else.
func (t Token) Query() string { return t.query.Reveal() }

// Link returns the whole link, secret included.
func (t Token) Link() string { return t.Inbox.URL() + "?" + t.Query() }

// FileName returns the name that the link gives to a single file, as AzCopy reads it: the last
// segment of its path, where that has an extension and no slash follows. It is empty for a token
// that is for folders (sr=d) or for one file anyway (sr=b), and where the path was stated apart
// from the link.
func (t Token) FileName() string {
	if !t.namesFile {
		return ""
	}
	return path.Base(t.Inbox.Prefix)
}

// ForFile returns the token with the link's path as the name of the one file that is sent with it.
// Its inbox keeps its key. It must be called only where FileName is not empty.
func (t Token) ForFile() Token {
	in := &t.Inbox
	in.Blob, in.Prefix, in.Wider = in.Prefix, "", true
	if first, _, _ := strings.Cut(in.Blob, "/"); in.WsID == in.Container && in.TID == first {
		in.WsID, in.TID = "", "" // were read from a folder's name that is none
		in.nameParts(nil)
	}
	t.namesFile = false
	return t
}

// String names the token's inbox and says that the rest is not shown.
func (t Token) String() string { return "upload token for " + t.Inbox.String() + " (REDACTED)" }

// GoString keeps %#v from showing more than String.
func (t Token) GoString() string { return t.String() }

// MarshalText keeps encoders from showing more than String.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// LogValue keeps loggers from showing more than String.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Inbox is where a token leads. It contains no secret.
type Inbox struct {
	Scheme    string // https, or http on loopback
	Host      string // with port if the link has one
	Account   string // first path segment on loopback (path style); empty where the host names the account
	Container string
	Prefix    string // folder inside the container that the link names (with sr=d: is confined to), without slashes at its ends
	Blob      string // the one name that a file gets: of a token for one file (sr=b), or see [Token.ForFile]; relative to the container, else empty
	Wider     bool   // with Blob: the token permits other names, too

	// The workspace's names for the same things, as stated with the token or read from the address.
	InboxID, WsID, TID string
}

// OneName reports whether a token leads to one name and permits no other.
func (i Inbox) OneName() bool { return i.Blob != "" && !i.Wider }

// URL returns the container's address, or the prefix's or blob's below it, escaped once, without
// the query.
func (i Inbox) URL() string {
	parts := []string{}
	for _, p := range []string{i.Account, i.Container, i.Prefix, i.Blob} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	u := url.URL{Scheme: i.Scheme, Host: i.Host, Path: "/" + strings.Join(parts, "/")}
	return u.String()
}

// String returns the address in the short form that people see: host / container / prefix.
func (i Inbox) String() string {
	s := i.Host
	for _, p := range []string{i.Account, i.Container, i.Prefix, i.Blob} {
		if p != "" {
			s += "/" + p
		}
	}
	return s
}

// Rights is what a token permits.
type Rights struct {
	Letters string // sp as pasted, such as "racwdl"; empty if unknown
	Unknown bool   // true where only the storage knows, since the token refers to a stored policy
}

// Has reports whether the token is known to permit the letter of the service's documentation, such
// as 'w'.
func (r Rights) Has(letter byte) bool { return strings.IndexByte(r.Letters, letter) >= 0 }

// CreateOnly reports whether the token permits new blobs but neither blocks nor replacing: each
// file must then fit in one request.
func (r Rights) CreateOnly() bool { return !r.Unknown && r.Has('c') && !r.Has('w') }

// MayReplace reports whether the token permits blobs to be replaced, as far as is known here.
func (r Rights) MayReplace() bool { return r.Unknown || r.Has('w') }

// State is a token's validity at one moment.
type State string

// The states of a token.
const (
	StateActive      State = "active"
	StateExpired     State = "expired"
	StateNotYetValid State = "not_yet_valid"
	StateUnknown     State = "unknown" // the token does not say when it ends
)

// StateAt returns the state at the moment now. The service allows clocks to differ by up to 15
// minutes; StateAt does not, so it is for showing: what is accepted is for the service to say.
func (t Token) StateAt(now time.Time) State {
	switch {
	case !t.ValidTo.IsZero() && !now.Before(t.ValidTo):
		return StateExpired
	case !t.ValidFrom.IsZero() && now.Before(t.ValidFrom):
		return StateNotYetValid
	case t.ValidTo.IsZero():
		return StateUnknown
	default:
		return StateActive
	}
}

// Key identifies the inbox: tokens with the same key lead to the same place, so one can take over
// from another.
func (i Inbox) Key() string { return i.URL() }
