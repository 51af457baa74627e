package blobserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// place moves src, complete and on disk, to the path for the blob's content, and returns that path.
// had is the path of the name's current content, "" if it has none: a name keeps its path.
//
// A new name gets its readable path if the file system allows it and the path is free: neither
// another blob has it (names that differ only by case or normalisation, or "a" beside "a/b") nor a
// file that isn't ours. Otherwise the content goes into the hidden folder, under a hash of its
// name. If no rename works, the content stays where it is, which is a valid place too: the next
// start tries again.
func (c *container) place(name, src, had string) string {
	c.placing.Lock()
	defer c.placing.Unlock()
	if had != "" && !c.temporary(had) {
		if err := c.s.root.Rename(src, had); err == nil {
			return had
		} else if c.s.log != nil {
			c.s.log.Warn("blob stays in the hidden folder", "container", c.name, "error", err)
		}
		return src
	}
	if p, ok := c.plainPath(name); ok && c.makeRoom(p) {
		if err := c.s.root.Rename(src, p); err == nil {
			return p
		}
	}
	odd := c.oddPath(name)
	if err := c.s.root.Rename(src, odd); err != nil {
		c.s.log.Warn("blob stays where it arrived", "container", c.name, "error", err)
		return src
	}
	return odd
}

// temporary reports whether p is a file that is not yet in its place.
func (c *container) temporary(p string) bool {
	return strings.HasPrefix(p, c.dir+"/incoming/") || strings.HasPrefix(p, c.dir+"/staging/")
}

// makeRoom creates the folders for p and reports whether p itself is free.
func (c *container) makeRoom(p string) bool {
	if _, err := c.s.root.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return c.s.root.MkdirAll(path.Dir(p), 0o777) == nil
}

// find returns where the content of a name that was placed earlier is, "" if it is gone.
func (c *container) find(name string) string {
	if odd := c.oddPath(name); c.isFile(odd) {
		return odd
	}
	if p, ok := c.plainPath(name); ok && c.isFile(p) {
		return p
	}
	return ""
}

func (c *container) isFile(p string) bool {
	st, err := c.s.root.Lstat(p)
	return err == nil && st.Mode().IsRegular()
}

// oddPath is the path of a name that can't have its own.
func (c *container) oddPath(name string) string {
	sum := sha256.Sum256([]byte(name))
	return path.Join(c.dir, "odd", hex.EncodeToString(sum[:16]))
}

// stagingPath returns the path of a new staging file.
func (c *container) stagingPath() string { return path.Join(c.dir, "staging", newID()) }

// incomingPath returns the path of a new file for content that is arriving.
func (c *container) incomingPath() string { return path.Join(c.dir, "incoming", newID()) }

// plainPath returns the readable path of a name, false if the file system can't hold it.
func (c *container) plainPath(name string) (string, bool) {
	if len(name) > 2000 || !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", false
	}
	for s := range strings.SplitSeq(name, "/") {
		// Empty and dot segments would be taken for something else; 240 leaves room below the usual
		// 255 bytes.
		if s == "" || s == "." || s == ".." || len(s) > 240 {
			return "", false
		}
		if runtime.GOOS == "windows" && (strings.ContainsAny(s, `<>:"|?*`) ||
			strings.HasSuffix(s, " ") || deviceName(s)) {
			return "", false
		}
	}
	return c.tree + "/" + name, true
}

// deviceName reports names that Windows keeps for devices, with or without an extension.
func deviceName(s string) bool {
	base, _, _ := strings.Cut(strings.ToLower(s), ".")
	switch base {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	return len(base) == 4 && (base[:3] == "com" || base[:3] == "lpt") && base[3] >= '0' &&
		base[3] <= '9'
}
