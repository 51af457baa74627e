package scan

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"inboxuploader/uploader/problem"
)

// The service's limits on a blob's name: "Naming and Referencing Containers, Blobs, and Metadata"
// in the documentation of Azure's storage. It counts characters without saying which; UTF-16 code
// units are the largest of the candidates (one for most characters, two for an emoji), so a name
// within the limit here is within it there.
const (
	MaxNameUnits    = 1024
	maxNameSegments = 254
)

// replacement replaces a character that the service would refuse or reinterpret. It is a single
// character, so that a name never grows, and every file system accepts it.
const replacement = '_'

// Name is a file's name in the inbox.
type Name struct {
	// Blob is the complete name inside the container, with the prefix and not escaped: exactly what
	// the service stores.
	Blob string
	// Renamed says that Blob is not just the prefix and the path, since the service would have
	// refused or silently changed these.
	Renamed bool
	// Warnings says what a reader on Windows loses. It is nil for most names and has each code at
	// most once.
	Warnings []NameWarning
}

// NameWarning is a property of a name that the service keeps but some readers don't support.
type NameWarning string

// The warnings. There is none for two names that differ only by case, since one name alone can't
// show that.
const (
	// WarnReserved: a segment such as CON or nul.txt is a device on Windows.
	WarnReserved NameWarning = "windows-reserved-name"
	// WarnCharacter: one of < > : " | ? * can't be in a file's name on Windows.
	WarnCharacter NameWarning = "windows-character"
	// WarnTrailingSpace: Windows drops a space at a segment's end.
	WarnTrailingSpace NameWarning = "windows-trailing-space"
)

// NameWarnings returns all warnings. The slice is the caller's.
func NameWarnings() []NameWarning {
	return []NameWarning{WarnReserved, WarnCharacter, WarnTrailingSpace}
}

// Why says what a reader on Windows loses, as the end of a sentence.
func (w NameWarning) Why() string {
	switch w {
	case WarnReserved:
		return "Windows keeps this name for a device"
	case WarnCharacter:
		return "Windows allows none of < > : \" | ? * in a name"
	case WarnTrailingSpace:
		return "Windows drops a space at the end"
	}
	return string(w)
}

// PlanName returns the name under which the service will store the file rel below prefix, before
// anything is sent.
//
// rel is a path with slashes; its first segment is the name of the file or folder that the person
// gave. prefix is [token.Inbox.Prefix], taken as it is except for slashes at its ends, and counted
// in the limits. If the service would silently change a name, or refuse it although a similar name
// will do, PlanName changes it and marks it as Renamed:
//
//   - It drops dots at the end of a segment, which the service strips.
//   - It replaces a backslash, which the service turns into a slash, and characters that the
//     service refuses (U+0000 to 1F, 7F, 81, 8D, 8F, 90, 9D, the private range from U+E000, code
//     points that are no characters, bytes that are not UTF-8) with an underscore.
//   - It drops empty segments, from double, leading or trailing slashes.
//   - It joins letters with separate accents (NFD, as macOS writes them) to NFC.
//
// Errors are [*problem.Error]s that wrap ErrName: NameDots for a segment of only dots, which would
// lead to another folder; NameTooLong above 1,024 UTF-16 code units; NameTooDeep above 254
// segments; NameRefused if nothing is left.
//
// The result begins with the prefix, satisfies all the rules above, and planning it again changes
// nothing. PlanName does not block, is safe for concurrent use, and allocates only to join the
// prefix, change the name or add a warning.
func PlanName(prefix, rel string) (Name, error) {
	prefix = strings.Trim(prefix, "/")
	var n Name
	planned, units, segments, err := planPath(rel, &n)
	if err != nil {
		return Name{}, err
	}
	if prefix != "" {
		u, s := MeasureName(prefix)
		units += u + 1
		segments += s
		n.Blob = prefix + "/" + planned
	} else {
		n.Blob = planned
	}
	switch {
	case units > MaxNameUnits:
		return Name{}, problem.New("name", rel, problem.NameTooLong)
	case segments > maxNameSegments:
		return Name{}, problem.New("name", rel, problem.NameTooDeep)
	}
	return n, nil
}

