package workspace

import (
	"context"
	"crypto/md5" //nolint:gosec // it is what the service keeps, and what archives ask for
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/minio/crc64nvme"
	"golang.org/x/sync/errgroup"

	"inboxuploader/internal/crash"
)

// Difference is how a file in the inbox differs from the statements about it. Its text is stable.
type Difference string

// The differences.
const (
	// Missing: a paper lists the file, but it is not in the inbox.
	Missing Difference = "missing"
	// Additional: the file is in the inbox, but no paper lists it.
	Additional Difference = "additional"
	// SizeDiffers: the size differs, and nothing shows that the file was written since.
	SizeDiffers Difference = "different-size"
	// ChecksumDiffers: the content differs, and nothing shows that the file was written since.
	ChecksumDiffers Difference = "different-checksum"
	// Replaced: the content differs, and the ETag shows that the file was written since.
	Replaced Difference = "replaced"
	// Touched: the ETag shows that the file was written since, or its properties were edited, and
	// the compared part of its content is the same.
	Touched Difference = "touched"
	// Contradicted: two statements about the file contradict each other.
	Contradicted Difference = "contradictory"
	// Unread: the file could not be read, so its content was not compared.
	Unread Difference = "unread"
)

// Differences returns all differences in the order of reports.
func Differences() []Difference {
	return []Difference{
		Missing, Additional, SizeDiffers, ChecksumDiffers, Replaced, Touched, Contradicted, Unread,
	}
}

// Finding is a difference of one file.
type Finding struct {
	Name       string
	Difference Difference
	Size       int64 // in the inbox; -1 for a missing file
	Stated     int64 // bytes; -1 if no size is stated
	// Agrees reports whether a checksum was compared and matches: with the checksum of the content if
	// the content was read, else with the storage's MD5.
	Agrees bool
	// Same reports whether the whole content was compared and is as stated: in a touched file,
	// nothing that matters differs.
	Same bool
	Err  *Error // of Unread: why
}

// Verified is the result of a comparison.
type Verified struct {
	Files, Bytes int64 // in the inbox, including papers
	Papers       int64 // lists and notes in the inbox that no paper lists
	Stated       int64 // files with a statement
	Same         int64 // of these, the files without a difference
	ByETag       int64 // of the same, the files whose ETag shows that nobody wrote them since
	BySum        int64 // files with the stated size whose checksum was compared and matches
	// NotCompared counts the files, without a difference other than Touched, whose stated checksum
	// was not compared because the storage has none of that kind.
	NotCompared int64
	NoSum       int64 // of the same, the files without a stated checksum
	ReadBytes   int64 // of contents
	Differences map[Difference]int64
	Harmless    int64 // of the touched, the files whose whole content was compared and is the same
}

// Differs reports whether anything differs from the statements.
func (v *Verified) Differs() bool {
	n := -v.Harmless
	for _, of := range v.Differences {
		n += of
	}
	return n > 0
}

// Verify compares files that arrived with a token with the statements about them: names, sizes,
// ETags, and checksums if the storage has them, which is an MD5 of some files. If deep is true, it
// reads each file with a stated checksum, up to 32 at once and with up to 64 MiB of content in
// memory, and keeps nothing. each is called for each difference, one call at a time, in no order. A
// problem with one file is a Finding; an error concerns all files, and then the result says how far
// Verify got.
func (w *Workspace) Verify(
	ctx context.Context, tid int, files iter.Seq2[File, error], stated *Statements,
	deep bool, each func(Finding),
) (Verified, error) {
	v := &verifying{each: each}
	v.result.Differences = map[Difference]int64{}
	v.result.Stated = int64(stated.Len())
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group errgroup.Group
	group.SetLimit(fetchesAtOnce)
	var err error
	for f, listErr := range files {
		if err = listErr; err != nil || ctx.Err() != nil {
			break
		}
		s := stated.of(f.Name)
		v.count(f)
		switch {
		case s == nil && stated.papers[f.Name]:
			v.paper()
			continue
		case s == nil:
			v.tell(Finding{Name: f.Name, Difference: Additional, Size: f.Size, Stated: -1})
			continue
		}
		if !deep || !s.hasSum() || s.contradicted || s.Size >= 0 && s.Size != f.Size {
			v.compare(f, s, nil)
			continue
		}
		group.Go(func() error {
			defer crash.Catch()
			read := newContent(s)
			err := w.download(ctx, w.container(tid), f, 0, read)
			if err != nil && ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if e, ok := errors.AsType[*Error](err); ok && errors.Is(e, ErrFile) {
				v.tell(Finding{Name: f.Name, Difference: Unread, Size: f.Size, Stated: s.Size, Err: e})
				return nil
			}
			if err != nil {
				cancel(err)
				return err
			}
			v.compare(f, s, read)
			return nil
		})
	}
	if readErr := group.Wait(); readErr != nil {
		return v.result, readErr
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return v.result, err
	}
	for _, s := range stated.missing() {
		v.tell(Finding{Name: s.Name, Difference: Missing, Size: -1, Stated: s.Size})
	}
	return v.result, nil
}

