package blobserver

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
)

// maxListXML bounds the body of Put Block List: 50,000 ids of 88 characters with their tags need a
// third of it.
const maxListXML = 16 << 20

// putBlock stages one block.
func (x *exchange) putBlock() error {
	raw, e := blockID(x.q.Get("blockid"))
	if e != nil {
		return e
	}
	h := x.r.Header
	if h.Get("x-ms-copy-source") != "" {
		return fail("NotImplemented")
	}
	if h.Get("x-ms-structured-body") != "" {
		return fail("UnsupportedHeader")
	}
	_, limit, _ := limits(x.version)
	size, e := x.bodySize(limit)
	if e != nil {
		return e
	}
	if size == 0 {
		return badHeader("Content-Length", "0")
	}
	check, e := newSums(h, false)
	if e != nil {
		return e
	}
	verify := func() *apiError { return check.verify(x.w.Header()) }
	if err := x.c.stage(x.t.blob, raw, x.q.Get("blockid"), x.in, size, check, verify); err != nil {
		return err
	}
	x.w.Header().Set("x-ms-request-server-encrypted", "false")
	x.send(http.StatusCreated, "", nil)
	return nil
}

// blockID decodes a block's id.
func blockID(id string) (string, *apiError) {
	if id == "" {
		e := fail("MissingRequiredQueryParameter")
		e.fields = [][2]string{{"QueryParameterName", "blockid"}}
		return "", e
	}
	raw, err := base64.StdEncoding.DecodeString(id)
	if err != nil {
		return "", badParameter("blockid", "Not a valid base64 string.")
	}
	if len(raw) > maxBlockID || len(raw) == 0 {
		return "", fail("InvalidBlobOrBlock")
	}
	return string(raw), nil
}

// putBlockList commits. It checks the conditions before the list: a name that is taken is refused
// as taken whatever the list says.
func (x *exchange) putBlockList() error {
	h := x.r.Header
	size, e := x.bodySize(maxListXML)
	if e != nil {
		return e
	}
	check, e := newSums(h, false)
	if e != nil {
		return e
	}
	meta, e := metadataOf(h)
	if e != nil {
		return e
	}
	if h.Get("x-ms-blob-content-md5") != "" { // kept as it is, not verified, but it must be one
		if _, e := digest(h, "x-ms-blob-content-md5", 16); e != nil {
			return e
		}
	}
	allow, e := x.guard()
	if e != nil {
		return e
	}
	var body bytes.Buffer
	if _, err := io.CopyN(io.MultiWriter(&body, check), x.in, size); err != nil {
		return bodyError{err}
	}
	if e := check.verify(x.w.Header()); e != nil {
		return e
	}
	list, bad := parseBlockList(&body)
	if bad != nil && bad.code != "InvalidBlockList" {
		return bad
	}
	if bad != nil {
		if e := allow(x.c.blob(x.t.blob)); e != nil {
			return e
		}
		return bad
	}
	_, _, limit := limits(x.version)
	done, err := x.c.commit(x.t.blob, list,
		blobState{Header: propertiesOf(h, false), Metadata: meta}, limit, allow)
	if err != nil {
		return err
	}
	x.written(done)
	return nil
}

// parseBlockList parses the body of Put Block List. It holds only the list in memory.
func parseBlockList(r io.Reader) ([]listed, *apiError) {
	d := xml.NewDecoder(r)
	var list []listed
	depth := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			if depth == 0 {
				return nil, fail("InvalidXmlDocument") // there was no element at all
			}
			return list, nil
		}
		if err != nil {
			return nil, fail("InvalidXmlDocument")
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		if depth == 0 {
			if start.Name.Local != "BlockList" {
				return nil, fail("InvalidXmlDocument")
			}
			depth = 1
			continue
		}
		var id string
		switch start.Name.Local {
		case "Latest", "Committed", "Uncommitted":
		default:
			return nil, fail("InvalidXmlDocument")
		}
		if err := d.DecodeElement(&id, &start); err != nil {
			return nil, fail("InvalidXmlDocument")
		}
		if len(list) == maxBlockList {
			return nil, fail("BlockListTooLong")
		}
		id = strings.TrimSpace(id)
		if _, e := blockID(id); e != nil {
			return nil, fail("InvalidBlockList")
		}
		list = append(list, listed{id, start.Name.Local})
	}
}

// readBlockList answers Get Block List.
func (x *exchange) readBlockList() error {
	kind := x.q.Get("blocklisttype")
	if kind == "" {
		kind = "committed"
	}
	if kind != "committed" && kind != "uncommitted" && kind != "all" {
		return badParameter("blocklisttype", "must be committed, uncommitted or all")
	}
	e := x.c.lookup(x.t.blob)
	if e == nil {
		return fail("BlobNotFound")
	}
	cur, staged, err := x.c.blocks(e)
	if err != nil {
		return err
	}
	if cur == nil && len(staged) == 0 {
		return fail("BlobNotFound")
	}
	type block struct {
		Name string
		Size int64
	}
	doc := struct {
		XMLName     xml.Name                 `xml:"BlockList"`
		Committed   *struct{ Block []block } `xml:"CommittedBlocks"`
		Uncommitted *struct{ Block []block } `xml:"UncommittedBlocks"`
	}{}
	if kind != "uncommitted" {
		doc.Committed = &struct{ Block []block }{}
		if cur != nil {
			for _, b := range cur.Blocks {
				doc.Committed.Block = append(doc.Committed.Block, block{b.ID, b.Size})
			}
		}
	}
	if kind != "committed" {
		doc.Uncommitted = &struct{ Block []block }{}
		for _, b := range staged {
			doc.Uncommitted.Block = append(doc.Uncommitted.Block, block{b.ID, b.Size})
		}
	}
	if cur != nil {
		x.tag(cur.ETag, cur)
		x.w.Header().Set("x-ms-blob-content-length", itoa(cur.Size))
	}
	return x.sendXML(doc)
}
