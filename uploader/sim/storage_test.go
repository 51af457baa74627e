//go:build unix && !race

package sim

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// storage is what the service has, whoever asks: an inbox of uploadertest for each container, with
// the latency, the faults and the tokens of this world in front of it.
type storage struct {
	w          *world
	containers map[string]*container
	rules      []*rule
	nth        map[string]int   // requests so far, by what they are about
	received   int64            // bytes of bodies
	bodies     map[string]int64 // the same by container and name
	recent     []arrival        // bodies
	flying     map[*request]bool
	outage     time.Time // until then nothing is reached
	mended     bool      // no fault strikes any more
}

type container struct {
	name    string
	inbox   *uploadertest.Store
	effects map[string][]effect // by blob
	foreign map[string]sum      // what somebody else wrote there last, while it is there
	locked  map[string]bool
	staged  map[string]time.Time // when the first block was, since the name was written last
	emptied time.Time
}

// arrival is a body that arrived.
type arrival struct {
	p    *process
	at   time.Time
	size int64
}

// effect is one write under a name that took place.
type effect struct {
	at     time.Time
	sum    sum
	crc64  uint64
	size   int
	theirs bool
	begun  time.Time // of the request
	op     uploadertest.Op
}

// request is one under way.
type request struct {
	p         *process
	op        uploadertest.Op
	container string
	name      string
	id        string
	ids       []string
	data      []byte
	body      *store.Body
	begun     time.Time
	props     store.Properties
	cond      store.Condition
}

// Faults, by number; see strike.
const (
	refuseBusy = iota
	refuseFault
	resetBefore
	resetMidway
	loseAnswer
	loseRequest
	stallBefore
	stallAfter
	arriveLate
	corruptBody
	answerForeign
	garble
	forgetNow
	faults
	nothing // a rule that only notices
)

var faultNames = [faults]string{
	"busy", "fault 500", "connection reset", "connection reset midway", "answer lost",
	"request lost on the way", "stands still",
	"done, and then stands still", "answer lost, carried out later", "bytes damaged",
	"answer of another request",
	"garbled answer", "staged blocks forgotten",
}

// rule is a fault that strikes some requests.
type rule struct {
	fault, skip, left int

	of   func(*request) bool // which; nil: any
	then func(*request)      // what happens at once, before anybody hears of it
}

func newStorage(w *world) *storage {
	s := &storage{
		w:          w,
		containers: map[string]*container{},
		nth:        map[string]int{},
		flying:     map[*request]bool{},
		bodies:     map[string]int64{},
	}
	for _, name := range []string{"ws-1", "ws-2"} {
		c := &container{
			name: name, inbox: uploadertest.NewStore(),
			effects: map[string][]effect{}, foreign: map[string]sum{},
			locked: map[string]bool{}, staged: map[string]time.Time{},
		}
		c.inbox.SetClock(s.now)
		c.inbox.NameChecksums(w.plan.config.checksums)
		s.containers[name] = c
	}
	return s
}

func (s *storage) now() time.Time { return time.Now().Add(s.w.skew) }

// seam is the storage as a process sees it through a token.
type seam struct {
	s     *storage
	p     *process
	c     *container
	token *issued
	inner *uploadertest.Store
}

var _ store.Store = (*seam)(nil)

func (s *storage) open(p *process, t token.Token) (store.Store, error) {
	i := s.w.issuedAs(t)
	c := s.containers[t.Inbox.Container]
	return &seam{s, p, c, i, c.inbox.With(t.Rights.Letters)}, nil
}

func (m *seam) PutBlob(
	ctx context.Context,
	name string,
	body *store.Body,
	p store.Properties,
	c store.Condition,
) (ledger.Answer, error) {
	return m.do(ctx, &request{op: uploadertest.PutBlob, name: name, body: body, props: p, cond: c})
}

func (m *seam) PutBlock(
	ctx context.Context,
	name, id string,
	body *store.Body,
) (ledger.Answer, error) {
	return m.do(ctx, &request{op: uploadertest.PutBlock, name: name, id: id, body: body})
}

func (m *seam) PutBlockList(
	ctx context.Context,
	name string,
	ids []string,
	p store.Properties,
	c store.Condition,
) (ledger.Answer, error) {
	return m.do(
		ctx,
		&request{op: uploadertest.PutBlockList, name: name, ids: ids, props: p, cond: c},
	)
}

func (m *seam) Close() error { return nil }

// askingForToken is what a request is about that asks whether a token is taken.
const askingForToken = "asks whether the token is still taken"

var ifAbsent = store.Condition{IfAbsent: true}

// asks reports whether a request only asks, and changes nothing.
func (r *request) asks() bool {
	return r.op == uploadertest.PutBlockList && r.props == store.Properties{}
}

// commits reports whether a request makes a blob of blocks, or asks whether it did.
func (r *request) commits() bool { return r.op == uploadertest.PutBlockList && !r.asks() }

// about is what a request is about, without what is random in it.
func (r *request) about() string {
	if strings.Contains(r.name, "uploader-token-check-") || r.asks() && r.cond == ifAbsent &&
		strings.HasSuffix(r.name, "only.dat") {
		return askingForToken
	}
	if r.op == uploadertest.PutBlock {
		text, _ := base64.StdEncoding.DecodeString(r.id)
		raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(text))
		if err == nil && len(raw) == 22 { // the upload, which is random, the number and the checksum
			return fmt.Sprintf("%s %q %d (%x)", r.op, r.name, binary.BigEndian.Uint16(raw[16:]), raw[18:])
		}
	}
	return fmt.Sprintf("%s %q", r.op, r.name)
}

func (r *request) String() string {
	switch {
	case r.cond.IfAbsent:
		return r.about() + " if absent"
	case r.cond.IfCommitted:
		return r.about() + " if committed"
	case !r.cond.IfModifiedSince.IsZero():
		return r.about() + " if modified since"
	case !r.cond.IfUnmodifiedSince.IsZero():
		return r.about() + " if unmodified since"
	}
	return r.about()
}

// draw is a number that the seed, a request and how often there was one like it make.
func (s *storage) draw(r *request, n int) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, s.w.plan.seed, r.about(), n)
	x := h.Sum64()
	return (x ^ x>>32) * 0x9e3779b97f4a7c15
}
