package uploader

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// discard is a store that takes everything and keeps nothing: what is measured is the queue.
type discard struct{}

func (discard) PutBlob(
	_ context.Context, _ string, b *store.Body, _ store.Properties, _ store.Condition,
) (ledger.Answer, error) {
	return ledger.Answer{}, read(b)
}

func (discard) PutBlock(_ context.Context, _, _ string, b *store.Body) (ledger.Answer, error) {
	return ledger.Answer{}, read(b)
}

func (discard) PutBlockList(
	context.Context, string, []string, store.Properties, store.Condition,
) (ledger.Answer, error) {
	return ledger.Answer{}, nil
}

func (discard) Close() error { return nil }

// nothing is an io.Writer that can't be asked to read by itself, as io.Discard can.
type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }

func read(b *store.Body) error {
	_, err := b.WriteTo(nothing{})
	return err
}

// deliver sends a source through a queue of its own.
func deliver(b *testing.B, source string) {
	q, err := NewQueue(b.Context(),
		Config{Open: func(token.Token) (store.Store, error) { return discard{}, nil }})
	if err != nil {
		b.Fatal(err)
	}
	if err := q.Use(token.Token{}); err != nil {
		b.Fatal(err)
	}
	// Replace: with the other, the store would have to say that the name is free.
	if _, err := q.Add(b.Context(), token.Inbox{}, []string{source},
		ledger.AddOptions{Replace: true, Scan: scan.Options{Recursive: true}}); err != nil {
		b.Fatal(err)
	}
	if err := q.Wait(b.Context()); err != nil {
		b.Fatal(err)
	}
	if s := q.Status(); s.Files[ledger.Delivered] == 0 ||
		s.Files[ledger.Delivered] != s.FilesTotal() {
		b.Fatalf("%+v", s)
	}
	if err := q.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBlocks sends a file of 64 blocks: reading, checksums, buffers, and what the queue does
// for each block.
func BenchmarkBlocks(b *testing.B) {
	path := filepath.Join(b.TempDir(), "large")
	const size = 512 * mib
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		deliver(b, path)
	}
}

// BenchmarkSmallFiles sends 2,000 files: the scan, the names, and what the queue does for each.
func BenchmarkSmallFiles(b *testing.B) {
	dir := b.TempDir()
	const n = 2000
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%05d.csv", i)),
			make([]byte, 16<<10), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		deliver(b, dir)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/file")
}

// BenchmarkMillionRows is what a screen asks for at each look at a queue of a million jobs.
func BenchmarkMillionRows(b *testing.B) {
	q, err := NewQueue(b.Context(),
		Config{Open: func(token.Token) (store.Store, error) { return discard{}, nil }})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = q.Close() }()
	t, err := q.ledger.AddTransfer(b.Context(), ledger.Transfer{Inbox: "a", Scanned: true})
	if err != nil {
		b.Fatal(err)
	}
	const n = 1_000_000
	for at := 0; at < n; at += 4 * ledger.BatchSize {
		jobs := make([]ledger.Job, min(4*ledger.BatchSize, n-at))
		for i := range jobs {
			name := fmt.Sprintf("study/d%04d/f%07d.dat", (at+i)/1000, at+i)
			jobs[i] = ledger.Job{Source: "/data/" + name, Blob: name, Size: 1000}
			if i%100 == 0 {
				jobs[i].State = ledger.Attention
			}
		}
		if err := q.ledger.AddJobs(b.Context(), t, jobs); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		filter ledger.Filter
		from   int
	}{
		{"top", ledger.Filter{}, 0},
		{"middle", ledger.Filter{}, n / 2},
		{"attention, middle", ledger.Filter{States: []ledger.JobState{ledger.Attention}}, n / 200},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if rows, err := q.Rows(b.Context(), c.filter, c.from, 50); err != nil ||
					len(rows) != 50 {
					b.Fatalf("%d rows, %v", len(rows), err)
				}
			}
		})
	}
	b.Run("status", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if s := q.Status(); s.FilesTotal() != n {
				b.Fatalf("%+v", s)
			}
		}
	})
}
