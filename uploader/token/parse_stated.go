package token

import (
	"slices"
	"strings"

	"inboxuploader/uploader/problem"
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
	"inboxid": fieldInboxID, "inbox": fieldInboxID, "inboxname": fieldInboxID,
	"account":     fieldInboxID,
	"accountname": fieldInboxID, "storageaccount": fieldInboxID, "storageaccountname": fieldInboxID,
	"wsid": fieldWsID, "workspaceid": fieldWsID, "workspace": fieldWsID,
	"tid": fieldTID, "tokenid": fieldTID,
	"date": fieldDate, "sv": fieldDate, "version": fieldDate, "signedversion": fieldDate,
	"validfrom": fieldValidFrom, "st": fieldValidFrom, "starts": fieldValidFrom,
	"validto": fieldValidTo, "validuntil": fieldValidTo, "se": fieldValidTo,
	"expires": fieldValidTo, "expiry": fieldValidTo,
	"token": fieldToken, "uploadtoken": fieldToken, "sas": fieldToken, "sastoken": fieldToken,
	"sasurl": fieldToken,
	"sasuri": fieldToken, "signature": fieldToken, "sig": fieldToken, "url": fieldToken,
	"link":    fieldToken,
	"address": fieldAddress, "storage": fieldAddress, "endpoint": fieldAddress,
	"host":      fieldAddress,
	"container": fieldContainer, "containername": fieldContainer,
	"sp": "sp", "permissions": "sp", "sr": "sr", "spr": "spr", "protocol": "spr", "sip": "sip",
	"si": "si", "policy": "si",
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
	labelled   = expression(`^[\s|*•+"'{,-]*([A-Za-z]+(?:[ _-][A-Za-z]+){0,2})(["'*]*(?:\s*(?::|=>|=|\|)\s*|\s+))(.*)$`)
	labelAlone = expression(`^[\s|*•"'-]*([A-Za-z][A-Za-z]*(?:[ _-][A-Za-z]+){0,2})["'*]*\s*[:|]?[\s|]*$`)
	// plainName is what a workspace's name may consist of. It keeps whatever is no name out of what
	// is printed.
	plainName = expression(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	ruler     = expression(`^[\s|:+=-]*$`)
)

var labelGaps = strings.NewReplacer(" ", "", "_", "", "-", "")

// field returns the name of the field that a label stands for, or "".
func field(label string) string {
	return labels[strings.ToLower(labelGaps.Replace(label))]
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
			if m := labelAlone().FindStringSubmatch(line); m != nil &&
				slices.Contains(telling, field(m[1])) {
				label, value = m[1], nextLine(lines[i+1:])
			}
		}
		if field(label) == fieldToken && i+1 < len(lines) {
			if joined := value + strings.Trim(lines[i+1], " \t|\"'"); isSignature(joined) {
				value = joined
			}
		}
		if err := s.put(label, value); err != nil {
			return nil, "", err
		}
	}
	s.dropMailDate()
	return s, text, nil
}

// dropMailDate forgets a date that no other field stands beside: it is a mail's, not the token's.
func (s stated) dropMailDate() {
	for _, name := range telling {
		if name != fieldToken && s[name] != "" {
			return
		}
	}
	delete(s, fieldDate)
}

// splitLine splits a line of the form "label: value". A mere space separates a label only from a
// single word, lest prose be taken for fields.
func splitLine(line string) (label, value string, ok bool) {
	m := labelled().FindStringSubmatchIndex(line)
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
	if m := labelAlone().FindStringSubmatch(line); m != nil && slices.Contains(telling, field(m[1])) {
		return true
	}
	label, _, ok := splitLine(line)
	parameter := slices.Contains(signed, label) && strings.HasPrefix(line, label+"=")
	return ok && !parameter
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
		if ruler().MatchString(l) {
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
	if name == "" || value == "" || len(value) > 4096 || value == "-" ||
		strings.EqualFold(value, "null") || strings.EqualFold(value, "n/a") {
		return nil
	}
	if name == fieldDate && !isDay(value) {
		return nil // the date of a mail
	}
	switch name {
	case fieldInboxID, fieldWsID, fieldTID, fieldContainer:
		if len(value) > 100 || !plainName().MatchString(value) {
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
			return refuse(problem.SeveralTokens, "")
		}
		if strings.Contains(value, "sig=") || isSignature(value) {
			s[name] = value
		}
	default:
		return refuse(problem.FieldsContradict, name+problem.ValueTwice)
	}
	return nil
}
