package workspace

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"
)

// Statement is what a paper (a receipt, a list of checksums, a delivery note) states about one
// file.
type Statement struct {
	Name     string // in the inbox
	Size     int64  // bytes; negative if not stated
	ETag     string // with its quotes; "" if not stated
	CRC64    uint64 // CRC-64/NVME, if HasCRC64
	HasCRC64 bool
	SHA256   []byte    // 32 bytes; nil if not stated
	MD5      []byte    // 16 bytes; nil if not stated
	At       time.Time // when this was true, by the storage's clock; zero if not stated
}

// stated is a statement in a list.
type stated struct {
	Statement
	contradicted bool // by another statement that is not later
	found        bool
}

// Statements are the statements of any number of papers about the files of one inbox. The zero
// Statements is ready for use; [Workspace.Verify] uses it up. It takes about 300 bytes a file.
type Statements struct {
	files  map[string]*stated
	papers map[string]bool
}

// Add adds a statement about a file. If a name was delivered twice, the later delivery counts.
// Otherwise papers complete each other, and Verify finds contradictions between them.
func (s *Statements) Add(f Statement) {
	if s.files == nil {
		s.files = map[string]*stated{}
	}
	f.ETag = quotedTag(f.ETag)
	old := s.files[f.Name]
	switch {
	case old == nil:
		s.files[f.Name] = &stated{Statement: f}
	case !f.At.IsZero() && f.At.After(old.At) && !old.At.IsZero():
		old.Statement = f
	case !f.At.IsZero() && f.At.Before(old.At):
	default:
		old.merge(f)
	}
}

// Paper marks a file of the inbox as a paper, so that it does not count as additional.
func (s *Statements) Paper(name string) {
	if s.papers == nil {
		s.papers = map[string]bool{}
	}
	s.papers[name] = true
}

// of returns the statement about a file and marks the file as found; nil if there is none.
func (s *Statements) of(name string) *stated {
	if s == nil || s.files[name] == nil {
		return nil
	}
	s.files[name].found = true
	return s.files[name]
}

// Missing returns the names, sorted, of the stated files that were not among the fetched or
// compared files.
func (s *Statements) Missing() (names []string) {
	for _, f := range s.missing() {
		names = append(names, f.Name)
	}
	return names
}

// Len returns the number of stated files.
func (s *Statements) Len() int { return len(s.files) }

// merge adds another paper's statement.
func (s *stated) merge(f Statement) {
	if f.Size >= 0 {
		s.contradicted = s.contradicted || s.Size >= 0 && s.Size != f.Size
		s.Size = f.Size
	}
	if f.ETag != "" {
		s.contradicted = s.contradicted || s.ETag != "" && s.ETag != f.ETag
		s.ETag = f.ETag
	}
	if f.HasCRC64 {
		s.contradicted = s.contradicted || s.HasCRC64 && s.CRC64 != f.CRC64
		s.CRC64, s.HasCRC64 = f.CRC64, true
	}
	for _, sum := range []struct {
		mine  *[]byte
		other []byte
	}{{&s.SHA256, f.SHA256}, {&s.MD5, f.MD5}} {
		if sum.other != nil {
			s.contradicted = s.contradicted || *sum.mine != nil && !bytes.Equal(*sum.mine, sum.other)
			*sum.mine = sum.other
		}
	}
	if s.At.IsZero() {
		s.At = f.At
	}
}

// hasSum reports whether a checksum of the content is stated.
func (s *stated) hasSum() bool { return s.HasCRC64 || s.SHA256 != nil || s.MD5 != nil }

// missing returns the stated files that were not found, sorted by name.
func (s *Statements) missing() (all []*stated) {
	for _, f := range s.files {
		if !f.found {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *stated) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// quotedTag returns an ETag with its quotes, which lists leave out.
func quotedTag(tag string) string {
	if tag == "" {
		return ""
	}
	return `"` + strings.Trim(tag, `"`) + `"`
}
