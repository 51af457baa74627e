package journal_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"inboxuploader/uploader/journal"
	"inboxuploader/uploader/ledger"
)

// childVariable tells the test binary that it is a child, and which folder it writes to.
const childVariable = "JOURNAL_TEST_CHILD"

// childMain is what children do: they commit without end, and print a line after each commit, until
// they are killed or standard input ends.
func childMain() {
	dir := os.Getenv(childVariable)
	if dir == "" {
		return
	}
	if err := commitWithoutEnd(context.Background(), dir); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

const childBatches = 4

// commitWithoutEnd changes four batches and adds a block in each commit; the number of the commit
// stands in each of them.
func commitWithoutEnd(ctx context.Context, dir string) error {
	j, opened, err := journal.Open(ctx, dir, journal.Options{})
	if err != nil {
		return err
	}
	if opened.SetAside != "" {
		return fmt.Errorf("damage: %v", opened.Explain())
	}
	id, err := j.AddTransfer(ctx, ledger.Transfer{Inbox: "inbox"})
	if err != nil {
		return err
	}
	all := make([]ledger.Batch, childBatches)
	for i := range all {
		all[i] = ledger.Batch{BatchHead: ledger.BatchHead{Transfer: id}, Facts: pseudorandom(byte(i), 10_000), States: numbered(0)}
	}
	if err := j.AddBatches(ctx, all); err != nil {
		return err
	}
	fmt.Println("transfer", id)
	for n := 1; ; n++ {
		c := ledger.Changes{Sync: n%5 == 0, Alive: n%7 == 0}
		for _, b := range all {
			b.Facts, b.States, b.Totals = nil, numbered(n), []byte(strconv.Itoa(n))
			c.Batches = append(c.Batches, b)
		}
		c.Blocks = []ledger.BlockChange{{Job: all[0].ID * ledger.BatchSize, Block: ledger.AckedBlock{Number: n, CRC64: uint64(n)}}}
		if err := j.Commit(ctx, c); err != nil {
			return err
		}
		fmt.Println("kept", n)
	}
}

// numbered is 20 KB of states that all say n.
func numbered(n int) []byte {
	b := make([]byte, 20_000)
	for i := 0; i < len(b); i += 4 {
		binary.LittleEndian.PutUint32(b[i:], uint32(n))
	}
	return b
}

// child is a process that commits without end.
type child struct {
	cmd      *exec.Cmd
	lines    *bufio.Scanner
	transfer int64
}

func startChild(t *testing.T, dir string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(self)}
	c.cmd.Env = append(os.Environ(), childVariable+"="+dir)
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(out)
	c.transfer = int64(c.next(t, "transfer"))
	return c
}

// next reads a line of the child's and returns its number.
func (c *child) next(t *testing.T, word string) int {
	t.Helper()
	if !c.lines.Scan() {
		t.Fatalf("the child ended: %v", c.lines.Err())
	}
	text, ok := strings.CutPrefix(c.lines.Text(), word+" ")
	n, err := strconv.Atoi(text)
	if !ok || err != nil {
		t.Fatalf("the child says %q", c.lines.Text())
	}
	return n
}

// kill ends the child at once and returns the last commit that it said was kept.
func (c *child) kill(t *testing.T, last int) int {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for c.lines.Scan() {
		if text, ok := strings.CutPrefix(c.lines.Text(), "kept "); ok {
			if n, err := strconv.Atoi(text); err == nil {
				last = n
			}
		} else {
			t.Errorf("the child says %q", c.lines.Text())
		}
	}
	_ = c.cmd.Wait() // says that it was killed
	return last
}

