package blobserver

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// serviceText returns the string that a service SAS is signed over, and accountText an account
// SAS's. Both depend on the version it was made for (rest/api/storageservices/create-service-sas,
// create-account-sas).
func serviceText(q url.Values, resource string) string {
	v := q.Get("sv")
	parts := []string{q.Get("sp"), q.Get("st"), q.Get("se"), resource, q.Get("si"), q.Get("sip"), q.Get("spr"), v}
	if v >= "2018-11-09" {
		parts = append(parts, q.Get("sr"), "") // no snapshots, so no snapshot's time
	}
	if v >= "2020-12-06" {
		parts = append(parts, q.Get("ses"))
	}
	for _, k := range []string{"rscc", "rscd", "rsce", "rscl", "rsct"} {
		parts = append(parts, q.Get(k))
	}
	return strings.Join(parts, "\n")
}

func accountText(account string, q url.Values) string {
	v := q.Get("sv")
	parts := []string{
		account, q.Get("sp"), q.Get("ss"), q.Get("srt"), q.Get("st"), q.Get("se"), q.Get("sip"),
		q.Get("spr"), v,
	}
	if v >= "2020-12-06" {
		parts = append(parts, q.Get("ses"))
	}
	return strings.Join(append(parts, ""), "\n")
}

// verifySAS checks a token in the query: its form, its time, its signature, then its rights.
func (x *exchange) verifySAS() *apiError {
	q := x.q
	if q.Has("skoid") {
		return denied("User delegation SAS is not supported by this local inbox")
	}
	account := q.Has("ss") || q.Has("srt")
	if e := x.wellFormed(account); e != nil {
		return e
	}
	var text string
	if account {
		text = accountText(x.s.cfg.Account, q)
	} else {
		resource, e := x.signedResource()
		if e != nil {
			return e
		}
		text = serviceText(q, resource)
	}
	from, to, rights, e := x.grant(account)
	if e != nil {
		return e
	}
	now := x.now()
	if e := inTime(from, to, now); e != nil {
		return e
	}
	if !hmac.Equal([]byte(q.Get("sig")), []byte(x.s.sign(text))) {
		return denied("Signature did not match. String to sign used was " + text)
	}
	x.access = access{rights: rights}
	return x.permitted(account)
}

// wellFormed checks the fields that every SAS must have, in the service's words.
func (x *exchange) wellFormed(account bool) *apiError {
	q := x.q
	must := []string{"sv", "sr", "sig"}
	switch {
	case account:
		must = []string{"sv", "ss", "srt", "se", "sp", "sig"}
	case !q.Has("si"):
		must = []string{"sv", "sr", "se", "sp", "sig"}
	}
	for _, k := range must {
		if q.Get(k) == "" {
			return denied(k + " is mandatory. Cannot be empty")
		}
	}
	for k, v := range q {
		if len(v) > 1 && len(k) <= 5 && k != "comp" {
			return denied(clip(k) + " is given more than once")
		}
	}
	if !validVersion(q.Get("sv")) {
		return denied("sv is not in a valid format or not supported")
	}
	sig, err := base64.StdEncoding.DecodeString(q.Get("sig"))
	if err != nil {
		return denied("Signature is not a valid base64 string")
	}
	if len(sig) != 32 {
		return denied("Signature size is invalid")
	}
	if p := q.Get("spr"); q.Has("spr") && p != "https" && p != "https,http" {
		return denied("Signature fields not well formed.")
	}
	for _, l := range q.Get("sp") {
		if !strings.ContainsRune("racwdxyltfmeopiu", l) {
			return denied("Signature fields not well formed.")
		}
	}
	return nil
}

// signedResource returns the canonical name that a service SAS of the request's sr is over.
func (x *exchange) signedResource() (string, *apiError) {
	wrong := denied("The signed resource is not allowed for this resource level")
	if x.t.container == "" {
		return "", wrong
	}
	base := "/blob/" + x.s.cfg.Account + "/" + x.t.container
	switch x.q.Get("sr") {
	case "c":
		return base, nil
	case "b":
		if x.t.blob == "" {
			return "", wrong
		}
		return base + "/" + x.t.blob, nil
	case "d":
		depth, err := strconv.Atoi(x.q.Get("sdd"))
		if err != nil || depth < 0 || x.q.Get("sv") < "2020-02-10" { // before, sr was not signed or d not known
			return "", denied("sdd is mandatory for a directory. Signed directory depth is invalid")
		}
		path := x.t.blob
		if x.op.Kind == ListBlobs {
			path = strings.TrimSuffix(x.q.Get("prefix"), "/")
		}
		if depth == 0 {
			return base, nil
		}
		parts := strings.Split(path, "/")
		if len(parts) < depth || path == "" {
			return "", denied("Directory Depth Invalid")
		}
		dir := strings.Join(parts[:depth], "/")
		x.folder = dir + "/"
		return base + "/" + dir, nil
	}
	return "", denied("sr is not supported: only c, b and d are")
}

