package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"hash/crc64"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// crcTable is CRC-64/NVME's, Azure storage's checksum. The standard library's implementation is
// slower than the client's, and shares nothing with it: the sink is what the client is judged by.
var crcTable = crc64.MakeTable(0x9A6C9329AC4BC9B5)

// conditions make a sink behave like one that is far away, or busy.
type conditions struct {
	// Each answer is late by this, and so is the first request of a connection, as with its
	// handshake.
	far   time.Duration
	rate  int64   // bytes per second that arrive over all connections together; 0: no limit
	busy  float64 // share of requests that are answered with 503
	trust bool    // checksums are not compared
}

// sink accepts Put Blob, Put Block and Put Block List, discards the bytes and counts. It accepts
// any signature. It answers writes as the service does, and reads like an empty container.
type sink struct {
	conditions
	names   names
	uplink  uplink
	buffers sync.Pool

	mu sync.Mutex
	// The same requests are refused in each run, as far as they come in the same order.
	chance *rand.Rand

	requests, received, blocks, staged, repeated, refused, compared, damaged, underWay atomic.Int64
	connections, connected                                                             atomic.Int64
	// Request, in nanoseconds since 1970.
	first atomic.Int64
}

// report is what a sink has counted.
type report struct {
	summary
	Requests    int64
	Received    int64 // bytes of bodies, also of those that were refused or broke off
	Blocks      int64 // that were staged
	Staged      int64 // bytes of the blocks that are staged, each id once
	Repeated    int64 // of these, an id that was staged already
	Refused     int64 // requests answered with 503
	Compared    int64 // bodies with their checksum
	Damaged     int64 // of these, that were not what it said
	UnderWay    int64 // requests at this moment
	Connections int64 // that were opened
	Commits     int64 // of blobs, by whichever request
	First       int64 // when the first request came, in nanoseconds since 1970; 0: none came
}

func newSink(c conditions) *sink {
	s := &sink{conditions: c, uplink: uplink{rate: c.rate}}
	s.buffers.New = func() any { b := make([]byte, 256<<10); return &b }
	s.reset()
	return s
}

// reset forgets everything. No request may be in progress.
func (s *sink) reset() {
	s.names.clear()
	s.mu.Lock()
	s.chance = rand.New(rand.NewPCG(1, 2))
	s.mu.Unlock()
	for _, n := range []*atomic.Int64{
		&s.requests, &s.received, &s.blocks, &s.staged, &s.repeated, &s.refused, &s.compared,
		&s.damaged, &s.connections, &s.first,
	} {
		n.Store(0)
	}
}

func (s *sink) report() report {
	r := report{
		Requests: s.requests.Load(), Received: s.received.Load(), Blocks: s.blocks.Load(),
		Staged: s.staged.Load(), Repeated: s.repeated.Load(),
		Refused: s.refused.Load(), Compared: s.compared.Load(), Damaged: s.damaged.Load(),
		UnderWay: s.underWay.Load(), Connections: s.connections.Load(),
		First: s.first.Load(),
	}
	s.names.each(func(name string, b *blob) {
		r.add(name, b.size)
		r.Commits += int64(b.commits)
	})
	return r
}

// unlucky decides whether a request is refused.
func (s *sink) unlucky() bool {
	if s.busy == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chance.Float64() < s.busy
}

// refusal is an answer that is not a success.
type refusal struct {
	status int
	code   string
}

var (
	busy        = &refusal{http.StatusServiceUnavailable, "ServerBusy"}
	there       = &refusal{http.StatusConflict, "BlobAlreadyExists"}
	missing     = &refusal{http.StatusNotFound, "BlobNotFound"}
	noSuchBlock = &refusal{http.StatusBadRequest, "InvalidBlockList"}
	mismatch    = &refusal{http.StatusBadRequest, "Crc64Mismatch"}
	unsupported = &refusal{http.StatusBadRequest, "UnsupportedHeader"}
)

