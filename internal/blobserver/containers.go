package blobserver

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxACLXML bounds the body of Set Container ACL: five identifiers need far less.
const maxACLXML = 64 << 10

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// sendXML answers with a document.
func (x *exchange) sendXML(doc any) error {
	text, err := xml.Marshal(doc)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	x.send(http.StatusOK, "application/xml", append([]byte(xml.Header), text...))
	return nil
}

// container returns the container of the name, nil if it does not exist.
func (s *Server) container(name string) *container {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.containers[name]
}

// policy returns a container's stored access policy.
func (s *Server) policy(container, id string) (Policy, bool) {
	c := s.container(container)
	if c == nil {
		return Policy{}, false
	}
	for _, p := range c.snapshot().Policies {
		if p.ID == id {
			return p, true
		}
	}
	return Policy{}, false
}

// Containers returns the names of all containers, sorted.
func (s *Server) Containers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, 0, len(s.containers))
	for name := range s.containers {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// ErrContainerExists is CreateContainer's error for a name that is taken.
var ErrContainerExists = errors.New("container exists already")

// CreateContainer creates a container. Its name is 3 to 63 lower-case letters, digits and single
// hyphens between them.
func (s *Server) CreateContainer(name string) error {
	err := s.makeContainer(name, nil)
	if e, ok := errors.AsType[*apiError](err); ok && e.code == "ContainerAlreadyExists" {
		return ErrContainerExists
	}
	return err
}

func (s *Server) makeContainer(name string, meta map[string]string) error {
	if e := checkContainerName(name); e != nil {
		return e
	}
	s.making.Lock()
	defer s.making.Unlock()
	if s.container(name) != nil {
		return fail("ContainerAlreadyExists")
	}
	c := newContainer(s, name)
	if err := c.create(containerState{ETag: s.etag(), Modified: s.now(), Metadata: meta}); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.containers[name] = c
	return nil
}

// SetPolicies replaces a container's stored access policies, at most five. It takes effect at once;
// the service needs up to 30 s.
func (s *Server) SetPolicies(container string, policies ...Policy) error {
	c := s.container(container)
	if c == nil {
		return fail("ContainerNotFound")
	}
	if e := checkPolicies(policies); e != nil {
		return e
	}
	return s.updateContainer(c, func(st *containerState) { st.Policies = slices.Clone(policies) })
}

// updateContainer saves a changed state.
func (s *Server) updateContainer(c *container, f func(*containerState)) error {
	s.making.Lock()
	defer s.making.Unlock()
	leave, gone := c.enter()
	if gone != nil {
		return gone
	}
	defer leave()
	st := c.snapshot()
	f(&st)
	st.ETag, st.Modified = s.etag(), s.now()
	return c.save(st)
}

func checkPolicies(policies []Policy) *apiError {
	if len(policies) > maxPolicies {
		return fail("InvalidInput")
	}
	seen := map[string]bool{}
	for _, p := range policies {
		if p.ID == "" || utf8.RuneCountInString(p.ID) > maxPolicyName || seen[p.ID] {
			return fail("InvalidXmlNodeValue")
		}
		if strings.Trim(p.Rights, "racwdxyltfmeopiu") != "" {
			return fail("InvalidXmlNodeValue")
		}
		seen[p.ID] = true
	}
	return nil
}

// createContainer answers Create Container.
func (x *exchange) createContainer() error {
	meta, e := metadataOf(x.r.Header)
	if e != nil {
		return e
	}
	if x.r.Header.Get("x-ms-blob-public-access") != "" {
		return fail("NotImplemented") // nobody reads this inbox without a signature
	}
	if err := x.s.makeContainer(x.t.container, meta); err != nil {
		return err
	}
	if c := x.s.container(x.t.container); c != nil {
		x.tagContainer(c.snapshot())
	}
	x.send(http.StatusCreated, "", nil)
	return nil
}

func (x *exchange) tagContainer(st containerState) {
	x.w.Header().Set("ETag", st.ETag)
	x.w.Header().Set("Last-Modified", st.Modified.UTC().Format(http.TimeFormat))
}

// containerProps answers Get Container Properties and Metadata.
func (x *exchange) containerProps() error {
	st := x.c.snapshot()
	x.tagContainer(st)
	h := x.w.Header()
	for k, v := range st.Metadata {
		h.Set("x-ms-meta-"+k, v)
	}
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-has-immutability-policy", "false")
	h.Set("x-ms-has-legal-hold", "false")
	x.send(http.StatusOK, "", nil)
	return nil
}

// allowContainer judges a request's conditions against the container.
func (x *exchange) allowContainer() *apiError {
	cond, e := readConditions(x.r.Header)
	if e != nil {
		return e
	}
	st := x.c.snapshot()
	return cond.write(true, st.ETag, st.Modified)
}

// setContainerMetadata replaces a container's metadata.
func (x *exchange) setContainerMetadata() error {
	meta, e := metadataOf(x.r.Header)
	if e != nil {
		return e
	}
	if e := x.allowContainer(); e != nil {
		return e
	}
	if err := x.s.updateContainer(x.c,
		func(st *containerState) { st.Metadata = meta }); err != nil {
		return err
	}
	x.tagContainer(x.c.snapshot())
	x.send(http.StatusOK, "", nil)
	return nil
}

// deleteContainer removes a container with everything in it.
func (x *exchange) deleteContainer() error {
	if e := x.allowContainer(); e != nil {
		return e
	}
	if err := x.s.DeleteContainer(x.t.container); err != nil {
		return err
	}
	x.send(http.StatusAccepted, "", nil)
	return nil
}

// DeleteContainer removes a container with everything in it. Other people's files in its folder
// stay.
func (s *Server) DeleteContainer(name string) error {
	s.making.Lock()
	defer s.making.Unlock()
	s.mu.Lock()
	c := s.containers[name]
	delete(s.containers, name)
	s.mu.Unlock()
	if c == nil {
		return fail("ContainerNotFound")
	}
	return c.remove()
}

// signedIdentifiers is the body of Get and Set Container ACL.
type signedIdentifiers struct {
	XMLName xml.Name           `xml:"SignedIdentifiers"`
	List    []signedIdentifier `xml:"SignedIdentifier"`
}

type signedIdentifier struct {
	ID     string        `xml:"Id"`
	Policy *accessPolicy `xml:"AccessPolicy"`
}

type accessPolicy struct {
	Start      string `xml:",omitempty"`
	Expiry     string `xml:",omitempty"`
	Permission string `xml:",omitempty"`
}

// readACL answers Get Container ACL.
func (x *exchange) readACL() error {
	st := x.c.snapshot()
	var doc signedIdentifiers
	text := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format("2006-01-02T15:04:05.0000000Z")
	}
	for _, p := range st.Policies {
		id := signedIdentifier{ID: p.ID}
		if a := (accessPolicy{text(p.From), text(p.To), p.Rights}); a != (accessPolicy{}) {
			id.Policy = &a
		}
		doc.List = append(doc.List, id)
	}
	x.tagContainer(st)
	return x.sendXML(doc)
}