// verifying is a running comparison.
type verifying struct {
	one    sync.Mutex
	result Verified
	each   func(Finding)
}

func (v *verifying) count(f File) {
	v.one.Lock()
	defer v.one.Unlock()
	v.result.Files++
	v.result.Bytes += f.Size
}

func (v *verifying) paper() {
	v.one.Lock()
	defer v.one.Unlock()
	v.result.Papers++
}

func (v *verifying) tell(f Finding) {
	v.one.Lock()
	defer v.one.Unlock()
	v.result.Differences[f.Difference]++
	if f.Same {
		v.result.Harmless++
	}
	v.each(f)
}

// compare reports how a file differs from the statement about it. read is its content, or nil if it
// was not read.
func (v *verifying) compare(f File, s *stated, read *content) {
	sums := s.compareSums(f, read)
	sizeDiffers := s.Size >= 0 && s.Size != f.Size
	written := s.ETag != "" && s.ETag != f.ETag
	found := Finding{Name: f.Name, Size: f.Size, Stated: s.Size}
	switch {
	case s.contradicted:
		found.Difference = Contradicted
	case written && (sizeDiffers || sums.differ):
		found.Difference = Replaced
	case sizeDiffers:
		found.Difference = SizeDiffers
	case sums.differ:
		found.Difference = ChecksumDiffers
	case written:
		found.Difference, found.Agrees = Touched, sums.agree
		found.Same = sums.agree && read != nil
	}
	v.one.Lock()
	if read != nil {
		v.result.ReadBytes += f.Size
	}
	if found.Difference == "" {
		v.result.Same++
		if s.ETag != "" {
			v.result.ByETag++
		}
	}
	if found.Difference == "" || found.Difference == Touched {
		switch {
		case sums.agree:
			v.result.BySum++
		case !s.hasSum():
			v.result.NoSum++
		}
		if sums.open {
			v.result.NotCompared++
		}
	}
	v.one.Unlock()
	if found.Difference != "" {
		v.tell(found)
	}
}

// outcome is the result of comparing the checksums of one file.
type outcome struct {
	agree  bool // one at least was compared, and all that were are the same
	differ bool // one is another
	open   bool // one is stated and was not compared
}

// compareSums compares the stated checksums with those of the content, or with the storage's if the
// content was not read.
func (s *stated) compareSums(f File, read *content) (o outcome) {
	compare := func(is, known, same bool) {
		switch {
		case !is:
		case !known:
			o.open = true
		case same:
			o.agree = true
		default:
			o.differ = true
		}
	}
	if read == nil {
		compare(s.HasCRC64, false, false)
		compare(s.SHA256 != nil, false, false)
		compare(s.MD5 != nil, f.MD5 != nil, slices.Equal(s.MD5, f.MD5))
	} else {
		compare(s.HasCRC64, true, read.crc != nil && read.crc.Sum64() == s.CRC64)
		compare(s.SHA256 != nil, true, read.sha != nil && slices.Equal(read.sha.Sum(nil), s.SHA256))
		compare(s.MD5 != nil, true, read.md5 != nil && slices.Equal(read.md5.Sum(nil), s.MD5))
	}
	o.agree = o.agree && !o.differ
	return o
}

// content computes the stated checksums of a file while it is read.
type content struct {
	io.Writer
	crc      hash.Hash64 // each nil if it is not stated
	sha, md5 hash.Hash
}

func newContent(s *stated) *content {
	c := &content{}
	var all []io.Writer
	if s.HasCRC64 {
		c.crc = crc64nvme.New()
		all = append(all, c.crc)
	}
	if s.SHA256 != nil {
		c.sha = sha256.New()
		all = append(all, c.sha)
	}
	if s.MD5 != nil {
		c.md5 = md5.New() //nolint:gosec // it is what archives ask for
		all = append(all, c.md5)
	}
	c.Writer = io.MultiWriter(all...)
	return c
}
