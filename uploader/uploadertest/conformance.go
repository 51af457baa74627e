package uploadertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/crc64nvme"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// Subject is an inbox under test: empty, and reachable in two ways, as a Store and past it.
type Subject struct {
	// Open returns a store on the inbox with a token that has these rights, such as "w" or
	// "racwdl". The suite closes what it opened.
	Open func(t *testing.T, rights string) store.Store
	// Read returns a committed blob's bytes and properties past the store, and whether there is
	// such a blob.
	Read func(t *testing.T, name string) ([]byte, store.Properties, bool)
	// Secrets are texts that must not appear in any error, such as the signatures of the tokens
	// handed out so far.
	Secrets func() []string
	// Lacks says which rules of the service the subject is known not to keep.
	Lacks Lacks
}

// Lacks lists rules of the service that an emulator may not keep. A test of such a rule is skipped,
// and says so.
type Lacks struct {
	CRC64           bool // accepts bodies that contradict their checksum
	OverwriteRights bool // has another answer, or none, where a create-only token replaces a blob
	PutBlobDiscards bool // keeps staged blocks when Put Blob stores a blob of their name
	EmptyBlock      bool // accepts a block without bytes
}

// TestStore checks everything that the comment of [store.Store] promises and a caller can see. open
// returns an empty inbox each time. The tests of one call run one after another.
func TestStore(t *testing.T, open func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(*suite)
	}{
		{"PutBlob stores any size with its type", (*suite).sizes},
		{"PutBlob replaces", (*suite).replaces},
		{"IfAbsent keeps what is there", (*suite).ifAbsent},
		{"IfModifiedSince keeps what is older", (*suite).ifModifiedSince},
		{"IfUnmodifiedSince tells what is newer", (*suite).ifUnmodifiedSince},
		{"names arrive as they are", (*suite).names},
		{"blocks become a blob in the list's order", (*suite).order},
		{"the last block of an id wins", (*suite).lastWins},
		{"a missing block changes nothing", (*suite).missing},
		{"a commit discards what it does not list", (*suite).discards},
		{"a commit can be repeated", (*suite).idempotent},
		{"IfCommitted recognises our own commit", (*suite).ownCommit},
		{"IfCommitted leaves a foreign blob alone", (*suite).foreignCommit},
		{"ids of two lengths are refused", (*suite).idLengths},
		{"a token is checked without a trace", (*suite).checksToken},
		{"PutBlob discards staged blocks", (*suite).putBlobDiscards},
		{"other bytes are refused", (*suite).corrupt},
		{"an empty block is refused", (*suite).emptyBlock},
		{"write-only suffices", (*suite).writeOnly},
		{"create-only stores new blobs only", (*suite).createOnly},
		{"create-only does not replace", (*suite).createOnlyReplace},
		{"without rights all is denied", (*suite).denied},
		{"a cancelled call returns its cause", (*suite).cancelled},
		{"many at once", (*suite).concurrent},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &suite{T: t, Subject: open(t)}
			s.store = s.open("racwdl")
			c.test(s)
		})
	}
}

func (s *suite) sizes() {
	for _, size := range []int{0, 1, 64<<10 - 1, 64<<10 + 1, 1 << 20} {
		data := random(size)
		name := fmt.Sprintf("sizes/%d", size)
		a, err := s.store.PutBlob(s.Context(), name, NewBody(data), textual, absent)
		s.succeeded(a, err)
		if a.Checked == s.Lacks.CRC64 {
			s.Errorf("%d bytes: the checksum was confirmed: %v", size, a.Checked)
		}
		got, p, ok := s.Read(s.T, name)
		if !ok || !bytes.Equal(got, data) {
			s.Errorf("%d bytes: read %d bytes back, or others", size, len(got))
		}
		if p != textual {
			s.Errorf("%d bytes: properties %+v, want %+v", size, p, textual)
		}
	}
}

func (s *suite) replaces() {
	s.put("a", "old")
	s.put("a", "new")
	s.holds("a", "new")
}

func (s *suite) ifAbsent() {
	s.put("a", "old")
	_, err := s.store.PutBlob(s.Context(), "a", NewBody([]byte("new")), binary, absent)
	s.refused(err, problem.ErrExists, problem.AlreadyThere)
	s.holds("a", "old")

	s.stage("a", 1, "new")
	s.refused(s.commit("a", absent, 1), problem.ErrExists, problem.AlreadyThere)
	s.holds("a", "old")

	s.stage("b", 1, "first")
	if err := s.commit("b", absent, 1); err != nil {
		s.Errorf("commit of a new name: %v", err)
	}
	s.holds("b", "first")
}

