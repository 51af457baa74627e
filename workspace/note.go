package workspace

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Note is a delivery note: a sender's statement about a delivery, in a file that is sent last. All
// of it is the sender's word, and its texts may contain anything.
type Note struct {
	Name         string // of the note, in the inbox
	Message      string // to the workspace; may have several lines
	From         string // the sender
	Written      time.Time
	Version      string // of the program
	Files, Bytes int64  // totals, according to the note
	NotDelivered int64  // files that failed or were left pending, according to the note
	Complete     bool   // the note says that there are no such files
	statements   []Statement
}

var (
	noteName = regexp.MustCompile(`^delivery-[^/]+\.json$`)
	listName = regexp.MustCompile(`^(?:SHA256|MD5)SUMS(?:-\d{8}T\d{6}Z)?(?: \(\d+\))?(?:\.\d+-of-\d+)?(?: \(\d+\))?$`)
)

// isNote reports whether a file in the inbox has the name of a delivery note.
func isNote(name string) bool { return noteName.MatchString(path.Base(name)) }

// isList reports whether a file in the inbox has the name of a list of checksums.
func isList(name string) bool { return listName.MatchString(path.Base(name)) }

// parseNote parses a delivery note. Fields that it does not understand stay empty; it returns false
// for a file that does not say whether the delivery is complete.
func parseNote(name string, text []byte) (Note, bool) {
	n := Note{Name: name}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil || json.Unmarshal(fields["complete"], &n.Complete) != nil {
		return n, false
	}
	read := func(field string, into any) { _ = json.Unmarshal(fields[field], into) } // or it stays empty
	read("message", &n.Message)
	read("from", &n.From)
	read("version", &n.Version)
	var at string
	read("time", &at)
	n.Written, _ = time.Parse(time.RFC3339, at) // likewise
	var totals struct{ Files, Bytes int64 }
	read("totals", &totals)
	n.Files, n.Bytes = max(totals.Files, 0), max(totals.Bytes, 0)
	var failed []json.RawMessage
	read("failed", &failed)
	var pending int64
	read("pending", &pending)
	n.NotDelivered = int64(len(failed)) + max(pending, 0)
	var files []json.RawMessage
	read("files", &files)
	for _, f := range files {
		if s, ok := parseNoted(f); ok {
			s.Name = folderOf(name) + s.Name // names are relative to the note
			n.statements = append(n.statements, s)
		}
	}
	return n, true
}

// parseNoted parses a note's statement about one file.
func parseNoted(text json.RawMessage) (s Statement, ok bool) {
	var f struct {
		Name, CRC64, SHA256, MD5, ETag string
		Delivered                      string `json:"delivered_at"`
		Bytes                          *int64
	}
	if json.Unmarshal(text, &f) != nil || f.Name == "" {
		return s, false
	}
	s = Statement{Name: f.Name, Size: -1, ETag: f.ETag}
	s.At, _ = time.Parse(time.RFC3339, f.Delivered) // or it stays empty
	if f.Bytes != nil && *f.Bytes >= 0 {
		s.Size = *f.Bytes
	}
	s.CRC64, s.HasCRC64 = parseCRC64(f.CRC64)
	s.SHA256, s.MD5 = parseSum(f.SHA256, 32), parseSum(f.MD5, 16)
	return s, true
}

// parseCRC64 parses a CRC-64 as in receipts: eight bytes, least significant first, in base64, or a
// number with 0x.
func parseCRC64(text string) (uint64, bool) {
	if sum, err := base64.StdEncoding.DecodeString(text); err == nil && len(sum) == 8 {
		return binary.LittleEndian.Uint64(sum), true
	}
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		n, err := strconv.ParseUint(digits, 16, 64)
		return n, err == nil
	}
	return 0, false
}

// parseSum parses a checksum of size bytes, or returns nil.
func parseSum(text string, size int) []byte {
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != size {
		return nil
	}
	return sum
}

// folderOf returns the folder of a name in the inbox, with a slash at the end.
func folderOf(name string) string { return name[:strings.LastIndexByte(name, '/')+1] }

// State adds the note's statements about files.
func (n *Note) State(to *Statements) {
	for _, s := range n.statements {
		to.Add(s)
	}
}
