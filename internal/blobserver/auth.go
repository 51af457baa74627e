package blobserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// maxSkew is how far a signed request's date may be from the server's clock.
const maxSkew = 15 * time.Minute

// access is the access that the request's signature gives.
type access struct {
	owner  bool   // signed with the account's key itself
	rights string // letters of sp otherwise
}

func (a access) has(letters string) bool { return a.owner || strings.ContainsAny(a.rights, letters) }

// need is what an operation requires of a token (rest/api/storageservices/create-account-sas,
// "Account SAS permissions by operation"): one of the letters, and the account SAS's resource type.
// An empty letters is for the owner only.
type need struct {
	letters string
	kind    byte // s, c or o
	service bool // a service SAS can be enough
}

var needs = map[Kind]need{
	PutBlob: {"cw", 'o', true}, PutBlock: {"w", 'o', true}, PutBlockList: {"w", 'o', true},
	ReadBlockList: {"r", 'o', true}, ReadBlob: {"r", 'o', true}, BlobProperties: {"r", 'o', true},
	SetBlobProperties: {"w", 'o', true}, SetBlobMetadata: {"w", 'o', true},
	DeleteBlob: {"d", 'o', true},
	ListBlobs:  {"l", 'c', true}, ListContainers: {"l", 's', false},
	CreateContainer: {"cw", 'c', false},
	ContainerProps:  {"r", 'c', false}, SetContainerMeta: {"w", 'c', false},
	DeleteContainer: {"d", 'c', false},
	AccountProps:    {"r", 's', true},
}

// authorise verifies the request's signature and rights.
func (x *exchange) authorise() *apiError {
	if h := x.r.Header.Get("Authorization"); h != "" {
		scheme, value, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "SharedKey") {
			return denied("Authentication scheme " + clip(scheme) + " is not supported")
		}
		x.access = access{owner: true}
		return x.verifySharedKey(value)
	}
	if x.q.Has("sig") || x.q.Has("sv") || x.q.Has("se") || x.q.Has("sp") {
		return x.verifySAS()
	}
	e := fail("NoAuthenticationInformation")
	e.header = http.Header{"Www-Authenticate": {"SharedKey"}}
	return e
}

// clip shortens a client's text for repeating it.
func clip(s string) string {
	if len(s) > 40 {
		s = s[:40]
	}
	return strings.ToValidUTF8(s, "")
}

// sign returns the base64 HMAC-SHA256 of text under the account's key.
func (s *Server) sign(text string) string {
	m := hmac.New(sha256.New, s.key)
	_, _ = m.Write([]byte(text)) // a hash never fails
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// verifySharedKey checks "ACCOUNT:SIGNATURE" (rest/api/storageservices/authorize-with-shared-key).
func (x *exchange) verifySharedKey(value string) *apiError {
	account, sig, _ := strings.Cut(value, ":")
	date := x.r.Header.Get("x-ms-date")
	if date == "" {
		date = x.r.Header.Get("Date")
	}
	at, err := http.ParseTime(date)
	if err != nil {
		return denied("The Date header in the request is missing or incorrect.")
	}
	if d := x.now().Sub(at); d > maxSkew || d < -maxSkew {
		return denied("Request date header too old: '" + at.UTC().Format(http.TimeFormat) + "'")
	}
	if account == x.s.cfg.Account {
		// Clients disagree on whether hyphens count when headers are sorted; both orders are over
		// the same values.
		for _, key := range []func(string) string{hyphensLast, func(s string) string { return s }} {
			if hmac.Equal([]byte(sig), []byte(x.s.sign(x.sharedKeyText(key)))) {
				return nil
			}
		}
	}
	return denied("The MAC signature found in the HTTP request is not the same as any computed signature. Server used " +
		"following string to sign: '" + x.sharedKeyText(hyphensLast) + "'.")
}

// hyphensLast orders headers as the service does: by letters and digits first, an underscore before
// both, hyphens only where all else is equal.
func hyphensLast(s string) string {
	return strings.NewReplacer("-", "", "_", "!").Replace(s) + "\x00" + s
}

// sharedKeyText returns the string that the account's owner signs.
func (x *exchange) sharedKeyText(order func(string) string) string {
	h := x.r.Header
	length := h.Get("Content-Length")
	if length == "" && x.r.ContentLength > 0 {
		length = strconv.FormatInt(x.r.ContentLength, 10)
	}
	if length == "0" {
		length = ""
	}
	date := h.Get("Date")
	if h.Get("x-ms-date") != "" {
		date = ""
	}
	var b strings.Builder
	for _, v := range []string{
		x.r.Method, h.Get("Content-Encoding"), h.Get("Content-Language"), length,
		h.Get("Content-MD5"),
		h.Get("Content-Type"), date, h.Get("If-Modified-Since"), h.Get("If-Match"),
		h.Get("If-None-Match"),
		h.Get("If-Unmodified-Since"), h.Get("Range"),
	} {
		b.WriteString(v)
		b.WriteByte('\n')
	}
	var names []string
	for name := range h {
		if n := strings.ToLower(name); strings.HasPrefix(n, "x-ms-") {
			names = append(names, n)
		}
	}
	sort.Slice(names, func(i, j int) bool { return order(names[i]) < order(names[j]) })
	for _, n := range names {
		b.WriteString(n + ":" + strings.Join(h.Values(n), ",") + "\n")
	}
	b.WriteString("/" + x.s.cfg.Account + x.rawPath())
	params := map[string][]string{}
	for k, v := range x.q {
		params[strings.ToLower(k)] = append(params[strings.ToLower(k)], v...)
	}
	keys := make([]string, 0, len(params))
	for k := range params {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		v := slices.Clone(params[k])
		slices.Sort(v)
		b.WriteString("\n" + k + ":" + strings.Join(v, ","))
	}
	return b.String()
}