// checksToken asks whether a token is accepted. Staged blocks of others and blobs stay as they are.
func (s *suite) checksToken() {
	s.put("there", "old")
	s.stage("half", 1, "one")
	for _, rights := range []string{"w", "cw", "c", "racwdl"} {
		for _, blob := range []string{"", "there", "new"} {
			t := token.Token{Rights: token.Rights{Letters: rights}, Inbox: token.Inbox{Blob: blob}}
			c, err := store.CheckToken(s.Context(), s.open(rights), t)
			if err != nil {
				s.Errorf("a token with %s for %q: %v", rights, blob, err)
			}
			if !c.ClockKnown || c.ClockAhead.Abs() > 10*time.Second {
				s.Errorf("a token with %s for %q: the clock is %v ahead, known: %v", rights, blob,
					c.ClockAhead, c.ClockKnown)
			}
		}
	}
	_, err := store.CheckToken(s.Context(), s.open("r"),
		token.Token{Rights: token.Rights{Letters: "r"}})
	s.refused(err, problem.ErrDenied, problem.PermissionMissing)
	s.holds("there", "old")
	s.holdsNothing("new")
	if err := s.commit("half", always, 1); err != nil {
		s.Errorf("what was staged is gone: %v", err)
	}
}

// ifModifiedSince relies on the answer's Date being no earlier than the moment of the write.
func (s *suite) ifModifiedSince() {
	first := s.put("a", "old")
	_, err := s.store.PutBlob(s.Context(), "a", NewBody([]byte("new")), binary,
		store.Condition{IfModifiedSince: first.Date})
	s.refused(err, problem.ErrExists, problem.AlreadyThere)
	s.holds("a", "old")

	earlier := store.Condition{IfModifiedSince: first.Date.AddDate(0, 0, -1)}
	a, err := s.store.PutBlob(s.Context(), "a", NewBody([]byte("new")), binary, earlier)
	s.succeeded(a, err)
	s.holds("a", "new")

	a, err = s.store.PutBlob(s.Context(), "b", NewBody([]byte("first")), binary, earlier)
	s.succeeded(a, err)
	s.holds("b", "first")
}

// ifUnmodifiedSince is asked with a block that does not exist: who may not read learns by the kind
// of refusal.
func (s *suite) ifUnmodifiedSince() {
	first := s.put("a", "old")
	ask := func(t time.Time) error {
		return s.commit("a", store.Condition{IfUnmodifiedSince: t}, 1)
	}
	s.refused(ask(first.Date.AddDate(0, 0, -1)), problem.ErrExists, problem.AlreadyThere)
	s.refused(ask(first.Date.Add(time.Minute)), problem.ErrBlocksLost, problem.BlocksLost)
	s.holds("a", "old")
}

func (s *suite) names() {
	for _, name := range []string{
		"plain.txt", "folder/sub folder/file 1.txt", "100%.csv", "already%20escaped", "%2F", "a#b", "why?", "why?comp=block&sig=x",
		"a+b", "a&b=c", "it's", `"quoted"`, "semi;colon", "comma,name", "at@home", "$dollar",
		"[x](y){z}", "tilde~name", "pipe|name",
		"a:b", "star*", "<tag>", "^caret`tick", "Übergröße/naïve.txt", "数据/样本.csv", "ملف.txt", "😀.png", "e\u0301", "é",
		strings.Repeat("long/", 20) + strings.Repeat("n", 200),
	} {
		a, err := s.store.PutBlob(s.Context(), name, NewBody([]byte(name)), binary, absent)
		s.succeeded(a, err)
		s.holds(name, name)

		s.stage(name+".blocks", 1, name)
		if err := s.commit(name+".blocks", absent, 1); err != nil {
			s.Errorf("%q in blocks: %v", name, err)
		}
		s.holds(name+".blocks", name)
	}
}

func (s *suite) order() {
	for _, n := range []int{3, 1, 2} {
		s.stage("a", n, fmt.Sprint(n, " "))
	}
	s.holdsNothing("a")
	ids := []string{NewID(1), NewID(2), NewID(3)}
	a, err := s.store.PutBlockList(s.Context(), "a", ids, textual, absent)
	s.succeeded(a, err)
	s.holds("a", "1 2 3 ")
	if _, p, _ := s.Read(s.T, "a"); p != textual {
		s.Errorf("properties %+v, want %+v", p, textual)
	}
}

