// Package uploadertest is for tests of the engine and of what implements its interfaces. [NewStore]
// makes an inbox in memory that keeps the service's rules and fails on request; [TestStore] checks
// any [store.Store] against what the interface promises.
package uploadertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/minio/crc64nvme"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// Op is one of the store's operations.
type Op string

// The operations, named as in the errors of package azure. AnyOp is for [Store.Fail] alone.
const (
	PutBlob      Op = "put blob"
	PutBlock     Op = "put block"
	PutBlockList Op = "put block list"
	AnyOp        Op = ""
)

// The service's limits ("Scalability and performance targets for Blob storage").
const (
	maxUncommitted = 100_000
	maxCommitted   = 50_000
	maxRawID       = 64
)

// Store is an inbox in memory, seen through one token. It keeps the service's rules for staged
// blocks, ids, conditions and checksums, counts what it is asked, and fails as [Store.Fail] says.
// It starts no goroutine. It may be used by any number of goroutines at once.
type Store struct {
	*service
	rights  token.Rights
	mu      sync.Mutex
	expired bool
	closed  bool
}

var _ store.Store = (*Store)(nil)

// NewStore returns an empty inbox, seen through a token with all rights.
func NewStore() *Store {
	return &Store{
		service: &service{blobs: map[string]*blob{}, counts: map[Op]int{}},
		rights:  token.Rights{Letters: "racwdl"},
	}
}

// With returns the same inbox seen through another token: it shares blobs, faults and counts, and
// has its own rights, given as the letters of sp. It stands for the new token that a person pastes
// after the old one has ended.
func (s *Store) With(letters string) *Store {
	return &Store{service: s.service, rights: token.Rights{Letters: letters}}
}

// Expire ends this token now: every later request through it returns ErrTokenExpired. Those of
// [Store.With] go on.
func (s *Store) Expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expired = true
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// Closed reports whether Close was called.
func (s *Store) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Store) isExpired() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.expired
}

// PutBlob implements [store.Store].
func (s *Store) PutBlob(
	ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	r := Request{Op: PutBlob, Name: name, Size: body.Len(), Properties: p, Condition: c}
	return s.do(ctx, r, body, func(part Part, data []byte) error {
		old := s.blobs[name]
		if !s.rights.Has('w') && !s.rights.Has('c') {
			return s.refuse(r, problem.PermissionMissing, 403, "AuthorizationPermissionMismatch",
				s.rights.Letters)
		}
		if old.committed() && !s.rights.Has('w') {
			return s.refuse(r, problem.MayNotReplace, 403, "UnauthorizedBlobOverwrite", "")
		}
		if c.IfCommitted {
			return s.refuse(r, problem.Unexpected, 400, "InvalidHeaderValue", "")
		}
		if err := s.check(r, old); err != nil {
			return err
		}
		s.blobs[name] = &blob{exists: true, data: data, whole: part, properties: p, modified: s.now()}
		return nil
	})
}

// PutBlock implements [store.Store].
func (s *Store) PutBlock(
	ctx context.Context, name, id string, body *store.Body,
) (ledger.Answer, error) {
	r := Request{Op: PutBlock, Name: name, ID: id, Size: body.Len()}
	return s.do(ctx, r, body, func(part Part, data []byte) error {
		if err := s.mayWrite(r); err != nil {
			return err
		}
		if body.Len() == 0 {
			return s.refuse(r, problem.Unexpected, 400, "InvalidHeaderValue", "")
		}
		if !validID(id) {
			return s.refuse(r, problem.Unexpected, 400, "InvalidQueryParameterValue", "")
		}
		b := s.blobs[name]
		if b == nil {
			b = &blob{}
			s.blobs[name] = b
		}
		for other := range b.staged {
			if len(other) != len(id) {
				return s.refuse(r, problem.ForeignBlocks, 400, "InvalidBlobOrBlock", "")
			}
			break // all staged ids have one length
		}
		if _, again := b.staged[id]; !again && len(b.staged) >= maxUncommitted {
			return s.refuse(r, problem.ForeignBlocks, 409, "BlockCountExceedsLimit", "")
		}
		if b.staged == nil {
			b.staged = map[string]block{}
		}
		part.ID = id
		b.staged[id] = block{part, data}
		return nil
	})
}

// PutBlockList implements [store.Store].
func (s *Store) PutBlockList(
	ctx context.Context, name string, ids []string, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	r := Request{Op: PutBlockList, Name: name, IDs: slices.Clone(ids), Properties: p, Condition: c}
	return s.do(ctx, r, nil, func(Part, []byte) error {
		if err := s.mayWrite(r); err != nil {
			return err
		}
		if len(ids) > maxCommitted {
			return s.refuse(r, problem.Unexpected, 400, "BlockListTooLong", "")
		}
		old := s.blobs[name]
		if err := s.check(r, old); err != nil {
			return err
		}
		made := &blob{exists: true, properties: p, modified: s.now()}
		for _, id := range ids {
			b, ok := old.find(id, c.IfCommitted)
			if !ok {
				return s.refuse(r, problem.BlocksLost, 400, "InvalidBlockList", "")
			}
			made.blocks = append(made.blocks, b)
		}
		s.blobs[name] = made
		return nil
	})
}

