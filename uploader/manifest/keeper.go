package manifest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
)

const (
	// keptName is the file of hashes in the state folder, and with ".1" the one before.
	keptName = "hashes"
	// mostKept is how large it may grow before it becomes the one before, in bytes: the hashes of
	// about 900,000 files. What is in neither any more is read again.
	mostKept = 64 << 20
	// recordSize is that of one file's hashes: the job, the checksum of its content, MD5, SHA-256, and
	// a checksum of all that.
	recordSize = 8 + 8 + 16 + 32 + 8
)

// Keeper keeps hashes of files that are being delivered in a file of a folder, for a manifest that
// is written at the end or by a later run. Several processes may keep theirs there at once. Its
// methods may be called from any goroutine.
type Keeper struct {
	dir string

	mu   sync.Mutex
	file *os.File // nil before the first, and once it can't be written
	size int64
	lost bool // something could not be written, so nothing more is tried

	expected map[string]*Expected // by the path of the manifest
}

// NewKeeper returns a Keeper in a folder; without one it keeps nothing. It makes nothing before there
// is something to keep.
func NewKeeper(dir string) *Keeper { return &Keeper{dir: dir, lost: dir == ""} }

// Keep implements ledger.Sums. It blocks on the disk. The error says that the file is not what the
// transfer's manifest says, or that this can't be read.
func (k *Keeper) Keep(r ledger.Reading) error {
	if r.Check != "" {
		if err := k.check(r); err != nil {
			return err
		}
	}
	k.keep(r.Job.ID, r.CRC64, r.Sums)
	return nil
}

// check compares a file with the manifest of its transfer, which is read once.
func (k *Keeper) check(r ledger.Reading) error {
	k.mu.Lock()
	e := k.expected[r.Check]
	if e == nil {
		var err error
		if e, err = ReadExpected(r.Check); err != nil {
			k.mu.Unlock()
			unreadable := problem.New("check", r.Job.Source, problem.ListUnreadable)
			unreadable.Value, unreadable.Cause = r.Check, err.Error()
			return unreadable
		}
		if k.expected == nil {
			k.expected = map[string]*Expected{}
		}
		k.expected[r.Check] = e
	}
	k.mu.Unlock()
	for _, root := range r.Roots {
		below, err := filepath.Rel(root, r.Job.Source)
		if err == nil && e.Is(filepath.ToSlash(below), r.Sums) {
			return nil
		}
	}
	return problem.New("check", r.Job.Source, problem.ManifestDiffers)
}

// keep keeps the hashes of a job's content. What could not be kept is read again by [Write].
func (k *Keeper) keep(job int64, crc uint64, s source.Sums) {
	if s == (source.Sums{}) {
		return
	}
	record := make([]byte, recordSize)
	binary.LittleEndian.PutUint64(record, uint64(job))
	binary.LittleEndian.PutUint64(record[8:], crc)
	copy(record[16:32], s.MD5)
	copy(record[32:64], s.SHA256)
	binary.LittleEndian.PutUint64(record[64:], crc64.Checksum(record[:64]))
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.lost && k.write(record) != nil {
		k.lost = true
	}
}

// write appends a record. The caller holds the lock.
func (k *Keeper) write(record []byte) error {
	if k.file != nil && k.size >= mostKept {
		_ = k.file.Close()
		k.file = nil
	}
	if k.file == nil {
		if err := k.open(); err != nil {
			return err
		}
	}
	n, err := k.file.Write(record)
	k.size += int64(n)
	return err
}

// open opens the file, and puts a full one aside. The caller holds the lock.
func (k *Keeper) open() error {
	path := filepath.Join(k.dir, keptName)
	if info, err := os.Lstat(path); err == nil && (info.Size() >= mostKept ||
		info.Size()%recordSize != 0) { // or the end of a record is missing since a computer failed
		if err := os.Rename(path, path+".1"); err != nil {
			return fmt.Errorf("put hashes aside: %w", err)
		}
	}
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return fmt.Errorf("keep hashes: %w", err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep hashes: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	if err != nil {
		return fmt.Errorf("keep hashes: %w", errors.Join(err, f.Close()))
	}
	k.file, k.size = f, info.Size()
	return nil
}

// Close ends the keeping. Keep must not be called any more.
func (k *Keeper) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost = true
	if k.file == nil {
		return nil
	}
	err := k.file.Close()
	k.file = nil
	return err
}

// Known are hashes that were kept in a folder. Its methods must not be called concurrently.
type Known struct {
	files []*os.File
	at    []place // sorted by job; of two for one job the later one is last
}

// place is where a job's hashes stand. It is small, since a folder may have a million of them.
type place struct {
	job    int64
	record int32 // in its file
	file   int8
}

// Load opens what was kept in a folder until now; nothing without a folder. Damaged records count for nothing. It blocks on
// the disk; errors are the disk's. Close it.
func Load(dir string) (*Known, error) {
	k := &Known{}
	if dir == "" {
		return k, nil
	}
	for _, name := range []string{keptName + ".1", keptName} {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			k.files = append(k.files, f)
			err = k.index(f)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("read hashes: %w", err), k.Close())
		}
	}
	slices.SortStableFunc(k.at, func(a, b place) int { return int(a.job - b.job) })
	return k, nil
}

// index notes where each job of a file stands.
func (k *Known) index(f *os.File) error {
	buf := make([]byte, recordSize*1024)
	for n := int32(0); ; {
		got, err := io.ReadFull(f, buf)
		for r := buf[:got-got%recordSize]; len(r) > 0; r = r[recordSize:] {
			job := int64(binary.LittleEndian.Uint64(r))
			k.at = append(k.at, place{job, n, int8(len(k.files) - 1)})
			n++
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// Of returns the hashes of what a job delivered; the zero Sums where they are not known. It blocks
// on the disk.
func (k *Known) Of(j ledger.Job) source.Sums { return k.of(j.ID, j.CRC64) }

// of returns the hashes of a job's content, of which this is the checksum.
func (k *Known) of(job int64, crc uint64) source.Sums {
	end, _ := slices.BinarySearchFunc(k.at, job+1, func(p place, job int64) int {
		return int(p.job - job)
	})
	for i := end - 1; i >= 0 && k.at[i].job == job; i-- {
		r := make([]byte, recordSize)
		p := k.at[i]
		_, err := k.files[p.file].ReadAt(r, int64(p.record)*recordSize)
		if err != nil || binary.LittleEndian.Uint64(r[64:]) != crc64.Checksum(r[:64]) ||
			binary.LittleEndian.Uint64(r[8:]) != crc {
			continue
		}
		return source.Sums{MD5: kept(r[16:32]), SHA256: kept(r[32:64])}
	}
	return source.Sums{}
}

// kept returns a hash; an empty one for one that was not worked out.
func kept(sum []byte) string {
	if slices.Max(sum) == 0 {
		return ""
	}
	return string(sum)
}

// Close closes the files.
func (k *Known) Close() error {
	var all error
	for _, f := range k.files {
		all = errors.Join(all, f.Close())
	}
	return all
}
