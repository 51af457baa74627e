package journal_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
)

// content is all that a journal holds.
type content struct {
	Transfers map[int64]ledger.Transfer
	Batches   map[int64]ledger.Batch
	Blocks    map[int64][]ledger.AckedBlock
	Ranks     map[int64]int64
	Inboxes   []inboxes.Record
}

func contentOf(t testing.TB, j *journal.Journal) content {
	t.Helper()
	c := content{Transfers: map[int64]ledger.Transfer{}, Batches: map[int64]ledger.Batch{}, Blocks: map[int64][]ledger.AckedBlock{}}
	loaded, err := j.Load(t.Context())
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	c.Ranks = loaded.Ranks
	for _, x := range loaded.Transfers {
		x.Owner = ledger.Nobody
		c.Transfers[x.ID] = x
	}
	for _, h := range loaded.Batches {
		b, err := j.Batch(t.Context(), h.ID)
		if err != nil {
			t.Fatalf("Batch %d: %v", h.ID, err)
		}
		if diff := cmp.Diff(h, b.BatchHead, compare); diff != "" {
			t.Errorf("head of batch %d differs:\n%s", h.ID, diff)
		}
		c.Batches[h.ID] = b
		for i := range int64(2) {
			job := h.ID*ledger.BatchSize + i
			blocks, err := j.Blocks(t.Context(), job)
			if err != nil {
				t.Fatalf("Blocks %d: %v", job, err)
			}
			if len(blocks) > 0 {
				c.Blocks[job] = blocks
			}
		}
	}
	if c.Inboxes, err = j.Inboxes(t.Context()); err != nil {
		t.Fatalf("Inboxes: %v", err)
	}
	return c
}

// compare compares what journals hold, quickly, and takes nil and empty for the same.
var compare = cmp.Options{cmp.Comparer(bytes.Equal), cmpopts.EquateEmpty()}

func pseudorandom(seed byte, n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b) // never fails
	return b
}

// sample fills a folder with a journal of three transfers, 21 batches of which some fill pages of
// their own, blocks, ranks and inboxes, closed as it should be, and returns what is in it.
func sample(t testing.TB, dir string) content {
	t.Helper()
	j := open(t, dir)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		id, err := j.AddTransfer(ctx,
			ledger.Transfer{Inbox: "inbox", Roots: []string{fmt.Sprintf("/data/%d", n)}, Scanned: true})
		must(err)
		var all []ledger.Batch
		for i := range 7 {
			all = append(all, ledger.Batch{
				BatchHead: ledger.BatchHead{Transfer: id, Totals: pseudorandom(1, 30)},
				Facts:     pseudorandom(byte(i), 300+i*i*i*i*4),
				States:    pseudorandom(byte(2*i), 200+150*i),
			})
		}
		must(j.AddBatches(ctx, all))
		c := ledger.Changes{Ranks: map[int64]int64{}}
		for i, b := range all {
			job := b.ID*ledger.BatchSize + int64(i%2)
			for k := range 20 {
				c.Blocks = append(c.Blocks,
					ledger.BlockChange{Job: job, Block: ledger.AckedBlock{Number: k, CRC64: uint64(job) << 30}})
			}
			c.Ranks[job] = int64(i)
		}
		must(j.Commit(ctx, c))
		must(j.PutInbox(ctx, inboxes.Record{ID: fmt.Sprint("inbox ", n), Name: fmt.Sprint(n)}))
	}
	must(j.Release(ctx, []int64{1, 2, 3}))
	all := contentOf(t, j)
	must(j.Close())
	return all
}

