// Package azure puts blocks and blobs into an inbox on Azure Blob storage: it implements
// [store.Store]. Call [Open] with a token first.
//
// It is the only package on the upload path that uses the SDK, and it takes only the form of the
// requests from it. The SDK's retries are off, since only the queue retries. The package adds the
// token's query below the SDK, byte for byte: the SDK would re-encode it, which breaks the
// signature of some tokens, and it can't log what it never sees.
package azure

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime/datetime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// Store speaks the Block Blob protocol with one inbox. It is safe for concurrent use by any number
// of goroutines, which share one pool of connections.
//
// A call whose context is cancelled returns the context's cause unchanged, so that the caller
// recognises it. A caller that needs to know whether the cancelled request may have taken effect
// cancels with a [*problem.Error] as the cause: it gets a copy with Unanswered set accordingly.
//
// Another goroutine reads the body, but never after the call has returned. A body whose reads block
// must give up when the call's context is cancelled, since the call waits for it.
type Store struct {
	inbox     token.Inbox
	token     token.Token // for errors: dates, rights, addresses
	dialer    *dialer     // the transport's
	transport *http.Transport
	wire      *wire
	client    *blockblob.Client
	pipeline  runtime.Pipeline // for what the client has no method for
	root      string           // path of the container, ends with a slash
	address   string           // what the SDK takes for the blob's URL; wire puts the true path in its place
	target    *url.URL         // the same; nil if it is none
	pieces    map[string]bool  // of the query, see clean
	reached   atomic.Bool      // the service has answered before
	used      atomic.Int64     // when the last call began, in nanoseconds of the wall clock; 0 before the first
	offline   func() bool      // whether this computer has no network; tests replace it
}

var _ store.Store = (*Store)(nil)

// Open returns a Store for the token's inbox. It sends nothing, so it does not tell whether the
// token works. It returns a plain error if the options are unusable, and a [*problem.Error] if the
// token can't be sent.
func Open(token token.Token, options Options) (*Store, error) {
	return open(token, token.Query(), options)
}

func open(token token.Token, query string, options Options) (*Store, error) {
	inbox := token.Inbox
	switch {
	case query == "":
		return nil, problem.New("open inbox", "", problem.NoSignature)
	case inbox.Host == "" || inbox.Scheme != "https" && inbox.Scheme != "http":
		return nil, problem.New("open inbox", "", problem.NoAddress)
	case inbox.Container == "":
		return nil, problem.New("open inbox", "", problem.NoContainer)
	case strings.ContainsFunc(query,
		func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }):
		// It would end the request line, or the query, before its time.
		return nil, problem.New("open inbox", "", problem.NotAToken)
	}
	dialer := newDialer()
	transport, err := newTransport(options, dialer)
	if err != nil {
		return nil, err
	}
	s := &Store{
		inbox: inbox, token: token, dialer: dialer, transport: transport,
		root: "/", offline: offline,
	}
	for _, part := range []string{inbox.Account, inbox.Container} {
		if part != "" {
			s.root += part + "/"
		}
	}
	s.wire = &wire{
		transport: transport, query: query,
		userAgent: []string{options.userAgent()}, echoes: newEchoes(),
	}
	s.pieces = pieces(query)
	s.address = (&url.URL{Scheme: inbox.Scheme, Host: inbox.Host, Path: "/container/blob"}).String()
	// Each operation reports an invalid address, as the SDK's operations do.
	s.target, _ = url.Parse(s.address)
	client := azcore.ClientOptions{
		Transport: s.wire,
		Retry:     policy.RetryOptions{MaxRetries: -1},
		Telemetry: policy.TelemetryOptions{Disabled: true},
	}
	s.pipeline = runtime.NewPipeline("", "", runtime.PipelineOptions{}, &client)
	s.client, err = blockblob.NewClientWithNoCredential(s.address, &blockblob.ClientOptions{
		ClientOptions: client,
		// It would cost a round trip per request for a minute after each 503; the queue slows down
		// by itself.
		ExpectContinueBehavior: blob.ExpectContinueOptions{Mode: blob.ExpectContinueModeOff},
	})
	if err != nil {
		// The SDK fails on its options only, which are constant.
		return nil, problem.New("open inbox", "", problem.Unexpected)
	}
	return s, nil
}

// Close implements [store.Store].
func (s *Store) Close() error {
	s.transport.CloseIdleConnections()
	return nil
}

