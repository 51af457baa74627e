package workspace

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"
)

// Statement is what somebody says of one file: a receipt, a list of checksums, a delivery note.
type Statement struct {
	Name     string // in the inbox
	Size     int64  // bytes; negative where it is not stated
	ETag     string // with its quotes; "" where it is not stated
	CRC64    uint64 // CRC-64/NVME, where HasCRC64 says so
	HasCRC64 bool
	SHA256   []byte    // 32 bytes, or nil where it is not stated
	MD5      []byte    // 16 bytes, or nil where it is not stated
	At       time.Time // by the storage's clock, when this was so; zero where it is not stated
}

// stated is a statement in a list.
type stated struct {
	Statement
	contradicted bool // by another that was not made later
	found        bool
}

// Statements is what is said of the files of one inbox, by any number of papers. The zero
// Statements is ready; [Workspace.Verify] uses it up. It takes some 300 bytes a file.
type Statements struct {
	files  map[string]*stated
	papers map[string]bool
}

// Add adds what is said of a file. Of two deliveries of one name the later one counts; otherwise
// what one paper does not say another may, and where two contradict each other that is found.
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

// Paper says that a file of the inbox is itself such a paper, which is not to count as additional.
func (s *Statements) Paper(name string) {
	if s.papers == nil {
		s.papers = map[string]bool{}
	}
	s.papers[name] = true
}

// of returns what is said of a file, which is now known to be there; nil for nothing.
func (s *Statements) of(name string) *stated {
	if s == nil || s.files[name] == nil {
		return nil
	}
	s.files[name].found = true
	return s.files[name]
}

// Missing returns the names, in their order, of the files that something is said of and that were
// not among those that were fetched or compared.
func (s *Statements) Missing() (names []string) {
	for _, f := range s.missing() {
		names = append(names, f.Name)
	}
	return names
}

// Len returns how many files something is said of.
func (s *Statements) Len() int { return len(s.files) }

// merge adds what another paper says.
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

// missing returns what was not found, in the order of names.
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
