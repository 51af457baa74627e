package blobserver

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// TokenRequest describes a token to sign.
type TokenRequest struct {
	// Base is the server's address, such as "http://127.0.0.1:4711".
	Base string
	// Container is the container it is for. It need not exist.
	Container string
	// Folder confines it to a folder (sr=d), Blob to one blob (sr=b); at most one of them.
	Folder, Blob string
	// Rights are the letters of sp, in any order; they may be empty if Policy states them.
	Rights string
	// From and To are when it is valid. A zero From omits st; a zero To is for a Policy that states
	// the end.
	From, To time.Time
	// HTTPSOnly makes it valid only over https.
	HTTPSOnly bool
	// IP is the address or range a-b it is accepted from; "" for any.
	IP string
	// Policy is the stored access policy it refers to; "" for none.
	Policy string
	// Version is the protocol version it is signed for (sv); a recent one if empty.
	Version string
}

// rightsOrder is the order of letters that the service requires.
const rightsOrder = "racwdxyltfmeopi"

// Token returns a signed link. It is a secret.
func (s *Server) Token(t TokenRequest) (string, error) {
	base, err := url.Parse(t.Base)
	if err != nil || base.Host == "" {
		return "", errors.New("token: base is no address")
	}
	if e := checkContainerName(t.Container); e != nil {
		return "", e
	}
	if t.Folder != "" && t.Blob != "" {
		return "", errors.New("token: folder and blob")
	}
	if t.Version == "" {
		t.Version = "2021-12-02"
	}
	q := url.Values{"sv": {t.Version}, "sr": {"c"}}
	resource := "/blob/" + s.cfg.Account + "/" + t.Container
	path := "/" + s.cfg.Account + "/" + t.Container
	for _, at := range []struct{ name, sr string }{{strings.Trim(t.Folder, "/"), "d"}, {t.Blob, "b"}} {
		if at.name != "" {
			q.Set("sr", at.sr)
			resource += "/" + at.name
			path += "/" + at.name
			if at.sr == "d" {
				q.Set("sdd", strconv.Itoa(strings.Count(at.name, "/")+1))
			}
		}
	}
	if strings.Trim(t.Rights, rightsOrder) != "" {
		return "", errors.New("token: unknown right")
	}
	var rights strings.Builder
	for _, l := range rightsOrder {
		if strings.ContainsRune(t.Rights, l) {
			rights.WriteRune(l)
		}
	}
	set := func(k, v string) {
		if v != "" {
			q.Set(k, v)
		}
	}
	set("sp", rights.String())
	set("si", t.Policy)
	set("sip", t.IP)
	if !t.From.IsZero() {
		set("st", t.From.UTC().Format(time.RFC3339))
	}
	if !t.To.IsZero() {
		set("se", t.To.UTC().Format(time.RFC3339))
	}
	if t.HTTPSOnly {
		set("spr", "https")
	}
	q.Set("sig", s.sign(serviceText(q, resource)))
	link := url.URL{Scheme: base.Scheme, Host: base.Host, Path: path, RawQuery: q.Encode()}
	return link.String(), nil
}
