package token

import (
	"net/url"
	"strings"
	"time"

	"inboxuploader/uploader/problem"
)

// assemble makes links of a text in which no link is signed: of a query, or of a signature beside
// the fields that are stated. It returns nothing where there is neither, so that the unsigned links
// are judged as they are.
func (p *parser) assemble(text string, said stated, links []link) ([]link, error) {
	query, ok := findQuery(text)
	assumed := false
	if !ok {
		sig := said[fieldToken]
		if !isSignature(sig) {
			if len(links) == 0 && said.describesToken() {
				return nil, refuseSignature(sig)
			}
			return nil, nil
		}
		var err error
		if query, assumed, err = said.query(sig); err != nil {
			return nil, err
		}
	}
	for _, l := range links {
		if p.isEndpoint(l.address) {
			l.query, l.assumedRights = query, assumed
			if c := said.container(); c != "" && p.lacksContainer(l.address) {
				l.address, l.assembled = strings.TrimRight(l.address, "/")+"/"+c, true
			}
			return []link{l}, nil
		}
	}
	address, err := said.address()
	if err != nil {
		return nil, err
	}
	return []link{{address: address, query: query, assembled: true, assumedRights: assumed}}, nil
}

// lacksContainer reports whether the address of an endpoint names nothing below the account.
func (p *parser) lacksContainer(address string) bool {
	_, host, path, _ := splitAddress(address)
	e, _ := p.endpoint(host)
	path = strings.Trim(path, "/")
	return path == "" || e.pathStyle && !strings.Contains(path, "/")
}

// query puts a query together from a signature and the fields beside it. The documentation's fields
// don't say what the token permits, which is signed too: without a field sp the rights are assumed
// to be those of an inbox, to write and nothing else, and the second result is true.
func (s stated) query(sig string) (string, bool, error) {
	from, to := strings.ReplaceAll(s[fieldValidFrom], " ", ""),
		strings.ReplaceAll(s[fieldValidTo], " ", "")
	if s[fieldDate] == "" {
		return "", false, refuse(problem.TokenIncomplete, fieldDate)
	}
	if to == "" && s["si"] == "" {
		return "", false, refuse(problem.TokenIncomplete, fieldValidTo)
	}
	for _, d := range []pair{{fieldValidFrom, from}, {fieldValidTo, to}} {
		if _, ok := parseDate(d.value); d.value != "" && !ok {
			return "", false, refuse(problem.TokenDateUnclear, printable(d.label, d.value))
		}
	}
	sp, sr, spr := s["sp"], s["sr"], s["spr"]
	assumed := sp == "" && s["si"] == ""
	if assumed {
		sp = "w"
	}
	if sr == "" {
		sr = "c"
	}
	if spr == "" {
		spr = "https"
	}
	var b strings.Builder
	for _, p := range []pair{{"sv", s[fieldDate]}, {"st", from}, {"se", to}, {"sr", sr}, {"sp", sp}, {"spr", spr}, {"sip", s["sip"]}, {"si", s["si"]}, {"sig", unescape(sig)}} {
		if p.value != "" {
			b.WriteString("&" + p.label + "=" + url.QueryEscape(unescape(p.value)))
		}
	}
	return b.String()[1:], assumed, nil
}

// address puts the address together for a token that came without one.
func (s stated) address() (string, error) {
	host := s[fieldAddress]
	if host == "" {
		host = s[fieldInboxID]
	}
	if host == "" && (s.describesToken() || s[fieldTID] != "") {
		return "", refuse(problem.TokenIncomplete, fieldInboxID)
	}
	if host == "" {
		return "", refuse(problem.NoAddress, "")
	}
	scheme, rest, ok := strings.Cut(host, "://")
	if !ok {
		scheme, rest = "https", host
	}
	rest, _, _ = strings.Cut(rest, "?")
	rest = strings.Trim(rest, "/")
	if name, _ := hostWithoutPort(rest); !strings.Contains(rest, "/") && s[fieldAddress] == "" &&
		!strings.Contains(name, ".blob.") {
		rest += ".blob.core.windows.net"
	}
	container := s.container()
	if _, path, _ := strings.Cut(rest, "/"); path == "" || container != "" &&
		s[fieldAddress] != "" && !strings.Contains(path, container) {
		if container == "" {
			return "", refuse(problem.TokenIncomplete, fieldTID)
		}
		rest += "/" + container
	}
	return scheme + "://" + rest, nil
}

// container is the container's name by what is stated: a number is the last part of a name that
// begins with the workspace's, anything else is the name itself.
func (s stated) container() string {
	if c := s[fieldContainer]; c != "" {
		return c
	}
	if s[fieldWsID] != "" && strings.Trim(s[fieldTID], "0123456789") == "" && s[fieldTID] != "" {
		return s[fieldWsID] + "-" + s[fieldTID]
	}
	return s[fieldTID]
}

// state lets what is stated win over what was read, and warns where the two differ in what the
// storage will hold the token to.
func (t *Token) state(said stated) error {
	differ := func(name string) { t.warn(warnDiffers, name) }
	for _, f := range []struct {
		name string
		to   *string
	}{{fieldInboxID, &t.Inbox.InboxID}, {fieldWsID, &t.Inbox.WsID}, {fieldTID, &t.Inbox.TID}, {fieldDate, &t.Version}} {
		if v := said[f.name]; v != "" && v != *f.to {
			if *f.to != "" && (f.name == fieldInboxID || f.name == fieldDate) {
				differ(f.name)
			}
			*f.to = v
		}
	}
	for _, f := range []struct {
		name string
		to   *time.Time
	}{{fieldValidFrom, &t.ValidFrom}, {fieldValidTo, &t.ValidTo}} {
		v := said[f.name]
		if v == "" {
			continue
		}
		when, ok := parseStatedDate(v)
		sameDay := ok && isDay(v) && !f.to.IsZero() && when.Equal(f.to.Truncate(24*time.Hour))
		switch {
		case !ok && f.to.IsZero():
			return refuse(problem.TokenDateUnclear, printable(f.name, v))
		case !ok:
			differ(f.name)
		case !sameDay: // a day alone says less than the link
			if !f.to.IsZero() && !when.Equal(*f.to) {
				differ(f.name)
			}
			*f.to = when
		}
	}
	return nil
}
