package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/minio/crc64nvme"
)

const (
	// mostWhole is how many bytes a file has at most that the floor sends in one request.
	mostWhole = 8 << 20
	// copied is up to how many bytes reading a file and writing it is cheaper than having the
	// system send it.
	copied = 64 << 10
)

// floor is the least that a client can do: it reads files and sends their bytes, one request after
// another on each of its connections, in HTTP that it writes itself. It remembers nothing, repeats
// nothing and asks nothing. Whatever another client takes beyond this is the cost of its promises.
type floor struct {
	inbox       *inbox
	connections int
	block       int64 // bytes; small ones stay in the processor's cache
	// Each body has one, as the uploader's have; else the system sends files by itself.
	checksums bool
}

// floorRole is the floor as a process: SOURCE goes into the inbox, a file as blocks, a folder file
// by file.
func floorRole(ctx context.Context, args []string, _ io.Reader, _ io.Writer) error {
	f := flag.NewFlagSet("floor", flag.ContinueOnError)
	c := floor{}
	f.IntVar(&c.connections, "connections", 8, "requests at once")
	f.Int64Var(&c.block, "block", mib, "size of a block in bytes")
	f.BoolVar(&c.checksums, "checksums", false, "send each body's checksum")
	caFile := f.String("ca-file", "", "trust this certificate")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 2 {
		return errors.New("floor: want SOURCE and INBOX")
	}
	var err error
	if c.inbox, err = newInbox(f.Arg(1), *caFile); err != nil {
		return err
	}
	debug.SetGCPercent(400)
	return c.send(ctx, f.Arg(0))
}

// send delivers a file or a folder; names begin with its own, as the uploader's.
func (c *floor) send(ctx context.Context, source string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	wires := make([]*wire, c.connections)
	for i := range wires {
		wires[i] = &wire{inbox: c.inbox}
		defer wires[i].close()
	}
	fi, err := os.Stat(source)
	switch {
	case err != nil:
		return err
	case fi.IsDir():
		return c.sendTree(ctx, cancel, wires, source)
	case fi.Size() <= mostWhole:
		return c.sendFile(ctx, wires[0], source, filepath.Base(source))
	}
	return c.sendBlocks(ctx, cancel, wires, source, filepath.Base(source), fi.Size())
}

// workers runs one for each connection until all have returned; the first error ends the others.
func workers(
	ctx context.Context, cancel context.CancelCauseFunc, wires []*wire, work func(w *wire) error,
) error {
	var wg sync.WaitGroup
	for _, w := range wires {
		wg.Go(func() {
			if err := work(w); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// sendTree sends small files whole and large ones in blocks, one large one at a time over all
// connections.
func (c *floor) sendTree(
	ctx context.Context, cancel context.CancelCauseFunc, wires []*wire, root string,
) error {
	type file struct{ path, name string }
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
	err := workers(ctx, cancel, wires, func(w *wire) error {
		for f := range files {
			err := c.sendFile(ctx, w, f.path, f.name)
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
		if err := c.sendBlocks(ctx, cancel, wires, f.path, f.name, fi.Size()); err != nil {
			return err
		}
	}
	return nil
}

// errLarge says that a file is too large for one request.
var errLarge = errors.New("too large for one request")

const wholeBlob = "x-ms-blob-type: BlockBlob\r\n"

// sendFile sends a file in one request.
func (c *floor) sendFile(ctx context.Context, w *wire, path, name string) error {
	most := copied
	if c.checksums || c.inbox.tls != nil {
		most = mostWhole
	}
	n, whole, err := readStart(path, w.body(most+1))
	if err != nil {
		return err
	}
	if whole {
		body := w.body(n)
		return w.put(ctx, name, "", wholeBlob+c.checksum(body), body)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if fi.Size() > mostWhole {
		return errLarge
	}
	return w.putFile(ctx, name, "", wholeBlob, f, fi.Size())
}

// checksum is the header with a body's, if it is to have one.
func (c *floor) checksum(body []byte) string {
	if !c.checksums {
		return ""
	}
	return "x-ms-content-crc64: " + encodeCRC(crc64nvme.Checksum(body)) + "\r\n"
}

// sendBlocks sends a file's blocks over all connections, and then their list.
func (c *floor) sendBlocks(
	ctx context.Context,
	cancel context.CancelCauseFunc,
	wires []*wire,
	path, name string,
	size int64,
) error {
	blocks := (size + c.block - 1) / c.block
	var next atomic.Int64
	err := workers(ctx, cancel, wires, func(w *wire) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		for n := next.Add(1) - 1; n < blocks; n = next.Add(1) - 1 {
			if err := c.sendBlock(ctx, w, f, name, n, min(c.block, size-n*c.block)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	list := append(wires[0].body(0), `<?xml version="1.0" encoding="utf-8"?><BlockList>`...)
	for n := range blocks {
		list = fmt.Appendf(list, "<Latest>%s</Latest>", floorID(n))
	}
	list = append(list, "</BlockList>"...)
	body := wires[0].body(len(list))
	copy(body, list) // which had to grow
	return wires[0].put(ctx, name, "comp=blocklist", "", body)
}

// sendBlock sends the n-th block of a file, of so many bytes.
func (c *floor) sendBlock(
	ctx context.Context, w *wire, f *os.File, name string, n, size int64,
) error {
	operation := "comp=block&blockid=" + escapeQuery(floorID(n))
	if !c.checksums && c.inbox.tls == nil {
		if _, err := f.Seek(n*c.block, io.SeekStart); err != nil {
			return err
		}
		return w.putFile(ctx, name, operation, "", f, size)
	}
	body := w.body(int(size))
	if _, err := f.ReadAt(body, n*c.block); err != nil {
		return err
	}
	return w.put(ctx, name, operation, c.checksum(body), body)
}

func floorID(n int64) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%08d", n))
}
