package uploadertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/token"
)

// JournalSubject is a journal under test: empty, and open in as many processes as the suite asks
// for.
type JournalSubject struct {
	// Open opens the journal once more, as another process would. The suite closes what it opened.
	Open func(t *testing.T) ledger.Journal
	// Records are those of kept inboxes beside an open journal.
	Records func(j ledger.Journal) inboxes.Records
	// Kill ends an open journal without a word, as the end of its process does. The suite doesn't
	// use it any more.
	Kill func(t *testing.T, j ledger.Journal)
	// Alone says that the journal lives in one process and ends with it, so that it can be opened
	// once only, and that none of its methods blocks or fails. Tests that need more are skipped,
	// and say so.
	Alone bool
}

// TestJournal checks what the comment of [ledger.Journal] promises and a caller can see. open
// returns an empty journal each time. The tests of one call run one after another.
func TestJournal(t *testing.T, open func(t *testing.T) JournalSubject) {
	for _, c := range []struct {
		name string
		more bool // than a journal that is Alone has
		test func(*journalSuite)
	}{
		{"an empty journal holds nothing", false, (*journalSuite).empty},
		{"transfers come back whole and in order", false, (*journalSuite).transfers},
		{"batches come back whole and in order", false, (*journalSuite).batches},
		{"any number of batches can be added at once", false, (*journalSuite).batchCounts},
		{"Commit changes transfers, heads and states", false, (*journalSuite).commits},
		{"Commit leaves facts alone", false, (*journalSuite).keepsFacts},
		{"blocks are kept, replaced and forgotten in order", false, (*journalSuite).blocks},
		{"ranks are kept and changed", false, (*journalSuite).ranks},
		{"a removed batch takes its blocks and ranks along", false, (*journalSuite).removes},
		{"a forgotten transfer takes all along", false, (*journalSuite).forgets},
		{"ids are not used again", false, (*journalSuite).freshIDs},
		{"changes to what was removed are dropped", false, (*journalSuite).noRevival},
		{"what is handed in and out are copies", false, (*journalSuite).copies},
		{"inboxes are kept, one under a name", false, (*journalSuite).inboxes},
		{"a cancelled call keeps nothing", true, (*journalSuite).cancelled},
		{"many at once", false, (*journalSuite).concurrent},
		{"own writes are no change", false, (*journalSuite).ownWrites},
		{"own transfers can't be adopted", false, (*journalSuite).ownTransfers},
		{"what was released can be adopted again", false, (*journalSuite).releases},
		{"Close ends it, once or more often", false, (*journalSuite).closes},
		{"all is there after opening again", true, (*journalSuite).reopens},
		{"others see what was written", true, (*journalSuite).sharing},
		{"a transfer has one owner", true, (*journalSuite).oneOwner},
		{"two who adopt at once get one each", true, (*journalSuite).race},
		{"Close gives transfers up", true, (*journalSuite).closeReleases},
		{"a dead process owns nothing", true, (*journalSuite).death},
		{"Seen is the last owner's moment", true, (*journalSuite).seen},
		{"commands reach the owner once and in order", true, (*journalSuite).commands},
		{"a command waits for an owner", true, (*journalSuite).commandWaits},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &journalSuite{T: t, JournalSubject: open(t)}
			if c.more && s.Alone {
				t.Skip("this journal lives in one process")
			}
			s.j = s.open()
			c.test(s)
		})
	}
}

// journalSuite is one test of a journal, with the steps that tests are made of.
type journalSuite struct {
	*testing.T
	JournalSubject
	j ledger.Journal
}

// open opens the journal, and closes it in the end.
func (s *journalSuite) open() ledger.Journal {
	s.Helper()
	j := s.Open(s.T)
	s.Cleanup(func() { s.ok(j.Close()) })
	return j
}

func (s *journalSuite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("refused: %v", err)
	}
}

