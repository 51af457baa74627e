package blobserver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// readBlob answers GET and HEAD of a blob, and of its metadata alone.
func (x *exchange) readBlob() (err error) {
	cond, e := readConditions(x.r.Header)
	if e != nil {
		return e
	}
	cur, f, err := x.c.open(x.t.blob)
	if err != nil {
		return err
	}
	defer func() {
		if closing := f.Close(); closing != nil {
			x.s.log.Warn("close blob", "error", closing)
		}
	}()
	if e := cond.read(cur.ETag, cur.Modified); e != nil {
		e.header = http.Header{"Etag": {cur.ETag}}
		return e
	}
	x.describe(cur)
	if x.q.Get("comp") == "metadata" {
		x.send(http.StatusOK, "", nil)
		return nil
	}
	off, n, status, e := x.span(cur.Size)
	if e != nil {
		return e
	}
	h := x.w.Header()
	h.Set("Content-Length", strconv.FormatInt(n, 10))
	if status == http.StatusPartialContent {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", off, off+n-1, cur.Size))
		if md5 := h.Get("Content-MD5"); md5 != "" { // it is of the whole blob
			h.Del("Content-MD5")
			h.Set("x-ms-blob-content-md5", md5)
		}
	}
	if x.after(status) {
		return nil
	}
	x.status = status
	x.w.WriteHeader(status)
	if x.r.Method == http.MethodHead {
		return nil
	}
	x.pourOut(f, off, n)
	return nil
}

// describe sets the headers that a blob has.
func (x *exchange) describe(c *content) {
	h := x.w.Header()
	x.tag(c.ETag, c)
	for name, v := range map[string]string{
		"Content-Type": c.Header.ContentType, "Content-Encoding": c.Header.ContentEncoding,
		"Content-Language":    c.Header.ContentLanguage,
		"Content-Disposition": c.Header.ContentDisposition,
		"Cache-Control":       c.Header.CacheControl, "Content-MD5": c.Header.ContentMD5,
	} {
		if v != "" {
			h.Set(name, v)
		}
	}
	for from, to := range map[string]string{
		"rscc": "Cache-Control", "rscd": "Content-Disposition", "rsce": "Content-Encoding",
		"rscl": "Content-Language", "rsct": "Content-Type",
	} {
		if v := x.q.Get(from); v != "" { // the token says how its holder sees the blob
			h.Set(to, v)
		}
	}
	for k, v := range c.Metadata {
		h.Set("x-ms-meta-"+k, v)
	}
	h.Set("Accept-Ranges", "bytes")
	h.Set("x-ms-blob-type", "BlockBlob")
	h.Set("x-ms-creation-time", c.Created.UTC().Format(http.TimeFormat))
	h.Set("x-ms-lease-state", "available")
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-server-encrypted", "false")
}

// span parses the requested range; x-ms-range has precedence over Range, and an invalid range is
// ignored.
func (x *exchange) span(size int64) (off, n int64, status int, e *apiError) {
	v := x.r.Header.Get("x-ms-range")
	if v == "" {
		v = x.r.Header.Get("Range")
	}
	v, isBytes := strings.CutPrefix(v, "bytes=")
	first, last, dash := strings.Cut(v, "-")
	if !isBytes || !dash || x.r.Method == http.MethodHead {
		return 0, size, http.StatusOK, nil
	}
	off, ok := offset(first)
	if !ok {
		return 0, size, http.StatusOK, nil
	}
	end := size - 1
	if last != "" {
		if end, ok = offset(last); !ok || end < off {
			return 0, size, http.StatusOK, nil
		}
		end = min(end, size-1)
	}
	if off >= size {
		e := fail("InvalidRange")
		e.header = http.Header{"Content-Range": {fmt.Sprintf("bytes */%d", size)}}
		return 0, 0, 0, e
	}
	return off, end - off + 1, http.StatusPartialContent, nil
}

// pourOut sends n bytes of f. It gives up a client that takes no bytes for Config.Stall.
func (x *exchange) pourOut(f *os.File, off, n int64) {
	const step = 4 << 20
	out := http.NewResponseController(x.w)
	src := io.NewSectionReader(f, off, n)
	for n > 0 {
		err := out.SetWriteDeadline(time.Now().Add(x.s.cfg.Stall))
		if err != nil && !errors.Is(err, http.ErrNotSupported) {
			return
		}
		sent, err := io.CopyN(x.w, src, min(step, n))
		n -= sent
		if err != nil {
			if n > 0 {
				panic(http.ErrAbortHandler) // the status has been sent; only an early end tells that bytes are missing
			}
			return
		}
	}
	// The next answer on the connection has its own time.
	if err := out.SetWriteDeadline(time.Time{}); err != nil &&
		!errors.Is(err, http.ErrNotSupported) {
		x.s.log.Debug("reset time limit", "error", err)
	}
}

// offset reads a byte's number.
func offset(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0
}