// writeACL answers Set Container ACL. An empty body removes all policies.
func (x *exchange) writeACL() error {
	if x.r.Header.Get("x-ms-blob-public-access") != "" {
		return fail("NotImplemented")
	}
	size, e := x.bodySize(maxACLXML)
	if e != nil {
		return e
	}
	body, err := io.ReadAll(io.LimitReader(x.in, size))
	if err != nil {
		return bodyError{err}
	}
	policies, e := parsePolicies(body)
	if e != nil {
		return e
	}
	if e := x.allowContainer(); e != nil {
		return e
	}
	if err := x.s.updateContainer(x.c,
		func(st *containerState) { st.Policies = policies }); err != nil {
		return err
	}
	x.tagContainer(x.c.snapshot())
	x.send(http.StatusOK, "", nil)
	return nil
}

// parsePolicies reads the body of Set Container ACL.
func parsePolicies(body []byte) ([]Policy, *apiError) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	var doc signedIdentifiers
	if err := xml.Unmarshal(body, &doc); err != nil {
		return nil, fail("InvalidXmlDocument")
	}
	var out []Policy
	for _, id := range doc.List {
		p := Policy{ID: id.ID}
		if id.Policy != nil {
			var ok1, ok2 bool
			p.From, ok1 = parseTime(id.Policy.Start)
			p.To, ok2 = parseTime(id.Policy.Expiry)
			if !ok1 || !ok2 {
				return nil, fail("InvalidXmlNodeValue")
			}
			p.Rights = id.Policy.Permission
		}
		out = append(out, p)
	}
	return out, checkPolicies(out)
}

// accountProps answers Get Account Information.
func (x *exchange) accountProps() error {
	h := x.w.Header()
	h.Set("x-ms-sku-name", "Standard_LRS")
	h.Set("x-ms-account-kind", "StorageV2")
	h.Set("x-ms-is-hns-enabled", "false")
	x.send(http.StatusOK, "", nil)
	return nil
}

// Blob is a delivered blob as an observer sees it.
type Blob struct {
	Name     string
	Size     int64
	ETag     string
	Modified time.Time
	Type     string // its Content-Type
	MD5      string // as the client stated it or Put Blob computed it; base64, may be empty
	Metadata map[string]string
	Blocks   int // 0 for a blob of one request
}

// Blobs returns the blobs delivered to a container, sorted by name; nil if there is no such
// container.
func (s *Server) Blobs(container string) []Blob {
	c := s.container(container)
	if c == nil {
		return nil
	}
	var out []Blob
	for _, name := range c.names("") {
		if b := c.blob(name); b != nil {
			out = append(out, Blob{
				name, b.Size, b.ETag, b.Modified, b.Header.ContentType, b.Header.ContentMD5,
				b.Metadata, len(b.Blocks),
			})
		}
	}
	return out
}

// Open opens a delivered blob's file for reading. The caller closes it.
func (s *Server) Open(container, name string) (*os.File, error) {
	c := s.container(container)
	if c == nil {
		return nil, fail("ContainerNotFound")
	}
	_, f, err := c.open(name)
	return f, err
}

// Staged returns the uncommitted blocks of a name with their sizes, sorted by id; nil if there are
// none.
func (s *Server) Staged(container, name string) (map[string]int64, error) {
	c := s.container(container)
	if c == nil {
		return nil, fail("ContainerNotFound")
	}
	e := c.lookup(name)
	if e == nil {
		return nil, nil
	}
	_, staged, err := c.blocks(e)
	out := map[string]int64{}
	for _, b := range staged {
		out[b.ID] = b.Size
	}
	return out, err
}

// blocks returns the name's content and its staged blocks, sorted by id.
func (c *container) blocks(e *entry) (*content, []blockRef, error) {
	leave, gone := c.enter()
	if gone != nil {
		return nil, nil, gone
	}
	defer leave()
	e.mu.Lock()
	defer e.mu.Unlock()
	c.expire(e)
	out := make([]blockRef, 0, len(e.staged))
	for _, b := range e.staged {
		out = append(out, blockRef{b.id, b.len})
	}
	slices.SortFunc(out, func(a, b blockRef) int {
		return strings.Compare(base64Order(a.ID), base64Order(b.ID))
	})
	return e.load(), out, nil
}

// base64Order sorts ids by what they encode.
func base64Order(id string) string {
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil {
		return id
	}
	return string(raw)
}
