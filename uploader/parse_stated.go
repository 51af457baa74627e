package uploader

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The fields of the workspace's documentation, and those that complete a signature.
const (
	fieldInboxID   = "inboxid"
	fieldWsID      = "wsid"
	fieldTID       = "tid"
	fieldDate      = "date"
	fieldValidFrom = "valid_from"
	fieldValidTo   = "valid_to"
	fieldToken     = "token"
	fieldAddress   = "address"
	fieldContainer = "container"
)

// labels are the names under which a field is written, spaces, underscores and hyphens left out.
var labels = map[string]string{
	"inboxid": fieldInboxID, "inbox": fieldInboxID, "inboxname": fieldInboxID, "account": fieldInboxID,
	"accountname": fieldInboxID, "storageaccount": fieldInboxID, "storageaccountname": fieldInboxID,
	"wsid": fieldWsID, "workspaceid": fieldWsID, "workspace": fieldWsID,
	"tid": fieldTID, "tokenid": fieldTID,
	"date": fieldDate, "sv": fieldDate, "version": fieldDate, "signedversion": fieldDate,
	"validfrom": fieldValidFrom, "st": fieldValidFrom, "starts": fieldValidFrom,
	"validto": fieldValidTo, "validuntil": fieldValidTo, "se": fieldValidTo, "expires": fieldValidTo, "expiry": fieldValidTo,
	"token": fieldToken, "uploadtoken": fieldToken, "sas": fieldToken, "sastoken": fieldToken, "sasurl": fieldToken,
	"sasuri": fieldToken, "signature": fieldToken, "sig": fieldToken, "url": fieldToken, "link": fieldToken,
	"address": fieldAddress, "storage": fieldAddress, "endpoint": fieldAddress, "host": fieldAddress,
	"container": fieldContainer, "containername": fieldContainer,
	"sp": "sp", "permissions": "sp", "sr": "sr", "spr": "spr", "protocol": "spr", "sip": "sip", "si": "si", "policy": "si",
}

// telling are the fields that make a text a field form; the others occur in any mail.
var telling = []string{fieldInboxID, fieldWsID, fieldTID, fieldValidFrom, fieldValidTo, fieldToken}

// stated holds the fields that stand in a text, by the names above.
type stated map[string]string

// describesToken reports whether so much is stated that the text was meant as a token's fields.
func (s stated) describesToken() bool {
	n := 0
	for _, name := range telling {
		if s[name] != "" {
			n++
		}
	}
	return n >= 2
}

var (
	// labelled splits "label: value" with the separators of YAML, properties files and tables.
	labelled   = regexp.MustCompile(`^[\s|*•+"'{,-]*([A-Za-z]+(?:[ _-][A-Za-z]+){0,2})(["'*]*(?:\s*(?::|=>|=|\|)\s*|\s+))(.*)$`)
	labelAlone = regexp.MustCompile(`^[\s|*•"'-]*([A-Za-z][A-Za-z]*(?:[ _-][A-Za-z]+){0,2})["'*]*\s*[:|]?[\s|]*$`)
	// plainName is what a workspace's name may consist of. It keeps whatever is no name out of what is printed.
	plainName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$`)
	ruler     = regexp.MustCompile(`^[\s|:+=-]*$`)
)

// field returns the name of the field that a label stands for, or "".
func field(label string) string {
	return labels[strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(label))]
}

// readStated returns the fields that stand in the text, and the text in which to look for links.
func readStated(text string) (stated, string, error) {
	s := stated{}
	if pairs, ok := readJSON(text); ok {
		var links []string
		for _, p := range pairs {
			if err := s.put(p.label, p.value); err != nil {
				return nil, "", err
			}
			links = append(links, p.value)
		}
		return s, strings.Join(links, "\n\"\n"), nil // a quote ends a link, complete or not
	}
	lines := strings.Split(text, "\n")
	if i := slices.IndexFunc(lines, func(l string) bool { return len(headings(l)) >= 3 }); i >= 0 {
		if err := s.readColumns(lines[i:]); err != nil {
			return nil, "", err
		}
	}
	for i, line := range lines {
		label, value, ok := splitLine(line)
		if !ok {
			if m := labelAlone.FindStringSubmatch(line); m != nil && slices.Contains(telling, field(m[1])) {
				label, value = m[1], nextLine(lines[i+1:])
			}
		}
		if err := s.put(label, value); err != nil {
			return nil, "", err
		}
	}
	return s, text, nil
}

// splitLine splits a line of the form "label: value". A mere space separates a label only from a single word, lest
// prose be taken for fields.
func splitLine(line string) (label, value string, ok bool) {
	m := labelled.FindStringSubmatchIndex(line)
	if m == nil {
		return "", "", false
	}
	label, separator, end := line[m[2]:m[3]], line[m[4]:m[5]], m[6]
	for field(label) == "" { // the label is shorter: some of its words are the value's
		i := strings.LastIndexByte(label, ' ')
		if i < 0 {
			return "", "", false
		}
		end, label, separator = m[2]+i+1, label[:i], " "
	}
	value = strings.Trim(line[end:], " \t|\"',;*`")
	if value == "" || separator == " " && strings.ContainsAny(value, " \t") {
		return "", "", false
	}
	return label, value, true
}

