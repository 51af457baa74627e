package journal

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"inboxuploader/uploader/inboxes"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
)

// openFine opens a journal that it closes in the end.
func openFine(t testing.TB, dir string, o Options) (*Journal, Opened) {
	t.Helper()
	j, opened, err := Open(t.Context(), dir, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return j, opened
}

// refused wants an error of ErrJournal with a reason whose words are complete.
func refused(t *testing.T, err error, reason problem.Reason) {
	t.Helper()
	e, ok := errors.AsType[*problem.Error](err)
	if !ok || !errors.Is(err, problem.ErrJournal) || e.Reason != reason {
		t.Fatalf("error %v, want ErrJournal with %s", err, reason)
	}
	if words := problem.Explain(err); words.What == "" || words.Safe == "" || words.Do == "" {
		t.Errorf("%s says %+v", reason, words)
	}
}

func TestOpenedSaysWhatItFound(t *testing.T) {
	odd := "b%20c ? #"
	if runtime.GOOS == "windows" {
		odd = "b%20c #" // which has no question marks in names
	}
	dir := filepath.Join(t.TempDir(), "a", odd)
	j, opened := openFine(t, dir, Options{})
	if !opened.Fresh || opened.Explain() != (problem.Explanation{}) {
		t.Errorf("a new one: %+v, %q", opened, opened.Explain())
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_, opened = openFine(t, dir, Options{})
	if opened.Fresh || opened.SetAside != "" || opened.Explain() != (problem.Explanation{}) {
		t.Errorf("one that is fine: %+v, %q", opened, opened.Explain())
	}
}

func TestNetworkDiskHasARollbackJournal(t *testing.T) {
	dir := t.TempDir()
	local, _ := openFine(t, dir, Options{network: func(string) bool { return false }})
	id, err := local.AddTransfer(t.Context(), ledger.Transfer{Inbox: "inbox"})
	if err != nil {
		t.Fatal(err)
	}
	if err := local.Close(); err != nil {
		t.Fatal(err)
	}
	for _, network := range []bool{true, true, false, true} {
		o := Options{network: func(string) bool { return network }}
		j, opened := openFine(t, dir, o)
		other, _ := openFine(t, dir, o)
		if opened.Network != network || strings.Contains(opened.Explain().What,
			"network disk") != network {
			t.Errorf("on a network disk %v: %+v, %q", network, opened, opened.Explain())
		}
		var mode string
		var synchronous int
		if err := j.change(t.Context(), false, func(ctx context.Context) error {
			if err := j.writer.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
				return err
			}
			return j.writer.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous)
		}); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]string{true: "delete", false: "wal"}[network]; mode != want {
			t.Errorf("on a network disk %v: journal mode %q, want %q", network, mode, want)
		}
		if want := map[bool]int{true: 2, false: 1}[network]; synchronous != want {
			t.Errorf("on a network disk %v: synchronous %d for a commit, want %d", network,
				synchronous, want)
		}
		for _, x := range []*Journal{j, other} {
			if err := x.Commit(t.Context(),
				ledger.Changes{Transfers: []ledger.Transfer{{ID: id, Inbox: "inbox", Paused: network}}}); err != nil {
				t.Fatal(err)
			}
			if c, err := x.Load(t.Context()); err != nil || len(c.Transfers) != 1 ||
				c.Transfers[0].Paused != network {
				t.Errorf("transfers %+v, %v", c.Transfers, err)
			}
		}
		if err := errors.Join(other.Close(), j.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// literal is version 1's schema as it was first released; it never changes.
const literal = `CREATE TABLE processes(id TEXT PRIMARY KEY, seen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE transfers(id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT, seen INTEGER NOT NULL, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE batches(id INTEGER PRIMARY KEY AUTOINCREMENT, transfer INTEGER NOT NULL, claimed INTEGER NOT NULL, totals BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE facts(id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE states(id INTEGER PRIMARY KEY, transfer INTEGER NOT NULL, claimed INTEGER NOT NULL, totals BLOB NOT NULL, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE origins(id INTEGER PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE blocks(job INTEGER, number INTEGER, crc64 INTEGER NOT NULL, at INTEGER NOT NULL, sum INTEGER NOT NULL, PRIMARY KEY(job, number)) STRICT, WITHOUT ROWID;
CREATE TABLE ranks(job INTEGER PRIMARY KEY, rank INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
CREATE TABLE commands(id INTEGER PRIMARY KEY AUTOINCREMENT, transfer INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
CREATE TABLE inboxes(id TEXT PRIMARY KEY, data BLOB NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version=1;
PRAGMA application_id=1230307329;`

// rows are of a journal of version 1: a transfer that a process owns which is gone, with a batch, a
// block and a rank.
const rows = `INSERT INTO processes VALUES('0123456789abcdef0123456789abcdef', 1770000100);
INSERT INTO transfers VALUES(7, '0123456789abcdef0123456789abcdef', 1770000000, CAST('{"Inbox":"https://h/c","Roots":["/data","\u0000/w=="],"To":{"Scheme":"https","Host":"h","Account":"","Container":"c","Prefix":"p","Blob":"","InboxID":"","WsID":"","TID":""},"Recursive":true,"Include":["*.csv"],"Replace":true,"Created":"2026-02-03T04:05:06.0000007Z","Scanned":true,"Follows":3,"Skipped":{"junk":2}}' AS BLOB), 0);
INSERT INTO origins VALUES(7, CAST('{"Inbox":"https://h/c","Roots":["/data"]}' AS BLOB), 0);
INSERT INTO batches VALUES(9, 7, 1770000050, x'0102', 0);
INSERT INTO facts VALUES(9, x'666163747300', 0);
INSERT INTO states VALUES(9, 7, 1770000050, x'0102', x'737461746573ff', 0);
INSERT INTO blocks VALUES(2305, 3, -2, 1770000060, 0);
INSERT INTO ranks VALUES(2305, -5, 0);
INSERT INTO commands VALUES(4, 7, CAST('{"Verb":"pause","Jobs":[2305]}' AS BLOB));
INSERT INTO inboxes VALUES('K1', CAST('{"Inbox":{"Scheme":"https","Host":"h","Account":"","Container":"c","Prefix":"","Blob":"","InboxID":"","WsID":"","TID":""},"Name":"Cardio","Version":"2021-12-02","Policy":"","IP":"","Letters":"cw","ValidFrom":"0001-01-01T00:00:00Z","ValidTo":"2026-03-01T00:00:00Z","AllowedHost":"","Ref":"r","Fingerprint":"00"}' AS BLOB), 0);`

// sums are the checksums of these rows, as version 1 computed them.
const sums = `UPDATE transfers SET sum = 1470815342; UPDATE origins SET sum = 1458272264; UPDATE batches SET sum = 1003786999;
UPDATE facts SET sum = 538563504; UPDATE states SET sum = 769682461; UPDATE blocks SET sum = 3021471235; UPDATE ranks SET sum = 36452417;
UPDATE inboxes SET sum = 2028841254;`

// writeDatabase makes a database of SQL, without this package's help.
func writeDatabase(t *testing.T, dir, text string) {
	t.Helper()
	path := filepath.Join(dir, "queue.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestVersion1Opens(t *testing.T) {
	dir := t.TempDir()
	writeDatabase(t, dir, literal+rows+sums)
	checkVersion1(t, dir)
}

// TestVersion1BecomesTheNext migrates to a version of the test's own, after those that there are.
func TestVersion1BecomesTheNext(t *testing.T) {
	old := migrations
	t.Cleanup(func() { migrations = old })
	migrations = append(slices.Clip(old), `ALTER TABLE commands ADD COLUMN posted INTEGER;
CREATE TABLE more(id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;`)
	dir := t.TempDir()
	writeDatabase(t, dir, literal+rows+sums)
	checkVersion1(t, dir)
	db, err := connect(filepath.Join(dir, "queue.db"), looking)
	if err != nil {
		t.Fatal(err)
	}
	if version, err := schemaVersion(t.Context(), db); err != nil || version != len(migrations) {
		t.Errorf("version %d, %v; want %d", version, err, len(migrations))
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// A program that knows those before it only leaves it alone.
	migrations = old
	before := content(t, dir)
	_, _, err = Open(t.Context(), dir, Options{Patience: time.Nanosecond})
	refused(t, err, problem.JournalNewer)
	if content(t, dir) != before {
		t.Error("a newer version's file was changed")
	}
}

func TestAnOlderVersionInUseIsNotMigrated(t *testing.T) {
	dir := t.TempDir()
	openFine(t, dir, Options{})
	old := migrations
	t.Cleanup(func() { migrations = old })
	migrations = append(slices.Clip(old), "CREATE TABLE more(id INTEGER PRIMARY KEY) STRICT;")
	_, _, err := Open(t.Context(), dir, Options{Patience: time.Nanosecond})
	refused(t, err, problem.JournalBusy)
}

func content(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "queue.db"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkVersion1 checks that what stands in rows is what callers get.
func checkVersion1(t *testing.T, dir string) {
	t.Helper()
	j, opened := openFine(t, dir, Options{})
	if opened.Fresh || opened.SetAside != "" {
		t.Fatalf("Open says %+v: %s", opened, opened.Explain())
	}
	ctx := t.Context()
	c, err := j.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	want := ledger.Transfer{
		ID: 7, Inbox: "https://h/c", Roots: []string{"/data", "\xff"},
		Created: time.Date(2026, 2, 3, 4, 5, 6, 700, time.UTC),
		Options: ledger.AddOptions{Replace: true, Scan: scan.Options{
			Inbox:     token.Inbox{Scheme: "https", Host: "h", Container: "c", Prefix: "p"},
			Recursive: true, Include: []string{"*.csv"},
		}},
		Scanned: true, Follows: 3, Skipped: map[scan.SkipReason]int64{scan.SkipJunk: 2},
		Seen: time.Unix(1770000100, 0).UTC(),
	}
	equal(t, "transfers", c.Transfers, []ledger.Transfer{want})
	head := ledger.BatchHead{ID: 9, Transfer: 7, Claimed: time.Unix(1770000050, 0).UTC(), Totals: []byte{1, 2}}
	equal(t, "heads", c.Batches, []ledger.BatchHead{head})
	equal(t, "ranks", c.Ranks, map[int64]int64{2305: -5})
	b, err := j.Batch(ctx, 9)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "batch", b,
		ledger.Batch{BatchHead: head, Facts: []byte("facts\x00"), States: []byte("states\xff")})
	blocks, err := j.Blocks(ctx, 2305)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "blocks", blocks,
		[]ledger.AckedBlock{{Number: 3, CRC64: 1<<64 - 2, At: time.Unix(1770000060, 0).UTC()}})
	kept, err := j.Inboxes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "inboxes", kept, []inboxes.Record{{
		ID: "K1", Name: "Cardio", Inbox: token.Inbox{Scheme: "https", Host: "h", Container: "c"},
		Rights:  token.Rights{Letters: "cw"},
		Version: "2021-12-02", ValidTo: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Ref: "r",
		Fingerprint: "00",
	}})
	if _, err := j.Adopt(ctx, []int64{7}); err != nil {
		t.Fatal(err)
	}
	commands, err := j.Posted(ctx)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "commands", commands,
		[]ledger.Posted{{ID: 4, Command: ledger.Command{Verb: ledger.Pause, Transfer: 7, Jobs: []int64{2305}}}})
	id, err := j.AddTransfer(ctx, ledger.Transfer{})
	if err != nil || id <= 7 {
		t.Errorf("a new transfer has id %d, %v", id, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