func (s *Store) mayWrite(r Request) error {
	switch {
	case s.rights.Has('w'):
		return nil
	case s.rights.CreateOnly():
		return s.refuse(r, problem.PermissionCreateOnly, 403, "AuthorizationPermissionMismatch",
			s.rights.Letters)
	default:
		return s.refuse(r, problem.PermissionMissing, 403, "AuthorizationPermissionMismatch",
			s.rights.Letters)
	}
}

// check applies the conditions of a write.
func (s *Store) check(r Request, old *blob) error {
	if !old.committed() {
		return nil
	}
	if r.Condition.IfAbsent {
		return s.refuse(r, problem.AlreadyThere, 409, "BlobAlreadyExists", "")
	}
	since := r.Condition.IfModifiedSince
	if !since.IsZero() && !old.modified.Truncate(time.Second).After(since.Truncate(time.Second)) {
		return s.refuse(r, problem.AlreadyThere, 412, "ConditionNotMet", "")
	}
	until := r.Condition.IfUnmodifiedSince
	if !until.IsZero() && old.modified.Truncate(time.Second).After(until.Truncate(time.Second)) {
		return s.refuse(r, problem.AlreadyThere, 412, "ConditionNotMet", "")
	}
	return nil
}

// do is the way of every request: it is counted, a fault may strike, the body is received and
// verified, the work is done under the service's lock, and the answer is given or lost.
func (s *Store) do(
	ctx context.Context, r Request, body *store.Body, work func(Part, []byte) error,
) (ledger.Answer, error) {
	number, fault := s.begin(&r)
	err := s.carryOut(ctx, r, body, fault, work)
	s.end(number, err)
	if err != nil {
		return ledger.Answer{}, err
	}
	return ledger.Answer{
		ETag:      fmt.Sprintf("\"0x%X\"", number),
		RequestID: requestID(number),
		Date:      s.now(),
		Checked:   body != nil && !s.unnamed.Load(),
	}, nil
}

func (s *Store) carryOut(
	ctx context.Context, r Request, body *store.Body, fault *Fault, work func(Part, []byte) error,
) error {
	if err := cancelled(ctx, r, false); err != nil {
		return err
	}
	if fault != nil && fault.Gate != nil {
		if err := fault.wait(ctx, r); err != nil {
			return err
		}
	}
	if fault != nil && fault.kind == before {
		return fault.failure(r, false)
	}
	if fault != nil && fault.kind == stall {
		<-ctx.Done()
		return cancelled(ctx, r, body == nil)
	}
	if fault != nil && fault.kind == expire {
		s.Expire()
	}
	if s.isExpired() {
		e := s.refuse(r, problem.Expired, 403, "AuthenticationFailed", "")
		e.When = s.now()
		return e
	}
	part, data, err := s.receive(ctx, r, body, fault)
	if err != nil {
		return err
	}
	s.service.mu.Lock()
	err = work(part, data)
	s.service.mu.Unlock()
	if err != nil {
		return err
	}
	if fault != nil && fault.kind == after {
		return fault.failure(r, true)
	}
	return nil
}

// receive reads the body in the steps of a network, and verifies it.
func (s *Store) receive(
	ctx context.Context, r Request, body *store.Body, fault *Fault,
) (Part, []byte, error) {
	if body == nil {
		if fault != nil && fault.kind == midway {
			return Part{}, nil, fault.failure(r, false)
		}
		return Part{}, nil, nil
	}
	if _, err := body.Seek(0, 0); err != nil {
		return Part{}, nil, err
	}
	size := body.Len()
	hash := crc64nvme.New()
	var data []byte
	if !s.discards() {
		data = make([]byte, 0, size)
	}
	buf := make([]byte, min(size, 64<<10))
	for got := int64(0); got < size; {
		if err := cancelled(ctx, r, false); err != nil {
			return Part{}, nil, err
		}
		if fault != nil && fault.kind == midway && got*2 >= size {
			return Part{}, nil, fault.failure(r, false)
		}
		n, err := body.Read(buf)
		if fault != nil && fault.kind == corrupt && got == 0 && n > 0 {
			buf[0] ^= 0xff
		}
		// Write of a hash never fails.
		_, _ = hash.Write(buf[:n])
		if data != nil {
			data = append(data, buf[:n]...)
		}
		got += int64(n)
		if err != nil {
			if own := cancelled(ctx, r, false); own != nil {
				return Part{}, nil, own
			}
			return Part{}, nil, err // the body's owner gave up
		}
	}
	if fault != nil && fault.kind == midway {
		return Part{}, nil, fault.failure(r, false)
	}
	if hash.Sum64() != body.CRC64() {
		return Part{}, nil, s.refuse(r, problem.Corrupted, 400, "Crc64Mismatch", "")
	}
	return Part{Size: size, CRC64: body.CRC64()}, data, nil
}