// isStatedLine reports whether text begins with a line that states a field and so continues no link. A parameter at
// the start of a line is taken for a piece of the link.
func isStatedLine(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	if m := labelAlone.FindStringSubmatch(line); m != nil && slices.Contains(telling, field(m[1])) {
		return true
	}
	label, _, ok := splitLine(line)
	return ok && !(slices.Contains(signed, label) && strings.HasPrefix(line, label+"="))
}

// nextLine returns the first line that is not empty, unless it is a label itself.
func nextLine(lines []string) string {
	for _, l := range lines {
		if l = strings.Trim(l, " \t|\"',;"); l != "" {
			if field(l) != "" {
				return ""
			}
			return l
		}
	}
	return ""
}

// headings returns the fields that a table's head names, or nil if one of its cells names none.
func headings(line string) []string {
	var names []string
	for _, c := range cells(line) {
		f := field(c)
		if f == "" {
			return nil
		}
		names = append(names, f)
	}
	return names
}

func cells(line string) []string {
	sep := "\t"
	switch {
	case strings.Contains(line, "|"):
		sep = "|"
	case !strings.Contains(line, "\t"):
		sep = ","
	}
	parts := strings.Split(strings.Trim(line, " |\t"), sep)
	for i := range parts {
		parts[i] = strings.Trim(parts[i], " \t\"'`*")
	}
	return parts
}