// holdsCommit checks that a transfer's batches and blocks are those of one commit, at least the
// given one.
func holdsCommit(t *testing.T, j *journal.Journal, transfer int64, atLeast int) {
	t.Helper()
	c, err := j.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, batches := -1, 0
	for _, h := range c.Batches {
		if h.Transfer != transfer {
			continue
		}
		batches++
		b, err := j.Batch(t.Context(), h.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n < 0 {
			n, _ = strconv.Atoi(string(h.Totals)) // "" is 0
			blocks, err := j.Blocks(t.Context(), h.ID*ledger.BatchSize)
			if err != nil {
				t.Fatal(err)
			}
			if len(blocks) != n {
				t.Errorf("%d blocks after commit %d", len(blocks), n)
			}
		}
		if string(b.States) != string(numbered(n)) || string(b.Totals) != string(h.Totals) {
			t.Errorf("batch %d does not hold commit %d", b.ID, n)
		}
	}
	if batches != childBatches || n < atLeast {
		t.Errorf("%d batches of commit %d, want %d of at least %d", batches, n, childBatches,
			atLeast)
	}
}

func TestKilledInTheMiddleOfCommits(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	watcher := open(t, dir) // one that lives on: the dead leave their transfers to it
	for range 10 {
		c := startChild(t, dir)
		last := 0
		for range r.IntN(40) {
			last = c.next(t, "kept")
		}
		if owner := ownerOf(t, watcher, c.transfer); owner != ledger.Elsewhere {
			t.Errorf("transfer %d of a living process has owner %d", c.transfer, owner)
		}
		last = c.kill(t, last)
		if owner := ownerOf(t, watcher, c.transfer); owner != ledger.Nobody {
			t.Errorf("transfer %d of a dead process has owner %d", c.transfer, owner)
		}
		holdsCommit(t, watcher, c.transfer, last)
		fresh := open(t, dir)
		holdsCommit(t, fresh, c.transfer, last)
		if got, err := fresh.Adopt(t.Context(), []int64{c.transfer}); err != nil || len(got) != 1 ||
			got[0].Seen.IsZero() {
			t.Errorf("Adopt: %v, %v", got, err)
		}
		if err := fresh.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if t.Failed() {
			return
		}
	}
	if err := watcher.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if left, err := os.ReadDir(dir + "/run"); err != nil || len(left) != 0 {
		t.Errorf("lock files are left: %v, %v", left, err)
	}
}

// TestKilledAlone is about the file alone: nobody else has it open when its process ends.
func TestKilledAlone(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		c := startChild(t, dir)
		last := 0
		for range r.IntN(60) {
			last = c.next(t, "kept")
		}
		last = c.kill(t, last)
		j := open(t, dir)
		holdsCommit(t, j, c.transfer, last)
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if t.Failed() {
			return
		}
	}
}

// TestTwoProcessesWriteAtOnce has two processes commit while this one reads: each read sees one
// moment.
func TestTwoProcessesWriteAtOnce(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	children := []*child{startChild(t, dir), startChild(t, dir)}
	last := make([]int, len(children))
	changed := false
	for range 30 {
		for i, c := range children {
			last[i] = c.next(t, "kept")
			loaded, err := j.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			totals := map[int64]string{}
			for _, h := range loaded.Batches {
				if first, ok := totals[h.Transfer]; ok && string(h.Totals) != first {
					t.Errorf("heads of commits %s and %s at one moment", first, h.Totals)
				}
				totals[h.Transfer] = string(h.Totals)
				b, err := j.Batch(t.Context(), h.ID)
				if err != nil {
					t.Fatal(err)
				}
				if n, _ := strconv.Atoi(string(b.Totals)); string(b.States) != string(numbered(n)) { // "" is 0
					t.Errorf("batch %d does not hold commit %d", b.ID, n)
				}
			}
		}
		now, err := j.Changed(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		changed = changed || now
	}
	if !changed {
		t.Error("this process has not noticed the others")
	}
	for i, c := range children {
		holdsCommit(t, j, c.transfer, c.kill(t, last[i]))
	}
}

func ownerOf(t *testing.T, j *journal.Journal, transfer int64) ledger.Owner {
	t.Helper()
	c, err := j.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Transfers {
		if x.ID == transfer {
			return x.Owner
		}
	}
	t.Fatalf("no transfer %d", transfer)
	return 0
}