// grant returns dates and rights, from the token and the stored policy that it refers to.
func (x *exchange) grant(account bool) (from, to time.Time, rights string, e *apiError) {
	q := x.q
	bad := denied("Signature fields not well formed.")
	var ok bool
	if from, ok = parseTime(q.Get("st")); !ok {
		return from, to, "", bad
	}
	if to, ok = parseTime(q.Get("se")); !ok {
		return from, to, "", bad
	}
	rights = q.Get("sp")
	if !account && q.Get("si") != "" {
		p, found := x.s.policy(x.t.container, q.Get("si"))
		if !found {
			return from, to, "",
				denied("SAS identifier cannot be found for specified signed identifier")
		}
		both := denied("Access policy fields can be associated with signature or SAS identifier but not both")
		if !p.From.IsZero() && !from.IsZero() || !p.To.IsZero() && !to.IsZero() || p.Rights != "" &&
			rights != "" {
			return from, to, "", both
		}
		if from.IsZero() {
			from = p.From
		}
		if to.IsZero() {
			to = p.To
		}
		rights += p.Rights
	}
	switch {
	case to.IsZero():
		e = denied("Access without signed expiry invalid")
	case rights == "":
		e = denied("Access without signed permissions invalid")
	}
	return from, to, rights, e
}

// inTime refuses a token before and after its time.
func inTime(from, to, now time.Time) *apiError {
	const layout = http.TimeFormat
	switch {
	case from.IsZero() && !now.Before(to):
		return denied("Signed expiry time [" + to.UTC().Format(layout) +
			"] must be after signed start time [" +
			now.UTC().Format(layout) + "]")
	case !from.IsZero() && !from.Before(to):
		return denied("Signed expiry time [" + to.UTC().Format(layout) +
			"] must be after signed start time [" +
			from.UTC().Format(layout) + "]")
	case now.Before(from) || !now.Before(to):
		return denied("Signature not valid in the specified time frame: Start [" +
			from.UTC().Format(layout) +
			"] - Expiry [" + to.UTC().Format(layout) + "] - Current [" + now.UTC().Format(layout) +
			"]")
	}
	return nil
}

// parseTime reads a date in one of the service's forms
// (rest/api/storageservices/formatting-datetime-values). The empty text is the zero time.
func parseTime(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	if _, fraction, ok := strings.Cut(s, "."); ok {
		digits := strings.IndexFunc(fraction, func(r rune) bool { return r < '0' || r > '9' })
		if digits < 1 || digits > 7 {
			return time.Time{}, false
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// permitted checks protocol, address, kind and rights of a token whose signature holds.
func (x *exchange) permitted(account bool) *apiError {
	q, n := x.q, needs[x.op.Kind]
	if q.Get("spr") == "https" && x.r.TLS == nil {
		return fail("AuthorizationProtocolMismatch")
	}
	if sip := q.Get("sip"); sip != "" && !inRange(sip, x.r.RemoteAddr) {
		e := fail("AuthorizationSourceIPMismatch")
		host, _, _ := net.SplitHostPort(x.r.RemoteAddr)
		e.fields = [][2]string{{"SourceIP", host}}
		return e
	}
	if account {
		switch {
		case !strings.Contains(q.Get("ss"), "b"):
			return fail("AuthorizationServiceMismatch")
		case n.kind == 0:
			return fail("AuthorizationFailure")
		case !strings.Contains(q.Get("srt"), string(n.kind)):
			return fail("AuthorizationResourceTypeMismatch")
		}
	} else if !n.service {
		return fail("AuthorizationFailure")
	}
	if !account && x.op.Kind == ListBlobs && q.Get("sr") == "b" {
		return denied("The signed resource is not allowed for this resource level")
	}
	if x.op.Kind != AccountProps && !x.access.has(n.letters) {
		return fail("AuthorizationPermissionMismatch")
	}
	return nil
}

// inRange reports whether the remote address is the one, or in the range a-b, of sip.
func inRange(sip, remote string) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return false
	}
	first, last, isRange := strings.Cut(sip, "-")
	if !isRange {
		last = first
	}
	ip, a, b := net.ParseIP(host).To16(), net.ParseIP(first).To16(), net.ParseIP(last).To16()
	return ip != nil && a != nil && b != nil && bytes.Compare(ip, a) >= 0 &&
		bytes.Compare(ip, b) <= 0
}