// readColumns reads a table whose head names the fields and whose next row holds the values.
func (s stated) readColumns(lines []string) error {
	names := headings(lines[0])
	for _, l := range lines[1:] {
		if ruler.MatchString(l) {
			continue
		}
		values := cells(l)
		if len(values) != len(names) {
			return nil
		}
		for i, name := range names {
			if err := s.put(name, values[i]); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// put keeps a value under its field's name. Two values for one field are a contradiction.
func (s stated) put(label, value string) error {
	name := field(label)
	value = strings.TrimSpace(value)
	if name == "" || value == "" || len(value) > 4096 || value == "-" || strings.EqualFold(value, "null") || strings.EqualFold(value, "n/a") {
		return nil
	}
	if name == fieldDate && !isDay(value) {
		return nil // the date of a mail
	}
	switch name {
	case fieldInboxID, fieldWsID, fieldTID, fieldContainer:
		if !plainName.MatchString(value) {
			return nil // a sentence behind the word "inbox:"
		}
	}
	before, ok := s[name]
	switch {
	case !ok:
		s[name] = value
	case before == value || !slices.Contains(telling, name):
	case name == fieldToken:
		if isSignature(before) && isSignature(value) {
			return refuse(SeveralTokens, "")
		}
		if strings.Contains(value, "sig=") || isSignature(value) {
			s[name] = value
		}
	default:
		return refuse(FieldsContradict, name+valueTwice)
	}
	return nil
}

// pair is a member of a JSON object.
type pair struct{ label, value string }

// readJSON returns the members of the JSON object in the text, those of inner objects included, in their order.
func readJSON(text string) ([]pair, bool) {
	from, to := strings.Index(text, "{"), strings.LastIndex(text, "}")
	if from < 0 || to < from {
		return nil, false
	}
	raw := []byte(text[from : to+1])
	if !json.Valid(raw) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var pairs []pair
	key, depth, isKey := "", []bool{}, false
	for {
		tok, err := d.Token()
		if err != nil {
			return pairs, len(pairs) > 0 // the text is valid, so this is its end
		}
		if delim, ok := tok.(json.Delim); ok {
			switch delim {
			case '{', '[':
				depth = append(depth, delim == '{')
			default:
				depth = depth[:len(depth)-1]
			}
			isKey = len(depth) > 0 && depth[len(depth)-1]
			continue
		}
		inObject := len(depth) > 0 && depth[len(depth)-1]
		if inObject && isKey {
			key, isKey = tok.(string), false
			continue
		}
		switch v := tok.(type) {
		case string:
			pairs = append(pairs, pair{key, v})
		case json.Number:
			pairs = append(pairs, pair{key, v.String()})
		}
		isKey = inObject
	}
}

// query puts a query together from a signature and the fields beside it. The documentation's fields don't say what the
// token permits, which is signed too: without a field sp the rights are assumed to be those of an inbox, to write and
// nothing else, and the second result is true.
func (s stated) query(sig string) (string, bool, error) {
	from, to := strings.ReplaceAll(s[fieldValidFrom], " ", ""), strings.ReplaceAll(s[fieldValidTo], " ", "")
	if s[fieldDate] == "" {
		return "", false, refuse(TokenIncomplete, fieldDate)
	}
	if to == "" && s["si"] == "" {
		return "", false, refuse(TokenIncomplete, fieldValidTo)
	}
	for _, d := range []pair{{fieldValidFrom, from}, {fieldValidTo, to}} {
		if _, ok := parseDate(d.value); d.value != "" && !ok {
			return "", false, refuse(TokenDateUnclear, printable(d.label, d.value))
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
		return "", refuse(TokenIncomplete, fieldInboxID)
	}
	if host == "" {
		return "", refuse(NoAddress, "")
	}
	scheme, rest, ok := strings.Cut(host, "://")
	if !ok {
		scheme, rest = "https", host
	}
	rest, _, _ = strings.Cut(rest, "?")
	rest = strings.Trim(rest, "/")
	if name, _ := hostWithoutPort(rest); !strings.Contains(rest, "/") && s[fieldAddress] == "" && !strings.Contains(name, ".blob.") {
		rest += ".blob.core.windows.net"
	}
	container := s.container()
	if _, path, _ := strings.Cut(rest, "/"); path == "" || container != "" && s[fieldAddress] != "" && !strings.Contains(path, container) {
		if container == "" {
			return "", refuse(TokenIncomplete, fieldTID)
		}
		rest += "/" + container
	}
	return scheme + "://" + rest, nil
}

// container is the container's name by what is stated: a number is the last part of a name that begins with the
// workspace's, anything else is the name itself.
func (s stated) container() string {
	if c := s[fieldContainer]; c != "" {
		return c
	}
	if s[fieldWsID] != "" && strings.Trim(s[fieldTID], "0123456789") == "" && s[fieldTID] != "" {
		return s[fieldWsID] + "-" + s[fieldTID]
	}
	return s[fieldTID]
}

// state lets what is stated win over what was read, and warns where the two differ in what the storage will hold the
// token to.
func (t *Token) state(said stated) error {
	differ := func(name string) {
		t.Warnings = append(t.Warnings, strings.ReplaceAll(warnDiffers, "{value}", name))
	}
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
			return refuse(TokenDateUnclear, printable(f.name, v))
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
