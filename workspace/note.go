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

// Note is a delivery note: what a sender says of a delivery, in a file that goes last. All of it is
// the sender's word, and its texts may hold anything.
type Note struct {
	Name           string // of the note, in the inbox
	Message        string // to the workspace; may have several lines
	From           string // who sent it
	Written        time.Time
	Version        string // of the program
	Files, Bytes   int64  // in all, as it says
	NotDelivered   int64  // files that it names as failed
	Complete       bool   // whether it says that nothing failed
	ListsItsFiles  bool   // whether it names what was delivered
	statements     []Statement
	namesFromInbox bool // whether names are relative to the container, not to the note
}

var (
	noteName = regexp.MustCompile(`^delivery-[^/]+\.json$`)
	listName = regexp.MustCompile(`^(?:SHA256|MD5)SUMS(?: \(\d+\))?(?:\.\d+-of-\d+)?(?: \(\d+\))?$`)
)

// isNote reports whether a file in the inbox is named like a delivery note.
func isNote(name string) bool { return noteName.MatchString(path.Base(name)) }

// isList reports whether a file in the inbox is named like a list of checksums.
func isList(name string) bool { return listName.MatchString(path.Base(name)) }

// parseNote reads a delivery note. What it does not understand it leaves empty; false is for a file
// that does not say whether something is complete.
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
	n.NotDelivered = int64(len(failed))
	var files []json.RawMessage
	read("files", &files)
	n.ListsItsFiles = len(files) > 0
	n.namesFromInbox = true
	for _, f := range files {
		s, ok := parseNoted(f)
		if !ok {
			continue
		}
		n.statements = append(n.statements, s)
		n.namesFromInbox = n.namesFromInbox && strings.HasPrefix(s.Name, folderOf(name))
	}
	return n, true
}

// parseNoted reads what a note says of one file.
func parseNoted(text json.RawMessage) (s Statement, ok bool) {
	var f struct {
		Name, CRC64, SHA256, MD5 string
		Bytes                    *int64
	}
	if json.Unmarshal(text, &f) != nil || f.Name == "" {
		return s, false
	}
	s = Statement{Name: f.Name, Size: -1}
	if f.Bytes != nil && *f.Bytes >= 0 {
		s.Size = *f.Bytes
	}
	s.CRC64, s.HasCRC64 = parseCRC64(f.CRC64)
	s.SHA256, s.MD5 = parseSum(f.SHA256, 32), parseSum(f.MD5, 16)
	return s, true
}

// parseCRC64 reads a CRC-64 as receipts write it: eight bytes, least significant first, in base64,
// or a number with 0x.
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

// parseSum reads a checksum of so many bytes, or returns nil.
func parseSum(text string, size int) []byte {
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != size {
		return nil
	}
	return sum
}

// folderOf returns the folder of a name in the inbox, with the slash behind it.
func folderOf(name string) string { return name[:strings.LastIndexByte(name, '/')+1] }

// State adds what the note says of files.
func (n *Note) State(to *Statements) {
	for _, s := range n.statements {
		if !n.namesFromInbox {
			s.Name = folderOf(n.Name) + s.Name
		}
		to.Add(s)
	}
}
