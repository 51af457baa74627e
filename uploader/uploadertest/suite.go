package uploadertest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/minio/crc64nvme"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
)

// suite is one test of a store, with the steps that tests are made of.
type suite struct {
	*testing.T
	Subject
	store store.Store
}

var (
	always  store.Condition
	absent  = store.Condition{IfAbsent: true}
	same    = store.Condition{IfCommitted: true}
	binary  = store.Properties{ContentType: "application/octet-stream"}
	textual = store.Properties{ContentType: "text/csv"}
)

func (s *suite) open(rights string) store.Store {
	s.Helper()
	store := s.Open(s.T, rights)
	s.Cleanup(func() {
		if err := store.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	})
	return store
}

// NewBody returns a body over data with its true checksum.
func NewBody(data []byte) *store.Body { return store.NewBody(data, crc64nvme.Checksum(data)) }

// NewID returns the block id for a number: all of one length, as an upload's ids are.
func NewID(n int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "block-%030d", n))
}

func (s *suite) put(name, text string) ledger.Answer {
	s.Helper()
	a, err := s.store.PutBlob(s.Context(), name, NewBody([]byte(text)), binary, always)
	s.succeeded(a, err)
	return a
}

func (s *suite) stage(name string, n int, text string) {
	s.Helper()
	if _, err := s.store.PutBlock(s.Context(), name, NewID(n), NewBody([]byte(text))); err != nil {
		s.Fatalf("PutBlock: %v", err)
	}
}

func (s *suite) commit(name string, c store.Condition, numbers ...int) error {
	s.Helper()
	ids := make([]string, len(numbers))
	for i, n := range numbers {
		ids[i] = NewID(n)
	}
	a, err := s.store.PutBlockList(s.Context(), name, ids, binary, c)
	if err == nil {
		s.succeeded(a, nil)
	}
	return err
}

func (s *suite) succeeded(a ledger.Answer, err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("refused: %v", err)
	}
	if a.ETag == "" || a.RequestID == "" || a.Date.IsZero() {
		s.Errorf("answer %+v lacks a field", a)
	}
}

func (s *suite) holds(name, want string) {
	s.Helper()
	got, _, ok := s.Read(s.T, name)
	if !ok {
		s.Errorf("no blob %q", name)
	} else if string(got) != want {
		s.Errorf("blob %q holds %.60q, want %.60q", name, got, want)
	}
}

func (s *suite) holdsNothing(name string) {
	s.Helper()
	if got, _, ok := s.Read(s.T, name); ok {
		s.Errorf("blob %q exists and holds %.60q", name, got)
	}
}

// refused checks an error that the service gave: its sentinel and reason, and what every error must
// and must not hold.
func (s *suite) refused(err, sentinel error, reasons ...problem.Reason) {
	s.Helper()
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		s.Fatalf("error %v (%T), want an *uploader.Error", err, err)
	}
	if !errors.Is(err, sentinel) {
		s.Errorf("error %v, want %v", err, sentinel)
	}
	known := len(reasons) == 0
	for _, r := range reasons {
		known = known || e.Reason == r
	}
	if !known {
		s.Errorf("reason %q, want one of %q", e.Reason, reasons)
	}
	if e.Op == "" || e.Path == "" || e.Status == 0 || e.Date.IsZero() {
		s.Errorf("error %+v lacks what an answer says", *e)
	}
	if e.Unanswered {
		s.Errorf("error %v counts as unanswered", err)
	}
	s.silent(err)
}

// silent checks that no secret can be read from an error, whatever verb prints it.
func (s *suite) silent(err error) {
	s.Helper()
	if s.Secrets == nil {
		return
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		text := fmt.Sprintf("%v %+v %#v", e, e, e)
		for _, secret := range s.Secrets() {
			if strings.Contains(text, secret) {
				s.Errorf("error of type %T holds a token's secret", e)
			}
		}
	}
}

// random returns bytes that are the same in every run.
func random(n int) []byte {
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, _ = r.Read(b) // never fails
	return b
}