func (s *suite) lastWins() {
	s.stage("a", 1, "first")
	s.stage("a", 1, "second")
	if err := s.commit("a", always, 1); err != nil {
		s.Fatal(err)
	}
	s.holds("a", "second")
}

func (s *suite) missing() {
	s.stage("a", 1, "one")
	s.refused(s.commit("a", absent, 1, 2), problem.ErrBlocksLost)
	s.holdsNothing("a")

	// The block that is there was not lost by it.
	s.stage("a", 2, "two")
	if err := s.commit("a", absent, 1, 2); err != nil {
		s.Fatal(err)
	}
	s.refused(s.commit("a", always, 1, 3), problem.ErrBlocksLost)
	s.holds("a", "onetwo")
}

func (s *suite) discards() {
	s.stage("a", 1, "one")
	s.stage("a", 2, "two")
	if err := s.commit("a", always, 1); err != nil {
		s.Fatal(err)
	}
	s.refused(s.commit("a", always, 1, 2), problem.ErrBlocksLost)
	s.holds("a", "one")
}

func (s *suite) idempotent() {
	s.stage("a", 1, "one")
	s.stage("a", 2, "two")
	for range 3 {
		if err := s.commit("a", always, 1, 2); err != nil {
			s.Fatal(err)
		}
		s.holds("a", "onetwo")
	}
}

func (s *suite) ownCommit() {
	s.stage("a", 1, "one")
	s.stage("a", 2, "two")
	if err := s.commit("a", absent, 1, 2); err != nil {
		s.Fatal(err)
	}
	s.refused(s.commit("a", absent, 1, 2), problem.ErrExists, problem.AlreadyThere)
	ids := []string{NewID(1), NewID(2)}
	a, err := s.store.PutBlockList(s.Context(), "a", ids, textual, same)
	s.succeeded(a, err)
	s.holds("a", "onetwo")
	if _, p, _ := s.Read(s.T, "a"); p != textual {
		s.Errorf("properties %+v, want those sent last, %+v", p, textual)
	}
}

func (s *suite) foreignCommit() {
	s.refused(s.commit("absent", same, 1), problem.ErrBlocksLost)
	s.holdsNothing("absent")

	s.stage("staged", 1, "ours")
	s.refused(s.commit("staged", same, 1), problem.ErrBlocksLost)
	s.holdsNothing("staged")

	s.stage("blocks", 7, "theirs")
	if err := s.commit("blocks", absent, 7); err != nil {
		s.Fatal(err)
	}
	s.stage("blocks", 1, "ours")
	s.refused(s.commit("blocks", same, 1), problem.ErrBlocksLost)
	s.holds("blocks", "theirs")

	s.put("whole", "theirs")
	s.stage("whole", 1, "ours")
	s.refused(s.commit("whole", same, 1), problem.ErrBlocksLost)
	s.holds("whole", "theirs")
}

func (s *suite) idLengths() {
	s.stage("a", 1, "one")
	short := base64.StdEncoding.EncodeToString([]byte("short"))
	_, err := s.store.PutBlock(s.Context(), "a", short, NewBody([]byte("two")))
	s.refused(err, problem.ErrExists, problem.ForeignBlocks)
	if err := s.commit("a", always, 1); err != nil {
		s.Errorf("the first block was lost: %v", err)
	}
}

func (s *suite) putBlobDiscards() {
	if s.Lacks.PutBlobDiscards {
		s.Skip("the subject keeps staged blocks when Put Blob stores a blob of their name")
	}
	s.stage("a", 1, "one")
	s.put("a", "whole")
	s.refused(s.commit("a", always, 1), problem.ErrBlocksLost)
	s.holds("a", "whole")
}

func (s *suite) corrupt() {
	if s.Lacks.CRC64 {
		s.Skip("the subject does not verify CRC64")
	}
	wrong := func() *store.Body { return store.NewBody([]byte("data"), crc64nvme.Checksum([]byte("date"))) }
	_, err := s.store.PutBlob(s.Context(), "a", wrong(), binary, always)
	s.refused(err, problem.ErrCorrupt, problem.Corrupted)
	s.holdsNothing("a")
	_, err = s.store.PutBlock(s.Context(), "a", NewID(1), wrong())
	s.refused(err, problem.ErrCorrupt, problem.Corrupted)
	s.refused(s.commit("a", always, 1), problem.ErrBlocksLost)
	s.holdsNothing("a")
}