// PutBlob implements [store.Store] (Put Blob).
func (s *Store) PutBlob(
	ctx context.Context, name string, body *store.Body, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	k, err := s.call("put blob", name)
	if err != nil {
		return ledger.Answer{}, err
	}
	if c.IfCommitted {
		return ledger.Answer{}, problem.New(k.op, name, problem.Unexpected)
	}
	if err := rewind(k, body); err != nil {
		return ledger.Answer{}, err
	}
	h := make(http.Header, 8)
	h["x-ms-blob-type"] = blockBlob
	k.replaces = c == (store.Condition{IfCommitted: c.IfCommitted})
	writeHeaders(h, p, c)
	err = s.put(ctx, k, "", body, h)
	return s.answer(ctx, k, err)
}

// PutBlock implements [store.Store] (Put Block).
func (s *Store) PutBlock(
	ctx context.Context, name, id string, body *store.Body,
) (ledger.Answer, error) {
	k, err := s.call("put block", name)
	if err != nil {
		return ledger.Answer{}, err
	}
	if err := rewind(k, body); err != nil {
		return ledger.Answer{}, err
	}
	err = s.put(ctx, k, "blockid="+url.QueryEscape(id)+"&comp=block", body, make(http.Header, 4))
	return s.answer(ctx, k, err)
}

// PutBlockList implements [store.Store] (Put Block List).
func (s *Store) PutBlockList(
	ctx context.Context, name string, ids []string, p store.Properties, c store.Condition,
) (ledger.Answer, error) {
	k, err := s.call("put block list", name)
	if err != nil {
		return ledger.Answer{}, err
	}
	k.replaces = c == (store.Condition{IfCommitted: c.IfCommitted})
	if c.IfCommitted {
		err = s.recommit(k.with(ctx), ids, p, c)
	} else {
		_, err = s.client.CommitBlockList(k.with(ctx), ids, &blockblob.CommitBlockListOptions{
			HTTPHeaders:      headers(p),
			Metadata:         metadata(p),
			AccessConditions: conditions(c),
		})
	}
	return s.answer(ctx, k, err)
}

// put sends a body with its checksum. The SDK's Upload and StageBlock do the same, but for a small
// file they cost more than all the rest: BenchmarkPutBlock compares them.
func (s *Store) put(
	ctx context.Context, k *call, query string, body *store.Body, h http.Header,
) error {
	if s.target == nil {
		return errors.New("azure: no address")
	}
	target := *s.target
	target.RawQuery = query
	k.checksum = checksum(body.CRC64())
	h["x-ms-content-crc64"] = []string{k.checksum}
	req := &http.Request{Method: http.MethodPut, URL: &target, Header: h, ContentLength: body.Len()}
	resp, err := s.wire.send(ctx, k, req, body)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusCreated {
		_, err = io.Copy(io.Discard, resp.Body) // it is empty, but an answer counts only once it is complete
		return errors.Join(err, resp.Body.Close())
	}
	return runtime.NewResponseError(resp)
}

// Version is the version of the service's protocol that every request speaks, and tokens are signed
// with. Nothing that this program needs has changed since, and older accounts, gateways, national
// clouds and emulators know it.
const Version = "2021-12-02"

// Headers of answers, in the form that costs no conversion.
const (
	requestIDHeader = "X-Ms-Request-Id"
	checksumHeader  = "X-Ms-Content-Crc64"
	clientIDHeader  = "X-Ms-Client-Request-Id" // of requests too
)

// Values of headers that are the same in every request.
var (
	version   = []string{Version}
	blockBlob = []string{"BlockBlob"}
	absent    = []string{"*"}
)

// recommit sends a Put Block List that names only committed blocks. The SDK knows only <Latest>,
// with which our uncommitted blocks would be committed over somebody else's blob.
func (s *Store) recommit(
	ctx context.Context, ids []string, p store.Properties, c store.Condition,
) error {
	list := struct {
		XMLName   xml.Name `xml:"BlockList"`
		Committed []string `xml:"Committed"`
	}{Committed: ids}
	text, err := xml.Marshal(list)
	if err != nil {
		return err
	}
	req, err := runtime.NewRequest(ctx, http.MethodPut, s.address+"?comp=blocklist")
	if err != nil {
		return err
	}
	writeHeaders(req.Raw().Header, p, c)
	text = append([]byte(xml.Header), text...)
	if err := req.SetBody(streaming.NopCloser(bytes.NewReader(text)),
		"application/xml"); err != nil {
		return err
	}
	resp, err := s.pipeline.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // the pipeline has read it
	if !runtime.HasStatusCode(resp, http.StatusCreated) {
		return runtime.NewResponseError(resp)
	}
	return nil
}

// call starts an operation on the blob of that name.
func (s *Store) call(op, name string) (*call, error) {
	if name == "" {
		return nil, problem.New(op, name, problem.NameRefused)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "." || segment == ".." {
			// Proxies and the service resolve these, and the bytes would land elsewhere.
			return nil, problem.New(op, name, problem.NameDots)
		}
	}
	s.wake()
	return &call{op: op, name: name, path: s.root + name}, nil
}

