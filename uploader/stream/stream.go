package stream

import (
	"context"
	"crypto/md5" //nolint:gosec // G501: see New
	"errors"
	"hash"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/buffers"
	"inboxuploader/internal/contenttype"
	"inboxuploader/internal/crash"
	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uplink"
)

// Config configures a Stream. Store and Memory are required.
type Config struct {
	// Store is the destination. The caller keeps it.
	Store store.Store
	// CreateOnly says that the token permits creating but not writing: then all data must fit into
	// Memory and one request.
	CreateOnly bool
	// Memory limits the bytes of content held at once, 1 MiB or more.
	Memory int64
	// Connections is the number of requests in flight at once; 0 lets the stream choose.
	Connections int
	// BlockSize is the size of the first blocks in bytes; 0 chooses it by the line's speed.
	BlockSize int64
	// Rate limits the speed in bytes per second; 0 is no limit.
	Rate int64
	// NoProgress is how long a request may stall before it is retried. Default 60 s.
	NoProgress time.Duration
	// Log receives what support needs. Default: nothing is logged.
	Log *slog.Logger
}

// Data is the data to send.
type Data struct {
	Reader io.Reader
	// Blob is the complete name inside the container.
	Blob string
	// Replace replaces a blob of that name; KeepBoth sends under "name (2)" beside it. Otherwise
	// the blob is left alone.
	Replace, KeepBoth bool
	// PutMD5 makes the storage keep the MD5.
	PutMD5 bool
	// Size is the required number of bytes; 0 is unknown.
	Size int64
	// Finish, if not nil, is called after the last byte was read. An error keeps the data from
	// being committed, and Send returns it.
	Finish func() error
}

// Result is what the storage confirmed.
type Result struct {
	Blob    string
	CRC64   uint64
	Answer  ledger.Answer
	Checked bool // the storage returned the checksum of each body that it confirmed
	// Unsure says that the data is complete and may be in the inbox, although nothing confirmed it.
	Unsure bool
}

// Stream sends data once.
type Stream struct {
	config  Config
	data    Data
	sizes   sizes
	buffers *buffers.Pool
	limit   uplink.Limit
	onWay   atomic.Int64

	upload [16]byte
	crcs   []uint64  // by block
	crc    uint64    // of all data read
	md5    hash.Hash // of all data read; nil if it is not kept
	lost   bool      // an answer to the last request, which makes the blob, was lost

	cancel context.CancelCauseFunc
	wg     sync.WaitGroup // of blocks in transit

	mu    sync.Mutex
	freed *sync.Cond // a block was acknowledged
	conns uplink.Concurrency
	flow  uplink.Flow
	// watches are the idle ones.
	watches []*uplink.Watch
	state   state
}

// New returns a Stream that has not begun.
func New(c Config, d Data) *Stream {
	if c.NoProgress == 0 {
		c.NoProgress = time.Minute
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stream{
		config: c, data: d, sizes: newSizes(d.Size, c.BlockSize, c.Memory),
		buffers: buffers.New(c.Memory), upload: store.NewUploadID(),
		conns: uplink.NewConcurrency(c.Connections),
		state: state{checked: true},
	}
	if d.PutMD5 {
		s.md5 = md5.New() //nolint:gosec // G401: what the service keeps as Content-MD5; nothing is secured by it
	}
	s.freed = sync.NewCond(&s.mu)
	s.limit.Set(c.Rate)
	return s
}

// Send reads the data to its end and commits it. It blocks on the reader and the network. It
// returns the cause soon after the context is cancelled; a running commit then gets ten seconds. A
// running read goes on by itself, and its data is lost.
//
// The error is the context's cause, that of Data.Finish, or a [*problem.Error]. After an error
// nothing was committed, unless Result.Unsure is true. Call Send once.
func (s *Stream) Send(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	s.cancel = cancel
	stop := context.AfterFunc(ctx, func() { defer crash.Catch(); s.wake() })
	r := newReader(s.data.Reader)
	result, err := s.send(ctx, r)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // which the other errors follow from
	}
	cancel(err)
	stop()
	s.wg.Wait()
	for _, w := range s.watches {
		w.End()
	}
	r.close()
	if !r.stuck {
		s.buffers.Close()
	}
	return result, err
}