func (s *suite) emptyBlock() {
	if s.Lacks.EmptyBlock {
		s.Skip("the subject accepts a block without bytes")
	}
	_, err := s.store.PutBlock(s.Context(), "a", NewID(1), NewBody(nil))
	s.refused(err, problem.ErrInternal)
}

func (s *suite) writeOnly() {
	for _, rights := range []string{"w", "cw"} {
		s.store = s.open(rights)
		whole, blocks := "whole-"+rights, "blocks-"+rights
		s.put(whole, "old")
		s.put(whole, "new")
		s.holds(whole, "new")
		s.stage(blocks, 1, "one")
		if err := s.commit(blocks, absent, 1); err != nil {
			s.Errorf("%s: %v", rights, err)
		}
		s.refused(s.commit(blocks, absent, 1), problem.ErrExists, problem.AlreadyThere)
		if err := s.commit(blocks, same, 1); err != nil {
			s.Errorf("%s: %v", rights, err)
		}
		s.holds(blocks, "one")
	}
}

func (s *suite) createOnly() {
	s.store = s.open("c")
	a, err := s.store.PutBlob(s.Context(), "a", NewBody([]byte("new")), binary, absent)
	s.succeeded(a, err)
	s.holds("a", "new")
	_, err = s.store.PutBlock(s.Context(), "b", NewID(1), NewBody([]byte("one")))
	s.refused(err, problem.ErrDenied, problem.PermissionCreateOnly)
}

func (s *suite) createOnlyReplace() {
	if s.Lacks.OverwriteRights {
		s.Skip("the subject has another answer where a create-only token replaces a blob")
	}
	s.put("a", "old")
	s.store = s.open("c")
	_, err := s.store.PutBlob(s.Context(), "a", NewBody([]byte("new")), binary, always)
	s.refused(err, problem.ErrExists, problem.MayNotReplace)
	s.holds("a", "old")
}

func (s *suite) denied() {
	s.store = s.open("r")
	_, err := s.store.PutBlob(s.Context(), "a", NewBody([]byte("x")), binary, always)
	s.refused(err, problem.ErrDenied, problem.PermissionMissing)
	_, err = s.store.PutBlock(s.Context(), "a", NewID(1), NewBody([]byte("x")))
	s.refused(err, problem.ErrDenied, problem.PermissionMissing)
	s.refused(s.commit("a", always, 1), problem.ErrDenied, problem.PermissionMissing)
	s.holdsNothing("a")
}

func (s *suite) cancelled() {
	cause := errors.New("the person pressed pause")
	ctx, cancel := context.WithCancelCause(s.Context())
	cancel(cause)
	_, err := s.store.PutBlob(ctx, "a", NewBody([]byte("x")), binary, always)
	if !errors.Is(err, cause) {
		s.Errorf("PutBlob: %v, want the context's cause", err)
	}
	s.silent(err)
	s.holdsNothing("a")

	ctx, cancel = context.WithCancelCause(s.Context())
	cancel(problem.New("", "", problem.NoProgress))
	_, err = s.store.PutBlock(ctx, "a", NewID(1), NewBody([]byte("x")))
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || e.Reason != problem.NoProgress || e.Unanswered || e.Op == "" || e.Path != "a" {
		s.Errorf("PutBlock: %#v, want the cause with the operation, and not unanswered", err)
	}
}

func (s *suite) concurrent() {
	const names, blocks = 8, 16
	var wg sync.WaitGroup
	for i := range names {
		wg.Go(func() {
			name := fmt.Sprintf("many/%d", i)
			var inner sync.WaitGroup
			ids := make([]string, blocks)
			for n := range blocks {
				ids[n] = NewID(n)
				inner.Go(func() {
					_, err := s.store.PutBlock(s.Context(), name, ids[n], NewBody(fmt.Appendf(nil, "%d-%d.", i, n)))
					if err != nil {
						s.Errorf("PutBlock: %v", err)
					}
				})
			}
			inner.Wait()
			if _, err := s.store.PutBlockList(s.Context(), name, ids, binary, absent); err != nil {
				s.Errorf("PutBlockList: %v", err)
			}
		})
	}
	wg.Wait()
	for i := range names {
		var want strings.Builder
		for n := range blocks {
			fmt.Fprintf(&want, "%d-%d.", i, n)
		}
		s.holds(fmt.Sprintf("many/%d", i), want.String())
	}
}