// ServeHTTP implements http.Handler.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.first.CompareAndSwap(0, time.Now().UnixNano())
	n := s.requests.Add(1)
	s.underWay.Add(1)
	defer s.underWay.Add(-1)
	if first, ok := r.Context().Value(handshakeKey{}).(*atomic.Bool); ok &&
		first.CompareAndSwap(false, true) {
		time.Sleep(s.far)
	}
	h := w.Header()
	h["X-Ms-Request-Id"] = []string{"00000000-0000-0000-0000-" + strconv.FormatInt(1e11+n, 10)}
	h["X-Ms-Version"] = []string{"2021-12-02"}
	if id := r.Header["X-Ms-Client-Request-Id"]; id != nil {
		h["X-Ms-Client-Request-Id"] = id
	}
	crc, size, err := s.drain(r)
	if err != nil {
		return // nobody is there to be answered
	}
	if s.far > 0 {
		time.Sleep(s.far)
	}
	if s.unlucky() {
		s.refused.Add(1)
		busy.write(w, r)
		return
	}
	if r.Method == http.MethodPut {
		if why := s.put(r, h, crc, size); why != nil {
			why.write(w, r)
			return
		}
		h["Content-Length"] = []string{"0"}
		w.WriteHeader(http.StatusCreated)
		return
	}
	s.read(w, r)
}

func (e *refusal) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("x-ms-error-code", e.code)
	h.Set("Content-Type", "application/xml")
	w.WriteHeader(e.status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintf(
			w,
			`<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>%s</Message></Error>`,
			e.code,
			e.code,
		)
	}
}

// drain takes a request's body and returns its checksum, if it is to be compared, and its size. A
// block list, which is short, is left for put.
func (s *sink) drain(r *http.Request) (crc uint64, size int64, err error) {
	if r.Method != http.MethodPut || strings.Contains(r.URL.RawQuery, "comp=blocklist") {
		return 0, 0, nil
	}
	compare := !s.trust && r.Header.Get("x-ms-content-crc64") != ""
	buf := s.buffers.Get().(*[]byte) //nolint:errcheck // only these are put in
	defer s.buffers.Put(buf)
	for {
		n, err := r.Body.Read(*buf)
		size += int64(n)
		s.received.Add(int64(n))
		s.uplink.pass(n)
		if compare {
			crc = crc64.Update(crc, crcTable, (*buf)[:n])
		}
		switch {
		case err == io.EOF:
			return crc, size, nil
		case err != nil:
			return 0, size, err
		}
	}
}

// put carries out what writes, and completes the headers of the answer.
func (s *sink) put(r *http.Request, answer http.Header, crc uint64, size int64) *refusal {
	if want := r.Header.Get("x-ms-content-crc64"); want != "" {
		if !s.trust {
			s.compared.Add(1)
			if want != encodeCRC(crc) {
				s.damaged.Add(1)
				return mismatch
			}
		}
		answer["X-Ms-Content-Crc64"] = []string{want}
	}
	if md5 := r.Header.Get("Content-MD5"); md5 != "" {
		answer["Content-Md5"] = []string{md5}
	}
	_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/") // behind the account
	_, name, inContainer := strings.Cut(name, "/")
	q := r.URL.Query()
	if q.Get("restype") == "container" || !inContainer {
		return nil // a container to make: it is there
	}
	var why *refusal
	switch q.Get("comp") {
	case "block":
		s.names.with(name, func(b *blob) { s.stage(b, q.Get("blockid"), size) })
		return nil
	case "blocklist":
		ids, err := readList(r.Body)
		if err != nil {
			return noSuchBlock
		}
		s.names.with(name, func(b *blob) { why = commit(b, ids, r.Header) })
	case "":
		s.names.with(name, func(b *blob) {
			if b.present && r.Header.Get("If-None-Match") == "*" {
				why = there
				return
			}
			*b = blob{size: size, present: true, commits: b.commits + 1}
		})
	default: // tags, metadata, properties: nothing that counts
		return nil
	}
	if why == nil {
		answer["Etag"] = []string{`"0x8DC0000` + strconv.FormatInt(s.requests.Load(), 16) + `"`}
		answer["Last-Modified"] = []string{time.Now().UTC().Format(http.TimeFormat)}
	}
	return why
}

