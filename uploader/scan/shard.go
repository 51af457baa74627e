package scan

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"

	"inboxuploader/uploader/problem"
)

// MaxShards is the largest number of shards.
const MaxShards = 1_000_000

// Shard is one of several equal parts of a scan, for as many machines or processes, each of which
// scans everything. A file's part follows from its path alone, so it is the same in every run, on
// every system and in every version:
//
// The path is the file's name in the inbox without the token's own folder and Options.Folder, such
// as run7/lane1/a.fastq, in UTF-8 with slashes. The first eight bytes of its SHA-256 are a number,
// most significant byte first; that modulo Of, plus 1, is the part.
type Shard struct {
	Number int // 1 to Of
	Of     int // up to [MaxShards]; 0: everything
}

// Has reports whether a path belongs to the shard.
func (s Shard) Has(path string) bool {
	if s.Of == 0 {
		return true
	}
	sum := sha256.Sum256([]byte(path))
	return binary.BigEndian.Uint64(sum[:])%uint64(s.Of) == uint64(s.Number-1)
}

// leaves reports whether f belongs to another shard. An invalid name is invalid on every machine,
// so only the file's own shard reports it. An unreadable file may be unreadable only here, so every
// shard reports it.
func (o *Options) leaves(f *Found) bool {
	if o.Shard.Of == 0 || f.Skip != "" || f.Err != nil && !errors.Is(f.Err, problem.ErrName) {
		return false
	}
	path := f.Rel
	if folder := strings.Trim(o.Folder, "/"); folder != "" {
		path = strings.TrimPrefix(path, folder+"/")
	}
	if name, err := PlanName("", path); err == nil {
		path = name.Blob
	}
	return !o.Shard.Has(path)
}
