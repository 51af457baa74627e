package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/minio/crc64nvme"
)

// floorBlock is the floor's size of a block in bytes, which is the uploader's.
const floorBlock = 8 << 20

// floor is the least that a client can do: it reads files and sends the same bytes, with their checksums, over connections that
// stay open, with net/http. It remembers nothing, repeats nothing and asks nothing. What another client takes beyond this is what
// its promises cost.
type floor struct {
	client      *http.Client
	inbox       string // URL of the container
	query       string
	connections int
}

// floorRole is the floor as a process: SOURCE goes into the inbox, a file as blocks, a folder file by file.
func floorRole(ctx context.Context, args []string, _ io.Reader, _ io.Writer) error {
	f := flag.NewFlagSet("floor", flag.ContinueOnError)
	connections := f.Int("connections", 8, "requests at once")
	caFile := f.String("ca-file", "", "trust this certificate")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 2 {
		return errors.New("floor: want SOURCE and INBOX")
	}
	c, err := newFloor(f.Arg(1), *caFile, *connections)
	if err != nil {
		return err
	}
	return c.send(ctx, f.Arg(0))
}

func newFloor(link, caFile string, connections int) (*floor, error) {
	inbox, query, _ := strings.Cut(link, "?")
	transport := &http.Transport{
		MaxIdleConnsPerHost: connections, WriteBufferSize: 256 << 10, DisableCompression: true,
		// HTTP/2 would put all into one connection.
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
	if caFile != "" {
		text, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &floor{client: &http.Client{Transport: transport}, inbox: inbox, query: query, connections: connections}, nil
}

// send delivers a file or a folder; names begin with its own, as the uploader's.
func (c *floor) send(ctx context.Context, source string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	fi, err := os.Stat(source)
	switch {
	case err != nil:
		return err
	case fi.IsDir():
		return c.sendTree(ctx, cancel, source)
	case fi.Size() <= floorBlock:
		return c.sendWhole(ctx, source, filepath.Base(source), nil)
	}
	return c.sendBlocks(ctx, cancel, source, fi.Size())
}

// workers runs as many as there are connections until all have returned; the first error ends the others.
func (c *floor) workers(ctx context.Context, cancel context.CancelCauseFunc, work func() error) error {
	var wg sync.WaitGroup
	for range c.connections {
		wg.Go(func() {
			if err := work(); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// sendTree sends small files whole and large ones in blocks, one large one at a time over all connections.
func (c *floor) sendTree(ctx context.Context, cancel context.CancelCauseFunc, root string) error {
	type file struct {
		path, name string
	}
	files := make(chan file, 4096)
	var large []file
	walked := make(chan error, 1)
	go func() {
		defer close(files)
		walked <- filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			rel, err := filepath.Rel(filepath.Dir(root), path)
			if err != nil {
				return err
			}
			select {
			case files <- file{path, filepath.ToSlash(rel)}:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	}()
	var mu sync.Mutex
	err := c.workers(ctx, cancel, func() error {
		var buf []byte
		for f := range files {
			err := c.sendWhole(ctx, f.path, f.name, &buf)
			if errors.Is(err, errLarge) {
				mu.Lock()
				large = append(large, f)
				mu.Unlock()
				continue
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, <-walked); err != nil {
		return err
	}
	for _, f := range large {
		fi, err := os.Stat(f.path)
		if err != nil {
			return err
		}
		if err := c.sendNamedBlocks(ctx, cancel, f.path, f.name, fi.Size()); err != nil {
			return err
		}
	}
	return nil
}

// errLarge says that a file is too large for one request.
var errLarge = errors.New("too large for one request")

// sendWhole sends a file in one request. buf, if not nil, is used again and grows with the files.
func (c *floor) sendWhole(ctx context.Context, path, name string, buf *[]byte) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if fi.Size() > floorBlock {
		return errLarge
	}
	if buf == nil {
		buf = new([]byte)
	}
	if int64(cap(*buf)) < fi.Size() {
		*buf = make([]byte, fi.Size())
	}
	body := (*buf)[:fi.Size()]
	if _, err := io.ReadFull(f, body); err != nil {
		return err
	}
	return c.put(ctx, name, "", body, map[string]string{"x-ms-blob-type": "BlockBlob", "x-ms-content-crc64": encodeCRC(crc64nvme.Checksum(body))})
}

func (c *floor) sendBlocks(ctx context.Context, cancel context.CancelCauseFunc, path string, size int64) error {
	return c.sendNamedBlocks(ctx, cancel, path, filepath.Base(path), size)
}

func (c *floor) sendNamedBlocks(ctx context.Context, cancel context.CancelCauseFunc, path, name string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	blocks := (size + floorBlock - 1) / floorBlock
	var next atomic.Int64
	err = c.workers(ctx, cancel, func() error {
		buf := make([]byte, floorBlock)
		for n := next.Add(1) - 1; n < blocks; n = next.Add(1) - 1 {
			body := buf[:min(floorBlock, size-n*floorBlock)]
			if _, err := f.ReadAt(body, n*floorBlock); err != nil {
				return err
			}
			err := c.put(ctx, name, "comp=block&blockid="+url.QueryEscape(floorID(n)), body,
				map[string]string{"x-ms-content-crc64": encodeCRC(crc64nvme.Checksum(body))})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	list := bytes.NewBufferString(`<?xml version="1.0" encoding="utf-8"?><BlockList>`)
	for n := range blocks {
		_, _ = fmt.Fprintf(list, "<Latest>%s</Latest>", floorID(n)) // memory takes all
	}
	list.WriteString("</BlockList>")
	return c.put(ctx, name, "comp=blocklist", list.Bytes(), nil)
}

func floorID(n int64) string { return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%08d", n)) }

func (c *floor) put(ctx context.Context, name, operation string, body []byte, headers map[string]string) error {
	address := c.inbox + "/" + (&url.URL{Path: name}).EscapedPath() + "?" + c.query
	if operation != "" {
		address += "&" + operation
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("x-ms-version", "2021-12-02")
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	resp, err := c.client.Do(r)
	if err != nil {
		return errors.Unwrap(err) // which leaves the address, and so the query, out
	}
	_, err = io.Copy(io.Discard, resp.Body)
	err = errors.Join(err, resp.Body.Close())
	if err == nil && resp.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: the sink answered %s", name, resp.Status)
	}
	return err
}