func (s *sink) stage(b *blob, id string, size int64) {
	s.blocks.Add(1)
	if b.staged == nil {
		b.staged = map[string]int64{}
	}
	before, again := b.staged[id]
	if again {
		s.repeated.Add(1)
	}
	s.staged.Add(size - before)
	b.staged[id] = size
}

// listed is an entry of a block list: where the block is looked for, and its id.
type listed struct{ where, id string }

func readList(r io.Reader) (ids []listed, err error) {
	var list struct {
		Entries []struct {
			XMLName xml.Name
			ID      string `xml:",chardata"`
		} `xml:",any"`
	}
	err = xml.NewDecoder(r).Decode(&list)
	for _, e := range list.Entries {
		ids = append(ids, listed{e.XMLName.Local, strings.TrimSpace(e.ID)})
	}
	return ids, err
}

// commit makes a blob of blocks, all or nothing.
func commit(b *blob, ids []listed, h http.Header) *refusal {
	if b.present && h.Get("If-None-Match") == "*" {
		return there
	}
	made := blob{committed: map[string]int64{}, present: true, commits: b.commits + 1}
	for _, l := range ids {
		size, ok := b.staged[l.id]
		if l.where == "Committed" {
			ok = false
		}
		if !ok && l.where != "Uncommitted" {
			size, ok = b.committed[l.id]
		}
		if !ok {
			return noSuchBlock
		}
		made.committed[l.id] = size
		made.size += size
	}
	*b = made
	return nil
}

// read answers what peers ask before they send.
func (s *sink) read(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case q.Get("comp") == "list":
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(
			w,
			`<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="`+endpoint(r)+
				`" ContainerName="`+container+`"><Blobs></Blobs><NextMarker /></EnumerationResults>`,
		)
	case q.Get("restype") != "":
		w.Header().Set("Etag", `"0x8DC0000"`)
		w.Header().Set("x-ms-sku-name", "Standard_LRS")
		w.Header().Set("x-ms-account-kind", "StorageV2")
		w.WriteHeader(http.StatusOK)
	case r.Method == http.MethodHead, r.Method == http.MethodGet:
		_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		_, name, _ = strings.Cut(name, "/")
		present := false
		s.names.with(name, func(b *blob) {
			if present = b.present; present {
				w.Header().Set("Content-Length", strconv.FormatInt(b.size, 10))
			}
		})
		if !present || r.Method == http.MethodGet {
			w.Header().Del("Content-Length")
			missing.write(w, r)
			return
		}
		w.Header().Set("Etag", `"0x8DC0000"`)
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		w.Header().Set("x-ms-blob-type", "BlockBlob")
		w.WriteHeader(http.StatusOK)
	default:
		unsupported.write(w, r)
	}
}

func endpoint(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return (&url.URL{Scheme: scheme, Host: r.Host, Path: "/"}).String()
}

// encodeCRC is a CRC64 as the service writes it.
func encodeCRC(crc uint64) string {
	return base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, crc))
}

// uplink is the line that all connections share: it limits the bytes per second.
type uplink struct {
	rate int64

	mu   sync.Mutex
	free time.Time // when what was taken so far has passed
}

// pass waits until n bytes have passed.
func (l *uplink) pass(n int) {
	if l.rate == 0 {
		return
	}
	l.mu.Lock()
	now := time.Now()
	if l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(time.Duration(float64(n) / float64(l.rate) * float64(time.Second)))
	wait := l.free.Sub(now)
	l.mu.Unlock()
	time.Sleep(wait)
}