func (s *Stream) send(ctx context.Context, r *reader) (Result, error) {
	switch {
	case s.config.CreateOnly:
		return s.sendWhole(ctx, r)
	case s.sizes.least > s.sizes.most:
		return Result{}, s.tooLong()
	}
	if err := s.findName(ctx); err != nil {
		return Result{}, err
	}
	for ended := false; !ended; {
		var err error
		if ended, err = s.sendBlock(ctx, r); err != nil {
			return Result{}, err
		}
	}
	if err := s.finish(); err != nil {
		return Result{}, err
	}
	if err := s.drain(ctx); err != nil {
		return Result{}, err
	}
	return s.commit(ctx)
}

// sendBlock reads a block and sends it in the background. It reports whether the data has ended.
func (s *Stream) sendBlock(ctx context.Context, r *reader) (ended bool, err error) {
	buf, err := s.buffers.Take(ctx, s.sizes.next(s.read(), s.speed()))
	if err != nil {
		return false, err
	}
	n, ended, err := r.fill(ctx, buf)
	if err == nil {
		err = s.note(n)
	} else if ctx.Err() == nil {
		s.config.Log.Warn("read stream", "error", err)
		err = problem.New("read", s.data.Blob, problem.StreamUnreadable)
	}
	if err == nil && n > 0 && len(s.crcs) == ledger.MaxBlocks {
		err = s.tooLong()
	}
	if err != nil || n == 0 {
		if !r.stuck {
			s.buffers.Give(buf)
		}
		return ended, err
	}
	b := &block{number: len(s.crcs), data: buf[:n], crc: crc64.Checksum(buf[:n])}
	s.crcs = append(s.crcs, b.crc)
	s.crc = crc64.Combine(s.crc, b.crc, int64(n))
	s.hash(b.data)
	if err := s.begin(ctx, b); err != nil {
		s.buffers.Give(buf)
		return false, err
	}
	s.wg.Go(func() { defer crash.Catch(); s.stage(ctx, b) })
	return ended, nil
}

// note counts n bytes read, and refuses more than Data.Size.
func (s *Stream) note(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.read += int64(n)
	if s.data.Size > 0 && s.state.read > s.data.Size {
		e := problem.New("read", s.data.Blob, problem.StreamLong)
		e.Value = humanize.Comma(s.data.Size) + " bytes"
		return e
	}
	return nil
}

// finish checks the data as a whole.
func (s *Stream) finish() error {
	s.mu.Lock()
	s.state.ended = true
	n := s.state.read
	s.mu.Unlock()
	if s.data.Finish != nil { // a writer that failed explains the rest
		if err := s.data.Finish(); err != nil {
			return err
		}
	}
	switch {
	case n == 0:
		return problem.New("read", s.data.Blob, problem.StreamEmpty)
	case n < s.data.Size:
		e := problem.New("read", s.data.Blob, problem.StreamShort)
		e.Value = humanize.Comma(n) + " of " + humanize.Comma(s.data.Size) + " bytes"
		return e
	}
	return nil
}

func (s *Stream) tooLong() *problem.Error {
	e := problem.New("read", s.data.Blob, problem.StreamTooLong)
	e.Value = humanize.IBytes(uint64(s.sizes.reach()))
	return e
}

// findName finds out, before anything is read, whether the storage accepts the token and the name
// is free. With KeepBoth it finds another name. It needs no right to read and changes nothing.
func (s *Stream) findName(ctx context.Context) error {
	named := ledger.Job{Blob: s.data.Blob}
	for {
		_, err := s.insist(ctx, nil, func(ctx context.Context) (ledger.Answer, error) {
			return s.config.Store.PutBlockList(ctx, named.Blob,
				store.BlockIDs(store.NewUploadID(), make([]uint64, 1)), store.Properties{},
				store.Condition{IfAbsent: !s.data.Replace})
		})
		switch {
		case errors.Is(err, problem.ErrBlocksLost):
			s.data.Blob = named.Blob
			return nil
		case err == nil:
			return problem.New("ask", named.Blob, problem.Unexpected)
		case problem.ReasonOf(err) != problem.AlreadyThere || !s.data.KeepBoth ||
			!named.TakeNextName():
			return err
		}
	}
}