// same compares two values; no slice or map and an empty one count as the same.
func (s *journalSuite) same(what string, got, want any) {
	s.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		s.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (s *journalSuite) load(j ledger.Journal) ledger.Contents {
	s.Helper()
	c, err := j.Load(s.Context())
	s.ok(err)
	return c
}

func (s *journalSuite) transfer() int64 {
	s.Helper()
	id, err := s.j.AddTransfer(s.Context(), sampleTransfer())
	s.ok(err)
	return id
}

// add adds batches of a transfer, and returns them with their ids.
func (s *journalSuite) add(transfer int64, n int) []ledger.Batch {
	s.Helper()
	all := make([]ledger.Batch, n)
	for i := range all {
		all[i] = ledger.Batch{
			BatchHead: ledger.BatchHead{Transfer: transfer, Totals: fmt.Appendf(nil, "totals %d\x00\xff", i)},
			Facts:     random(1000 + 40*i), States: random(300 + i),
		}
	}
	s.ok(s.j.AddBatches(s.Context(), all))
	return all
}

func (s *journalSuite) batch(j ledger.Journal, id int64) ledger.Batch {
	s.Helper()
	b, err := j.Batch(s.Context(), id)
	s.ok(err)
	return b
}

func (s *journalSuite) commit(c ledger.Changes) {
	s.Helper()
	s.ok(s.j.Commit(s.Context(), c))
}

// holdsBlocks compares a job's blocks, in the order of their numbers.
func (s *journalSuite) holdsBlocks(job int64, want ...ledger.AckedBlock) {
	s.Helper()
	got, err := s.j.Blocks(s.Context(), job)
	s.ok(err)
	slices.SortFunc(got, func(a, b ledger.AckedBlock) int { return a.Number - b.Number })
	s.same(fmt.Sprintf("blocks of job %d", job), got, want)
}

// sampleTransfer has a value in each field that a caller sets, and names that are no UTF-8.
func sampleTransfer() ledger.Transfer {
	return ledger.Transfer{
		Inbox: "https://inbox.blob.core.windows.net/ws-1",
		Roots: []string{"/data/a", "/data/\xff\xfe", "C:\\Data\\b"},
		Options: ledger.AddOptions{
			Scan: scan.Options{
				Inbox:     token.Inbox{Scheme: "https", Host: "inbox.blob.core.windows.net", Container: "ws-1", Prefix: "p/\xf0", Blob: "b", Wider: true},
				Recursive: true, Include: []string{"*.csv", "\xc3"}, Exclude: []string{"tmp/"},
				EmptyFolders: true,
			},
			Replace: true, KeepBoth: true, KeepTimes: true, PutMD5: true, Manifest: source.SHA256, Check: "/m\xff", CheckHashes: source.MD5,
			Note: ledger.Note{Text: "Dear\x00 Anna", From: "a \xff"},
		},
		ValidFrom: second(1), ValidTo: second(1000), Speed: 1.25e6,
		Created: time.Date(2026, 2, 3, 4, 5, 6, 700, time.UTC),
		Skipped: map[scan.SkipReason]int64{scan.SkipJunk: 3, scan.SkipSymlink: 1},
		SkippedPaths: []ledger.SkippedPath{
			{Source: "/data/a/l\xe9n", Reason: scan.SkipSymlink},
		},
		Outside: 2,
		Renamed: 1, Warned: 2,
		NameNotes: []ledger.NameNote{
			{Source: "/data/a/x\xe9.", Blob: "a/x_", Renamed: true},
			{Source: "/data/a/nul", Blob: "a/nul", Warnings: []scan.NameWarning{scan.WarnReserved}},
		},
		Unmatched: scan.Unmatched{Include: []string{"\xc3"}, Exclude: []string{"tmp/"}},
	}
}

func second(n int64) time.Time { return time.Unix(1_770_000_000+n, 0).UTC() }

func ackedBlock(n int) ledger.AckedBlock {
	return ledger.AckedBlock{Number: n, CRC64: math.MaxUint64 - uint64(n), At: second(int64(n))}
}

func (s *journalSuite) empty() {
	s.same("contents", s.load(s.j), ledger.Contents{})
	s.same("batch", s.batch(s.j, 1), ledger.Batch{})
	s.holdsBlocks(ledger.BatchSize)
	kept, err := s.Records(s.j).Inboxes(s.Context())
	s.ok(err)
	s.same("inboxes", kept, []inboxes.Record{})
	commands, err := s.j.Posted(s.Context())
	s.ok(err)
	s.same("commands", commands, []ledger.Posted{})
	s.commit(ledger.Changes{})
	s.ok(s.j.Alive(s.Context()))
}

func (s *journalSuite) transfers() {
	want := []ledger.Transfer{sampleTransfer(), {Inbox: "b", Created: second(1)}, sampleTransfer()}
	last := int64(0)
	for i := range want {
		id, err := s.j.AddTransfer(s.Context(), want[i])
		s.ok(err)
		if id <= last {
			s.Errorf("id %d after %d", id, last)
		}
		last = id
		want[i].ID, want[i].Owner = id, ledger.Here
	}
	got := s.load(s.j).Transfers
	for i := range got {
		got[i].Seen = time.Time{}
	}
	s.same("transfers", got, want)
}

func (s *journalSuite) batches() {
	a, b := s.transfer(), s.transfer()
	all := slices.Concat(s.add(a, 3), s.add(b, 1), s.add(a, 2))
	heads := make([]ledger.BatchHead, len(all))
	for i := range all {
		heads[i] = all[i].BatchHead
		if heads[i].ID < 1 || i > 0 && heads[i].ID <= heads[i-1].ID {
			s.Errorf("batch %d has id %d", i, heads[i].ID)
		}
		s.same("batch", s.batch(s.j, all[i].ID), all[i])
	}
	s.same("heads", s.load(s.j).Batches, heads)
}

func (s *journalSuite) batchCounts() {
	id := s.transfer()
	s.ok(s.j.AddBatches(s.Context(), nil))
	s.same("heads", s.load(s.j).Batches, []ledger.BatchHead{})
	all := s.add(id, 50)
	all[7].Facts, all[7].States, all[7].Totals = nil, nil, nil
	s.ok(s.j.AddBatches(s.Context(), all[7:8]))
	s.same("batch without content", s.batch(s.j, all[7].ID), all[7])
	if got := len(s.load(s.j).Batches); got != 51 {
		s.Errorf("%d batches, want 51", got)
	}
}

func (s *journalSuite) commits() {
	id := s.transfer()
	all := s.add(id, 3)
	t := sampleTransfer()
	t.ID, t.Scanned, t.Paused, t.Follows, t.Owner = id, true, true, 17, ledger.Here
	t.Skipped[scan.SkipFIFO] = 9
	changed := all[1]
	changed.Claimed, changed.Totals, changed.States = second(5), []byte("new"), random(4000)
	for _, sync := range []bool{false, true} {
		handed := changed
		handed.Facts = nil
		s.commit(ledger.Changes{Transfers: []ledger.Transfer{t}, Batches: []ledger.Batch{handed}, Alive: true, Sync: sync})
		s.same("changed batch", s.batch(s.j, changed.ID), changed)
		s.same("batch before it", s.batch(s.j, all[0].ID), all[0])
		s.same("batch behind it", s.batch(s.j, all[2].ID), all[2])
		got := s.load(s.j)
		got.Transfers[0].Seen = time.Time{}
		s.same("transfer", got.Transfers, []ledger.Transfer{t})
		s.same("heads", got.Batches,
			[]ledger.BatchHead{all[0].BatchHead, changed.BatchHead, all[2].BatchHead})
		changed.Claimed, changed.States = second(8), random(10)
	}
}

func (s *journalSuite) keepsFacts() {
	b := s.add(s.transfer(), 1)[0]
	handed := b
	handed.Facts = []byte("others")
	s.commit(ledger.Changes{Batches: []ledger.Batch{handed}})
	s.same("batch", s.batch(s.j, b.ID), b)
}

func (s *journalSuite) blocks() {
	job := s.add(s.transfer(), 1)[0].ID * ledger.BatchSize
	var changes []ledger.BlockChange
	for n := range 5 {
		changes = append(changes, ledger.BlockChange{Job: job, Block: ackedBlock(n)})
	}
	s.commit(ledger.Changes{Blocks: changes})
	s.holdsBlocks(job, ackedBlock(0), ackedBlock(1), ackedBlock(2), ackedBlock(3), ackedBlock(4))
	s.holdsBlocks(job + 1)

	again := ackedBlock(3)
	again.CRC64, again.At = 0, second(99)
	s.commit(ledger.Changes{Blocks: []ledger.BlockChange{
		{Job: job, Block: again}, {Job: job + 1, Block: ackedBlock(49_999)},
	}})
	s.holdsBlocks(job, ackedBlock(0), ackedBlock(1), ackedBlock(2), again, ackedBlock(4))
	s.holdsBlocks(job+1, ackedBlock(49_999))

	s.commit(ledger.Changes{Blocks: []ledger.BlockChange{
		{Job: job, Block: ackedBlock(7)},
		{Job: job, Forget: true},
		{Job: job, Block: ackedBlock(2)},
	}})
	s.holdsBlocks(job, ackedBlock(2))
	s.holdsBlocks(job+1, ackedBlock(49_999))
}

func (s *journalSuite) ranks() {
	first := s.add(s.transfer(), 1)[0].ID * ledger.BatchSize
	s.commit(ledger.Changes{Ranks: map[int64]int64{first: 7, first + 1: math.MinInt64, first + 2: math.MaxInt64}})
	s.commit(ledger.Changes{Ranks: map[int64]int64{first: -7}})
	s.same("ranks", s.load(s.j).Ranks,
		map[int64]int64{first: -7, first + 1: math.MinInt64, first + 2: math.MaxInt64})
}

func (s *journalSuite) copies() {
	t := sampleTransfer()
	id, err := s.j.AddTransfer(s.Context(), t)
	s.ok(err)
	t.Roots[0], t.SkippedPaths[0].Source, t.NameNotes[0].Source = "changed", "changed", "changed"
	t.Skipped[scan.SkipJunk] = 1000
	all := s.add(id, 1)
	want := s.batch(s.j, all[0].ID)
	for range 2 {
		c := s.load(s.j)
		if got := &c.Transfers[0]; got.Roots[0] == "changed" ||
			got.SkippedPaths[0].Source == "changed" || got.NameNotes[0].Source == "changed" ||
			got.Skipped[scan.SkipJunk] == 1000 {
			s.Errorf("transfer %+v changed after it was handed over", *got)
		}
		c.Transfers[0].Roots[0] = "changed"
		c.Transfers[0].Skipped[scan.SkipJunk] = 1000
		clear(c.Batches[0].Totals)
		b := s.batch(s.j, all[0].ID)
		s.same("batch", b, want)
		clear(b.Facts)
		clear(b.States)
		clear(b.Totals)
		clear(all[0].Facts)
		clear(all[0].States)
		clear(all[0].Totals)
	}
}

func (s *journalSuite) inboxes() {
	record := func(id, name string) inboxes.Record {
		return inboxes.Record{
			ID: id, Name: name, Ref: "ref " + id, Fingerprint: "abc",
			Rights: token.Rights{Letters: "racw", Unknown: true},
			Policy: "p", Version: "2021-12-02", IP: "10.0.0.1", HTTPSOnly: true, AllowedHost: "h",
			ValidFrom: second(1), ValidTo: second(2),
			Inbox: token.Inbox{Scheme: "https", Host: "h", Account: "a", Container: "c", Prefix: "p", Blob: "b", InboxID: "i", WsID: "w", TID: "t"},
		}
	}
	a, b := record("k1", "Zebra"), record("k2", "Apfelstück 🍏")
	for _, r := range []inboxes.Record{a, b, {ID: "k4", Name: "x"}} {
		s.ok(s.Records(s.j).PutInbox(s.Context(), r))
	}
	for _, r := range []inboxes.Record{{ID: "k5", Name: "zebra"}, {ID: "k1", Name: b.Name}} {
		err := s.Records(s.j).PutInbox(s.Context(), r)
		if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.InboxNameTaken ||
			inboxes.NameKey(e.Value) != inboxes.NameKey(r.Name) {
			s.Errorf("PutInbox of a name that is taken: %v", err)
		}
	}
	a.Name, a.HTTPSOnly, a.Rights.Unknown = "zebra", false, false
	s.ok(s.Records(s.j).PutInbox(s.Context(), a))
	s.ok(s.Records(s.j).RemoveInbox(s.Context(), "k4"))
	s.ok(s.Records(s.j).RemoveInbox(s.Context(), "k5"))
	got, err := s.Records(s.j).Inboxes(s.Context())
	s.ok(err)
	slices.SortFunc(got, func(a, b inboxes.Record) int { return strings.Compare(a.ID, b.ID) })
	s.same("inboxes", got, []inboxes.Record{a, b})
}

func (s *journalSuite) cancelled() {
	id := s.transfer()
	b := s.add(id, 1)[0]
	cause := problem.New("", "", problem.NoProgress)
	ctx, cancel := context.WithCancelCause(s.Context())
	cancel(cause)
	if _, err := s.j.AddTransfer(ctx, sampleTransfer()); !errors.Is(err, problem.ErrBusy) {
		s.Errorf("AddTransfer: %v, want the cause", err)
	}
	if err := s.j.AddBatches(ctx, []ledger.Batch{b}); !errors.Is(err, problem.ErrBusy) {
		s.Errorf("AddBatches: %v, want the cause", err)
	}
	if err := s.j.Commit(ctx, ledger.Changes{Removed: []int64{b.ID}}); !errors.Is(err,
		problem.ErrBusy) {
		s.Errorf("Commit: %v, want the cause", err)
	}
	if _, err := s.j.Load(ctx); !errors.Is(err, problem.ErrBusy) {
		s.Errorf("Load: %v, want the cause", err)
	}
	c := s.load(s.j)
	if len(c.Transfers) != 1 || len(c.Batches) != 1 {
		s.Errorf("%d transfers and %d batches, want one of each", len(c.Transfers), len(c.Batches))
	}
}

func (s *journalSuite) concurrent() {
	const writers, rounds = 6, 8
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			id, err := s.j.AddTransfer(s.Context(), sampleTransfer())
			if err != nil {
				s.Errorf("AddTransfer: %v", err)
				return
			}
			for n := range rounds {
				all := []ledger.Batch{{BatchHead: ledger.BatchHead{Transfer: id}, Facts: []byte{byte(n)}, States: []byte{byte(n)}}}
				if err := s.j.AddBatches(s.Context(), all); err != nil {
					s.Errorf("AddBatches: %v", err)
					return
				}
				job := all[0].ID * ledger.BatchSize
				if err := s.j.Commit(s.Context(), ledger.Changes{
					Blocks: []ledger.BlockChange{{Job: job, Block: ackedBlock(n)}},
					Ranks:  map[int64]int64{job: int64(n)}, Sync: n%2 == 0,
				}); err != nil {
					s.Errorf("Commit: %v", err)
				}
				b, err := s.j.Batch(s.Context(), all[0].ID)
				if err != nil || len(b.Facts) != 1 || b.Facts[0] != byte(n) {
					s.Errorf("Batch: %v, %v", b.Facts, err)
				}
				if blocks, err := s.j.Blocks(s.Context(), job); err != nil || len(blocks) != 1 ||
					blocks[0] != ackedBlock(n) {
					s.Errorf("Blocks: %v, %v", blocks, err)
				}
				if _, err := s.j.Load(s.Context()); err != nil {
					s.Errorf("Load: %v", err)
				}
			}
		})
	}
	wg.Wait()
	c := s.load(s.j)
	if len(c.Transfers) != writers || len(c.Batches) != writers*rounds ||
		len(c.Ranks) != writers*rounds {
		s.Errorf("%d transfers, %d batches, %d ranks; want %d, %d, %[5]d",
			len(c.Transfers), len(c.Batches), len(c.Ranks), writers, writers*rounds)
	}
}

func (s *journalSuite) ownWrites() {
	s.fill(s.add(s.transfer(), 2))
	s.ok(s.j.Alive(s.Context()))
	s.changed(s.j, false)
}

func (s *journalSuite) changed(j ledger.Journal, want bool) {
	s.Helper()
	got, err := j.Changed(s.Context())
	s.ok(err)
	if got != want {
		s.Errorf("Changed: %v, want %v", got, want)
	}
}
