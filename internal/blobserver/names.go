package blobserver

import (
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of names, from
// rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata.
const (
	maxBlobName   = 1024 // UTF-16 units
	maxSegments   = 254
	minContainer  = 3
	maxContainer  = 63
	maxPolicies   = 5
	maxPolicyName = 64 // characters
)

// target is the target of a request's path after the service's rewriting.
type target struct {
	account   string
	container string // empty: the account
	blob      string // empty: the container
}

// parsePath reads a request's escaped path the way the service does: it is decoded once,
// backslashes become slashes, "." and ".." segments are resolved over the whole path (so that they
// may lead into another container, never above the root), and dots at the end of a blob's segments
// are dropped. Empty segments inside a blob's name are kept.
func parsePath(escaped string) (target, *apiError) {
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return target{}, fail("InvalidUri")
	}
	path = strings.TrimPrefix(strings.ReplaceAll(path, `\`, "/"), "/")
	if path == "" {
		return target{}, fail("InvalidUri")
	}
	var segments []string
	for i, s := range strings.Split(path, "/") {
		switch s {
		case ".":
		case "..":
			if n := len(segments); n > 0 {
				segments = segments[:n-1]
			}
		default:
			segments = append(segments, s)
			continue
		}
		// A dot segment at the very end leaves a folder's name, with its slash.
		if i == strings.Count(path, "/") && len(segments) > 2 {
			segments = append(segments, "")
		}
	}
	var t target
	if len(segments) > 0 {
		t.account = segments[0]
	}
	if len(segments) > 1 {
		t.container = segments[1]
	}
	if t.container == "" && len(segments) > 2 {
		return t, fail("InvalidUri")
	}
	if len(segments) <= 2 || (len(segments) == 3 && segments[2] == "") {
		return t, nil // a slash after the container's name changes nothing
	}
	rest := segments[2:]
	for i, s := range rest {
		rest[i] = strings.TrimRight(s, ".")
	}
	t.blob = strings.Join(rest, "/")
	if e := checkBlobName(t.blob); e != nil {
		return t, e
	}
	return t, nil
}

// checkBlobName refuses the names that the service refuses. The name is already rewritten.
func checkBlobName(name string) *apiError {
	if name == "" {
		return fail("InvalidResourceName")
	}
	if !utf8.ValidString(name) {
		return fail("InvalidResourceName")
	}
	units := 0
	for _, r := range name {
		units += utf16.RuneLen(r)
		if forbidden(r) {
			return fail("InvalidResourceName")
		}
	}
	if units > maxBlobName || strings.Count(name, "/")+1 > maxSegments {
		return fail("InvalidUri")
	}
	return nil
}

// forbidden reports code points that the service does not allow in a name: control characters, five
// of the C1 range, private use and noncharacters.
func forbidden(r rune) bool {
	switch {
	case r < 0x20, r == 0x7F, r == 0x81, r == 0x8D, r == 0x8F, r == 0x90, r == 0x9D:
		return true
	case r >= 0xE000 && r <= 0xF8FF, r == 0xFFFE, r == 0xFFFF:
		return true
	}
	return false
}

// checkContainerName applies the rules for containers: 3 to 63 characters, lower-case letters,
// digits and single hyphens between them; $root, $logs and $web are the service's own and refused
// here.
func checkContainerName(name string) *apiError {
	if len(name) < minContainer || len(name) > maxContainer {
		return fail("OutOfRangeInput")
	}
	for i := range len(name) {
		c := name[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case c == '-' && i > 0 && i < len(name)-1 && name[i-1] != '-':
		default:
			return fail("InvalidResourceName")
		}
	}
	return nil
}

// checkAccountName applies the rules for storage accounts: 3 to 24 lower-case letters and digits.
func checkAccountName(name string) bool {
	if len(name) < 3 || len(name) > 24 {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