// rewind returns a body to its start after an earlier attempt; the SDK refuses one that is not at
// its start.
func rewind(k *call, body *store.Body) error {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return problem.New(k.op, k.name, problem.Unexpected)
	}
	return nil
}

// answer makes the caller's result from the SDK's result and what wire saw.
func (s *Store) answer(ctx context.Context, k *call, err error) (ledger.Answer, error) {
	id := k.header.Get(requestIDHeader)
	if k.status != 0 && id != "" {
		s.reached.Store(true)
	}
	if err != nil {
		err = s.translate(ctx, k, err)
		s.suspect(err)
		return ledger.Answer{}, err
	}
	if id == "" {
		// Any web server, or a gateway on the way, may answer a PUT with "created". The service also
		// numbers each answer.
		e := s.refusal(k, problem.NotTheService, "")
		e.Unanswered = true // it may have been passed on first
		return ledger.Answer{}, e
	}
	if echo := k.header.Get(checksumHeader); k.checksum != "" && echo != "" && !k.checked {
		reason := problem.Corrupted
		if sum, err := base64.StdEncoding.DecodeString(echo); err != nil || len(sum) != 8 {
			reason = problem.AnswerGarbled // it is no checksum at all
		}
		e := s.refusal(k, reason, "")
		e.Unanswered = true // it did store something
		return ledger.Answer{}, e
	}
	etag := k.header.Get("Etag")
	if s.clean(strings.Trim(etag, `"`)) == "" {
		etag = ""
	}
	return ledger.Answer{
		ETag:      etag,
		RequestID: s.clean(id),
		Date:      date(k.header),
		Checked:   k.checked,
	}, nil
}

// checksum is a CRC64 as the service writes it: little-endian, base64.
func checksum(crc uint64) string {
	return base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, crc))
}

// writeHeaders sets what the service stores besides the bytes, and the conditions for writing.
func writeHeaders(h http.Header, p store.Properties, c store.Condition) {
	if p.ContentType != "" {
		h["x-ms-blob-content-type"] = []string{p.ContentType}
	}
	if p.MD5 != "" {
		h["x-ms-blob-content-md5"] = []string{base64.StdEncoding.EncodeToString([]byte(p.MD5))}
	}
	for name, value := range metadata(p) {
		h["x-ms-meta-"+name] = []string{*value}
	}
	if c.IfAbsent {
		h["If-None-Match"] = absent
	}
	if !c.IfModifiedSince.IsZero() {
		h["If-Modified-Since"] = []string{datetime.RFC7231(c.IfModifiedSince).String()}
	}
}

// modTimeKey and modTimeLayout are how rclone keeps the modification time of a file
// (backend/azureblob), which reads any RFC 3339.
const (
	modTimeKey    = "mtime"
	modTimeLayout = "2006-01-02T15:04:05.000000000Z07:00"
)

// folderKey is how AzCopy, the storage's own file system and rclone say that a blob stands for a
// folder; its value is "true".
const folderKey = "hdi_isfolder"

// metadata returns what the service stores with a blob without interpreting it.
func metadata(p store.Properties) map[string]*string {
	switch {
	case p.Folder:
		return map[string]*string{folderKey: new("true")}
	case p.ModTime.IsZero():
		return nil
	}
	return map[string]*string{modTimeKey: new(p.ModTime.UTC().Format(modTimeLayout))}
}

func headers(p store.Properties) *blob.HTTPHeaders {
	var h blob.HTTPHeaders
	if p.ContentType != "" {
		h.BlobContentType = &p.ContentType
	}
	if p.MD5 != "" {
		h.BlobContentMD5 = []byte(p.MD5)
	}
	return &h
}

func conditions(c store.Condition) *blob.AccessConditions {
	if !c.IfAbsent && c.IfModifiedSince.IsZero() && c.IfUnmodifiedSince.IsZero() {
		return nil
	}
	m := &blob.ModifiedAccessConditions{}
	if c.IfAbsent {
		m.IfNoneMatch = to.Ptr(azcore.ETagAny)
	}
	if !c.IfModifiedSince.IsZero() {
		m.IfModifiedSince = to.Ptr(c.IfModifiedSince.Truncate(time.Second))
	}
	if !c.IfUnmodifiedSince.IsZero() {
		m.IfUnmodifiedSince = to.Ptr(c.IfUnmodifiedSince.Truncate(time.Second))
	}
	return &blob.AccessConditions{ModifiedAccessConditions: m}
}
