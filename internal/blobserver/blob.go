package blobserver

import (
	"net/http"
	"strconv"
	"strings"
)

// maxMetadata is the size of all metadata of a blob or container
// (rest/api/storageservices/set-blob-metadata).
const maxMetadata = 8 << 10

// limits returns the largest Put Blob, block and blob in bytes for a protocol version
// (rest/api/storageservices/understanding-block-blobs--append-blobs--and-page-blobs).
func limits(version string) (put, block, blob int64) {
	const mib = 1 << 20
	switch {
	case version >= "2019-12-12":
		return 5000 * mib, 4000 * mib, maxBlockList * 4000 * mib
	case version >= "2016-05-31":
		return 256 * mib, 100 * mib, maxBlockList * 100 * mib
	}
	return 64 * mib, 4 * mib, maxBlockList * 4 * mib
}

// bodySize returns the length that the client states, which must not exceed limit.
func (x *exchange) bodySize(limit int64) (int64, *apiError) {
	n := x.r.ContentLength
	if n < 0 || n == 0 && len(x.r.TransferEncoding) > 0 {
		return 0, fail("MissingContentLengthHeader")
	}
	if n > limit {
		e := fail("RequestBodyTooLarge")
		e.fields = [][2]string{{"MaxLimit", strconv.FormatInt(limit, 10)}}
		return 0, e
	}
	return n, nil
}

// metadataOf reads the x-ms-meta- headers. The service keeps names as C# identifiers.
func metadataOf(h http.Header) (map[string]string, *apiError) {
	var out map[string]string
	size := 0
	for name, v := range h {
		key, ok := strings.CutPrefix(strings.ToLower(name), "x-ms-meta-")
		if !ok {
			continue
		}
		if key == "" || key[0] >= '0' && key[0] <= '9' {
			return nil, fail("InvalidMetadata")
		}
		for i := range len(key) {
			if c := key[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
				return nil, fail("InvalidMetadata")
			}
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = strings.Join(v, ",")
		size += len(key) + len(out[key])
	}
	if size > maxMetadata {
		return nil, fail("MetadataTooLarge")
	}
	return out, nil
}

// propertiesOf reads the headers that a write gives a blob. Put Blob may use the plain forms too.
func propertiesOf(h http.Header, plain bool) properties {
	get := func(name, other string) string {
		if v := h.Get(name); v != "" || !plain {
			return v
		}
		return h.Get(other)
	}
	p := properties{
		ContentType:        get("x-ms-blob-content-type", "Content-Type"),
		ContentEncoding:    get("x-ms-blob-content-encoding", "Content-Encoding"),
		ContentLanguage:    get("x-ms-blob-content-language", "Content-Language"),
		ContentDisposition: h.Get("x-ms-blob-content-disposition"),
		CacheControl:       get("x-ms-blob-cache-control", "Cache-Control"),
		ContentMD5:         h.Get("x-ms-blob-content-md5"),
	}
	if p.ContentType == "" {
		p.ContentType = "application/octet-stream"
	}
	return p
}

// putBlob stores a whole blob.
func (x *exchange) putBlob() error {
	h := x.r.Header
	switch t := h.Get("x-ms-blob-type"); t {
	case "BlockBlob":
	case "":
		e := fail("MissingRequiredHeader")
		e.fields = [][2]string{{"HeaderName", "x-ms-blob-type"}}
		return e
	case "PageBlob", "AppendBlob":
		return badHeader("x-ms-blob-type", t) // this inbox holds block blobs only
	default:
		return badHeader("x-ms-blob-type", t)
	}
	if h.Get("x-ms-copy-source") != "" {
		return fail("NotImplemented")
	}
	if h.Get("x-ms-structured-body") != "" {
		return fail("UnsupportedHeader")
	}
	limit, _, _ := limits(x.version)
	size, e := x.bodySize(limit)
	if e != nil {
		return e
	}
	check, e := newSums(h, true)
	if e != nil {
		return e
	}
	meta, e := metadataOf(h)
	if e != nil {
		return e
	}
	allow, e := x.guard()
	if e != nil {
		return e
	}
	if e := allow(x.c.blob(x.t.blob)); e != nil {
		return e // before the body is sent, and once more when it is here
	}
	src, err := x.c.receive(x.in, size, check)
	if err != nil {
		return err
	}
	if e := check.verify(x.w.Header()); e != nil {
		x.c.tidy(src)
		return e
	}
	st := blobState{Size: size, Header: propertiesOf(h, true), Metadata: meta}
	st.Header.ContentMD5 = check.md5Text()
	done, err := x.c.put(x.t.blob, src, st, allow)
	if err != nil {
		return err
	}
	x.w.Header().Set("Content-MD5", st.Header.ContentMD5)
	x.written(done)
	return nil
}

// written answers a successful write.
func (x *exchange) written(c *content) {
	x.tag(c.ETag, c)
	x.w.Header().Set("x-ms-request-server-encrypted", "false")
	x.send(http.StatusCreated, "", nil)
}

func (x *exchange) tag(etag string, c *content) {
	x.w.Header().Set("ETag", etag)
	x.w.Header().Set("Last-Modified", c.Modified.UTC().Format(http.TimeFormat))
}

// setBlobMetadata replaces a blob's metadata.
func (x *exchange) setBlobMetadata() error {
	meta, e := metadataOf(x.r.Header)
	if e != nil {
		return e
	}
	return x.changeBlob(func(st *blobState) { st.Metadata = meta })
}

// setBlobProperties replaces a blob's headers.
func (x *exchange) setBlobProperties() error {
	p := propertiesOf(x.r.Header, false)
	return x.changeBlob(func(st *blobState) { st.Header = p })
}

func (x *exchange) changeBlob(f func(*blobState)) error {
	allow, e := x.guard()
	if e != nil {
		return e
	}
	done, err := x.c.change(x.t.blob, allow, f)
	if err != nil {
		return err
	}
	x.tag(done.ETag, done)
	x.send(http.StatusOK, "", nil)
	return nil
}

// deleteBlob removes a blob.
func (x *exchange) deleteBlob() error {
	allow, e := x.guard()
	if e != nil {
		return e
	}
	if err := x.c.delete(x.t.blob, allow); err != nil {
		return err
	}
	x.send(http.StatusAccepted, "", nil)
	return nil
}