// sendWhole sends all data in one request, since a create-only token permits nothing else.
func (s *Stream) sendWhole(ctx context.Context, r *reader) (Result, error) {
	buf, err := s.buffers.Take(ctx, s.config.Memory)
	if err != nil {
		return Result{}, err
	}
	defer func() {
		if !r.stuck {
			s.buffers.Give(buf)
		}
	}()
	n, ended, err := r.fill(ctx, buf)
	switch {
	case err != nil && ctx.Err() == nil:
		err = problem.New("read", s.data.Blob, problem.StreamUnreadable)
	case err == nil && !ended: // to be told from data that just fits
		var more int
		more, _, err = r.fill(ctx, make([]byte, 1))
		if err == nil && more > 0 {
			e := problem.New("read", s.data.Blob, problem.StreamCreateOnly)
			e.Value = humanize.IBytes(uint64(s.config.Memory))
			err = e
		}
	}
	if err == nil {
		err = s.note(n)
	}
	if err == nil {
		err = s.finish()
	}
	if err != nil {
		return Result{}, err
	}
	s.crc = crc64.Checksum(buf[:n])
	s.hash(buf[:n])
	body := store.NewBody(buf[:n], s.crc)
	return s.makeBlob(ctx, func(ctx context.Context) (ledger.Answer, error) {
		answer, err := s.insist(ctx, body, s.noteLost(func(ctx context.Context) (ledger.Answer, error) {
			return s.config.Store.PutBlob(ctx, s.data.Blob, body, s.properties(),
				store.Condition{IfAbsent: !s.data.Replace})
		}))
		if errors.Is(err, problem.ErrExists) && s.lost {
			err = problem.New("put blob", s.data.Blob, problem.AlreadyThereByUs)
		}
		return answer, err
	})
}

// commit makes a blob of the blocks.
func (s *Stream) commit(ctx context.Context) (Result, error) {
	ids := store.BlockIDs(s.upload, s.crcs)
	return s.makeBlob(ctx, func(ctx context.Context) (ledger.Answer, error) {
		put := func(c store.Condition) (ledger.Answer, error) {
			return s.insist(ctx, nil, s.noteLost(func(ctx context.Context) (ledger.Answer, error) {
				return s.config.Store.PutBlockList(ctx, s.data.Blob, ids, s.properties(), c)
			}))
		}
		answer, err := put(store.Condition{IfAbsent: !s.data.Replace})
		if errors.Is(err, problem.ErrExists) && s.lost { // ours, where it is made of these blocks
			var mine error
			if answer, mine = put(store.Condition{IfCommitted: true}); mine == nil ||
				!errors.Is(mine, problem.ErrBlocksLost) {
				err = mine
			}
		}
		if errors.Is(err, problem.ErrBlocksLost) {
			s.config.Log.Warn("commit stream", "error", err)
			err = problem.New("commit", s.data.Blob, problem.StreamCut)
		}
		return answer, err
	})
}

// commitGrace is how long a request that makes the blob may go on after the context was cancelled:
// if it were cut off at once, nobody would know its outcome.
const commitGrace = 10 * time.Second

// makeBlob makes the last requests.
func (s *Stream) makeBlob(
	ctx context.Context, last func(context.Context) (ledger.Answer, error),
) (Result, error) {
	if ctx.Err() != nil {
		return Result{}, context.Cause(ctx)
	}
	grace, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	stop := context.AfterFunc(ctx, func() {
		defer crash.Catch()
		select {
		case <-time.After(commitGrace):
			cut(context.Cause(ctx))
		case <-grace.Done():
		}
	})
	defer stop()
	answer, err := last(grace)
	if err != nil {
		return Result{Unsure: s.lost && grace.Err() != nil}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Result{
		Blob: s.data.Blob, CRC64: s.crc, Answer: answer, Checked: s.state.checked,
	}, nil
}

// noteLost notes a request that may have done its work although its answer never came.
func (s *Stream) noteLost(
	send func(context.Context) (ledger.Answer, error),
) func(context.Context) (ledger.Answer, error) {
	return func(ctx context.Context) (ledger.Answer, error) {
		answer, err := send(ctx)
		e, ok := errors.AsType[*problem.Error](err)
		if ok && e.Unanswered || err != nil && ctx.Err() != nil {
			s.lost = true
		}
		return answer, err
	}
}

// wake wakes all that wait for a connection, so that they check again.
func (s *Stream) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.freed.Broadcast()
}

// hash adds data to the MD5.
func (s *Stream) hash(data []byte) {
	if s.md5 != nil {
		_, _ = s.md5.Write(data) // never fails
	}
}

func (s *Stream) properties() store.Properties {
	p := store.Properties{ContentType: contenttype.Of(s.data.Blob)}
	if s.md5 != nil {
		p.MD5 = string(s.md5.Sum(nil))
	}
	return p
}
