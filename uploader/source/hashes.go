package source

import (
	"crypto/md5" //nolint:gosec // G501: what archives and the service's Content-MD5 ask for; nothing is secured by it
	"crypto/sha256"
	"hash"
)

// Hashes is a set of hashes.
type Hashes uint8

// The hashes that files are known by elsewhere.
const (
	MD5 Hashes = 1 << iota
	SHA256
)

// Sums are the hashes of a file, each as its bytes, and empty if it was not computed.
type Sums struct {
	MD5    string // 16 bytes
	SHA256 string // 32 bytes
}

// Hasher computes hashes of the bytes written to it. A nil Hasher computes none. Its methods must
// not be called concurrently.
type Hasher struct{ md5, sha256 hash.Hash }

// NewHasher returns a Hasher for these hashes; nil for none.
func NewHasher(of Hashes) *Hasher {
	if of == 0 {
		return nil
	}
	h := &Hasher{}
	if of&MD5 != 0 {
		h.md5 = md5.New() //nolint:gosec // G401: see above
	}
	if of&SHA256 != 0 {
		h.sha256 = sha256.New()
	}
	return h
}

// Write implements io.Writer. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	if h != nil && h.md5 != nil {
		_, _ = h.md5.Write(p)
	}
	if h != nil && h.sha256 != nil {
		_, _ = h.sha256.Write(p)
	}
	return len(p), nil
}

// Sums returns the hashes of what was written.
func (h *Hasher) Sums() (s Sums) {
	if h != nil && h.md5 != nil {
		s.MD5 = string(h.md5.Sum(nil))
	}
	if h != nil && h.sha256 != nil {
		s.SHA256 = string(h.sha256.Sum(nil))
	}
	return s
}
