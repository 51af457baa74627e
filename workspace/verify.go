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

// Difference is how a file in the inbox differs from what is stated of it. Its text is stable.
type Difference string

// The differences.
const (
	// Missing: a file is stated that is not there.
	Missing Difference = "missing"
	// Additional: a file is there that nothing is said of.
	Additional Difference = "additional"
	// SizeDiffers: nothing says that it was written since, but it is longer or shorter.
	SizeDiffers Difference = "different-size"
	// ChecksumDiffers: nothing says that it was written since, but its content is another.
	ChecksumDiffers Difference = "different-checksum"
	// Replaced: its content is another, and by its ETag it was written since.
	Replaced Difference = "replaced"
	// Touched: by its ETag it was written since, or its properties were edited, and what was
	// compared of its content is the same.
	Touched Difference = "touched"
	// Contradicted: it is stated in two ways that contradict each other.
	Contradicted Difference = "contradictory"
	// Unread: it could not be read, so that its content was not compared.
	Unread Difference = "unread"
)

// Differences are all of them, in the order in which they are told.
func Differences() []Difference {
	return []Difference{
		Missing, Additional, SizeDiffers, ChecksumDiffers, Replaced, Touched, Contradicted, Unread,
	}
}

// Finding is a difference of one file.
type Finding struct {
	Name       string
	Difference Difference
	Size       int64 // in the inbox; -1 for what is missing
	Stated     int64 // bytes; -1 where no size is stated
	// Agrees is whether a checksum of the content was compared and is as stated: with that of the
	// content itself where it was read, else with the MD5 that the storage has.
	Agrees bool
	// Same is whether the whole content was compared and is what was stated: of what was touched,
	// nothing that matters differs.
	Same bool
	Err  *Error // of Unread: why
}

// Verified is what a comparison came to.
type Verified struct {
	Files, Bytes int64 // in the inbox, papers included
	Papers       int64 // lists and notes about the others, of which nothing is said
	Stated       int64 // files that something is said of
	Same         int64 // of these, those without a difference
	ByETag       int64 // of the same, those whose ETag says that nobody wrote them since
	BySum        int64 // of those with a size as stated, where a checksum of the content was compared and agrees
	// NotCompared is of how many files, with no difference told but that of Touched, a checksum is
	// stated that was not compared, since the storage has none of its kind.
	NotCompared int64
	NoSum       int64 // of the same, those of which no checksum is stated
	ReadBytes   int64 // of contents
	Differences map[Difference]int64
	Harmless    int64 // of the touched, those whose whole content was compared and is the same
}

// Differs reports whether something is not as it was stated.
func (v *Verified) Differs() bool {
	n := -v.Harmless
	for _, of := range v.Differences {
		n += of
	}
	return n > 0
}

// Verify compares files that arrived with a token with what is stated of them: names, sizes, ETags,
// and checksums as far as the storage has them, which is MD5 of some. Where it is deep it reads
// each file of which a checksum is stated, up to 32 at once and with up to 64 MiB of content in
// memory, and keeps nothing. each is called for each difference, one call at a time, in no order.
// What is wrong with one file is a Finding; the error is about all of them, after which the result
// says how far it came.
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

// verifying is a comparison under way.
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

// compare tells how a file differs from what is stated of it. read is its content, or nil where it
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

// outcome is what comparing the checksums of one file came to.
type outcome struct {
	agree  bool // one at least was compared, and all that were are the same
	differ bool // one is another
	open   bool // one is stated and was not compared
}

// compareSums compares the checksums that are stated with those of the content, or, where it was
// not read, with the one that the storage has.
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

// content works out the checksums of a file that are stated, while it is read.
type content struct {
	io.Writer
	crc      hash.Hash64 // each nil where it is not stated
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
