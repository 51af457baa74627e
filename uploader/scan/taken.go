package scan

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"inboxuploader/uploader/problem"
)

// nameSet remembers the root of each taken blob name. Only roots whose names begin with the same
// segment need it. Otherwise no two names can be equal: below one root, the files and subfolders of
// a folder have different names, since settle compares a renamed one with its siblings (see
// [scanner.settle]); so by induction all paths differ.
//
// It keeps 16 bytes of each name's SHA-256 instead of the name: with the root's number about 50
// bytes for each file in Go's map, 50 MB for a million. It takes a hit for equality: among a
// hundred million names the chance of even one wrong hit is below 10^-22, far below that of the
// disk returning a wrong name, and a wrong hit refuses a file visibly and overwrites nothing.
type nameSet map[[16]byte]int32

// take claims the blob's name for a root. If it is taken already, it returns the owning root, and
// false.
func (s nameSet) take(blob string, root int32) (owner int32, ok bool) {
	sum := sha256.Sum256([]byte(blob))
	key := [16]byte(sum[:16])
	if owner, taken := s[key]; taken {
		return owner, false
	}
	s[key] = root
	return root, true
}

// nameTaken refuses a file whose name in the inbox another file has. If only the form of their
// accents differs, which a person can't see, the error shows it.
func nameTaken(f Found, other, value string) Found {
	if other == f.Source || joinAccents(other) != joinAccents(f.Source) {
		return refuseFound(f, problem.NameTaken, value)
	}
	return refuseFound(f, problem.NameTakenAccents,
		"“"+accents(filepath.Base(other))+"”, “"+accents(filepath.Base(f.Source))+"”")
}

// accents writes separate accents as \u{…}.
func accents(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.Is(unicode.Mn, r) {
			fmt.Fprintf(&b, `\u{%x}`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