// quickDir is a folder for tests that open hundreds of journals: in memory, where there is such a
// disk, since they would wait for fsync for most of their time.
func quickDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "journal")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// copyFolder copies a closed journal's database to a folder of its own.
func copyFolder(t testing.TB, from string) (dir string) {
	t.Helper()
	dir = quickDir(t)
	b, err := os.ReadFile(filepath.Join(from, "queue.db"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "queue.db"), b)
	return dir
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// opensDamaged opens a folder whose database may be damaged. What it then holds must be a part of
// want, byte for byte; all of it if Open found no damage. It returns how many batches there are.
func opensDamaged(t *testing.T, dir string, want content) (int, journal.Opened) {
	t.Helper()
	j, opened, err := journal.Open(t.Context(), dir, journal.Options{})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	got := contentOf(t, j)
	if opened.SetAside == "" {
		if diff := cmp.Diff(want, got, compare); diff != "" {
			t.Errorf("Open found no damage, but (-want +got):\n%s", diff)
		}
		return len(got.Batches), opened
	}
	if _, err := os.Stat(opened.SetAside); err != nil {
		t.Errorf("the damaged file: %v", err)
	}
	words := opened.Explain()
	if !strings.Contains(words.What, "damaged") || words.Safe == "" || words.Do == "" &&
		opened.Lost > 0 {
		t.Errorf("Open says %+v", words)
	}
	if opened.Kept != len(got.Batches) || opened.KeptTransfers != len(got.Transfers) {
		t.Errorf("Open says that %d batches and %d transfers were kept; there are %d and %d",
			opened.Kept, opened.KeptTransfers, len(got.Batches), len(got.Transfers))
	}
	for id, b := range got.Batches {
		if diff := cmp.Diff(want.Batches[id], b, compare); diff != "" {
			t.Errorf("batch %d (-want +got):\n%s", id, diff)
		}
		if got.Transfers[b.Transfer].ID == 0 {
			t.Errorf("batch %d has no transfer", id)
		}
	}
	lost := map[int64]bool{}
	for id, b := range want.Batches {
		if _, ok := got.Batches[id]; !ok {
			lost[b.Transfer] = true
		}
	}
	for id, x := range got.Transfers {
		w := want.Transfers[id]
		w.Scanned, w.Seen = x.Scanned, x.Seen
		if diff := cmp.Diff(w, x, compare); diff != "" {
			t.Errorf("transfer %d (-want +got):\n%s", id, diff)
		}
		if lost[id] && x.Scanned {
			t.Errorf("transfer %d lost jobs and won't be read again", id)
		}
	}
	for job, blocks := range got.Blocks {
		for _, b := range blocks {
			if !slices.Contains(want.Blocks[job], b) {
				t.Errorf("job %d has block %+v, which it had not", job, b)
			}
		}
	}
	for job, rank := range got.Ranks {
		if want.Ranks[job] != rank {
			t.Errorf("job %d has rank %d, want %d", job, rank, want.Ranks[job])
		}
	}
	for _, r := range got.Inboxes {
		if !slices.Contains(want.Inboxes, r) {
			t.Errorf("inbox %+v, which was not there", r)
		}
	}
	// New ids are new.
	id, err := j.AddTransfer(t.Context(), ledger.Transfer{})
	if err != nil {
		t.Fatalf("AddTransfer: %v", err)
	}
	all := []ledger.Batch{{BatchHead: ledger.BatchHead{Transfer: id}}}
	if err := j.AddBatches(t.Context(), all); err != nil {
		t.Fatalf("AddBatches: %v", err)
	}
	for b := range got.Batches {
		if b >= all[0].ID {
			t.Errorf("a new batch has id %d, and there is %d", all[0].ID, b)
		}
	}
	return len(got.Batches), opened
}

const page = 4096

func TestDatabaseCutAtEachPage(t *testing.T) {
	dir := quickDir(t)
	want := sample(t, dir)
	whole, err := os.ReadFile(filepath.Join(dir, "queue.db"))
	if err != nil {
		t.Fatal(err)
	}
	before := 0
	for cut := 0; cut <= len(whole); cut += page {
		damaged := copyFolder(t, dir)
		write(t, filepath.Join(damaged, "queue.db"), whole[:cut])
		kept, opened := opensDamaged(t, damaged, want)
		if (opened.SetAside == "") != (cut == len(whole)) {
			t.Errorf("cut at %d of %d: set aside as %q", cut, len(whole), opened.SetAside)
		}
		if kept < before {
			t.Errorf("cut at %d of %d: %d batches kept, less than the %d of a shorter file", cut,
				len(whole), kept, before)
		}
		before = kept
		if t.Failed() {
			t.Fatalf("cut at %d of %d", cut, len(whole))
		}
	}
	if before != len(want.Batches) {
		t.Errorf("%d batches of the whole file, want %d", before, len(want.Batches))
	}
}

func TestDatabaseWithFlippedBits(t *testing.T) {
	dir := quickDir(t)
	want := sample(t, dir)
	whole, err := os.ReadFile(filepath.Join(dir, "queue.db"))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	var places []int
	for at := range 100 { // the header
		places = append(places, at)
	}
	for at := 0; at < len(whole); at += page {
		places = append(places, at+r.IntN(12), at+r.IntN(page)) // a page's own header, anywhere
	}
	found, losing := 0, 0
	for _, at := range places {
		flipped := slices.Clone(whole)
		flipped[at] ^= 1 << r.IntN(8)
		damaged := copyFolder(t, dir)
		write(t, filepath.Join(damaged, "queue.db"), flipped)
		kept, opened := opensDamaged(t, damaged, want)
		if opened.SetAside != "" {
			found++
		}
		if kept < len(want.Batches) {
			losing++
		}
		if t.Failed() {
			t.Fatalf("flipped at %d (page %d, byte %d)", at, at/page, at%page)
		}
	}
	if found < len(places)/4 {
		t.Errorf("damage found at %d of %d places only", found, len(places))
	}
	// Most pages are leaves with a few batches' bytes, or parts of one batch.
	if losing > found*3/4 {
		t.Errorf("batches lost at %d of %d places", losing, found)
	}
	t.Logf("damage found at %d of %d places (elsewhere the bits mean nothing), batches lost at %d",
		found, len(places), losing)
}

func TestPagesOfZeros(t *testing.T) {
	dir := quickDir(t)
	want := sample(t, dir)
	whole, err := os.ReadFile(filepath.Join(dir, "queue.db"))
	if err != nil {
		t.Fatal(err)
	}
	losing := 0
	for at := 0; at < len(whole); at += page {
		zeroed := slices.Clone(whole)
		clear(zeroed[at : at+page])
		if bytes.Equal(zeroed, whole) {
			continue
		}
		damaged := copyFolder(t, dir)
		write(t, filepath.Join(damaged, "queue.db"), zeroed)
		kept, _ := opensDamaged(t, damaged, want)
		if kept < len(want.Batches) {
			losing++
		}
		if t.Failed() {
			t.Fatalf("page %d of zeros", at/page)
		}
	}
	t.Logf("%d of %d pages cost batches", losing, len(whole)/page)
}