// planPath plans every segment of rel and returns the result with its length and number of
// segments. It builds a copy only from the first change on.
func planPath(rel string, n *Name) (planned string, units, segments int, err error) {
	var changed []byte
	building := false
	for start := 0; start <= len(rel); {
		end := strings.IndexByte(rel[start:], '/')
		if end < 0 {
			end = len(rel)
		} else {
			end += start
		}
		segment := rel[start:end]
		out, u, err := planSegment(segment)
		if err != "" {
			return "", 0, 0, problem.New("name", rel, err)
		}
		if !building && out != segment || out == "" {
			if !building {
				building = true
				changed = append(make([]byte, 0, len(rel)), rel[:max(0, start-1)]...)
			}
			n.Renamed = true
		}
		if out != "" {
			n.warn(out)
			segments++
			units += u
			if building {
				if len(changed) > 0 {
					changed = append(changed, '/')
				}
				changed = append(changed, out...)
			}
		}
		start = end + 1
	}
	if segments == 0 {
		return "", 0, 0, problem.New("name", rel, problem.NameRefused)
	}
	if building {
		rel = string(changed)
	}
	return rel, units + segments - 1, segments, nil
}

// planSegment returns what the service will store for one segment, its length in UTF-16 code units,
// and a reason if it can't be stored. An empty segment stays empty. The result is the argument
// itself if nothing changes.
func planSegment(s string) (out string, units int, refused problem.Reason) {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '\\' {
			plain = false
			break
		}
	}
	out = s
	if !plain {
		out = joinAccents(replaceRefused(s))
	}
	trimmed := strings.TrimRight(out, ".")
	if trimmed == "" && out != "" {
		return "", 0, problem.NameDots
	}
	if plain {
		return trimmed, len(trimmed), ""
	}
	return trimmed, utf16Len(trimmed), ""
}

// replaceRefused puts an underscore where the service refuses or reinterprets a character.
func replaceRefused(s string) string {
	at := -1
	for i, r := range s {
		if refusedRune(r) || r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			at = i
			break
		}
	}
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:at])
	for i := at; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteByte(replacement)
			if loneSurrogate(s[i:]) {
				size = 3
			}
		case refusedRune(r):
			b.WriteByte(replacement)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// loneSurrogate reports whether s begins with half of a UTF-16 pair, in the three bytes that
// package os makes of it when a name on Windows has one.
func loneSurrogate(s string) bool {
	return len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80
}

// refusedRune reports whether the service refuses the character in a name, or takes it for a slash.
func refusedRune(r rune) bool {
	switch {
	case r < 0x20, r == 0x7F, r == '\\':
		return true
	case r < 0x81:
		return false
	case r <= 0x9D:
		return r == 0x81 || r == 0x8D || r == 0x8F || r == 0x90 || r == 0x9D
	case r < 0xE000:
		return false
	default: // the private range, and the code points that are no characters
		return r <= 0xF8FF || r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE
	}
}

// joinAccents returns s in the normal form NFC. Package norm splits very long runs of accents with
// a joiner, and another pass may split them differently; joinAccents stops after a few passes.
func joinAccents(s string) string {
	for range 4 {
		if norm.NFC.IsNormalString(s) {
			break
		}
		s = norm.NFC.String(s)
	}
	return s
}

// MeasureName returns a path's length in UTF-16 code units and its number of segments.
func MeasureName(path string) (units, segments int) {
	return utf16Len(path), strings.Count(path, "/") + 1
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// warn adds what a reader on Windows loses of the segment.
func (n *Name) warn(segment string) {
	if segment[len(segment)-1] == ' ' {
		n.addWarning(WarnTrailingSpace)
	}
	for i := range len(segment) {
		switch segment[i] {
		case '<', '>', ':', '"', '|', '?', '*':
			n.addWarning(WarnCharacter)
		}
	}
	if reservedOnWindows(segment) {
		n.addWarning(WarnReserved)
	}
}

func (n *Name) addWarning(w NameWarning) {
	for _, have := range n.Warnings {
		if have == w {
			return
		}
	}
	n.Warnings = append(n.Warnings, w)
}

// reservedOnWindows reports whether Windows takes the segment for a device. The text after the
// first dot does not matter, nor do spaces before it. COM and LPT need a digit, which may be
// superscript ("Naming Files, Paths, and Namespaces" in Windows' documentation).
func reservedOnWindows(segment string) bool {
	base, _, _ := strings.Cut(segment, ".")
	base = strings.TrimRight(base, " ")
	if len(base) < 3 || len(base) > 5 {
		return false
	}
	for _, device := range [...]string{"CON", "PRN", "AUX", "NUL"} {
		if strings.EqualFold(base, device) {
			return true
		}
	}
	if strings.EqualFold(base[:3], "COM") || strings.EqualFold(base[:3], "LPT") {
		switch base[3:] {
		case "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
			return true
		}
	}
	return false
}
