package journal

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// use is what a connection is for.
type use int

const (
	reading  use = iota // several connections, which see what was kept when their query began
	writing             // one connection
	looking             // one connection that finds out what a file is, and changes nothing of the content
	building            // one connection on a file that nobody else knows: it is made durable when it is complete
	moving              // one connection that takes a file away from others, without shared memory
)

// busyMillis is how long SQLite itself waits for another process's lock, in milliseconds. Longer
// waits continue in patiently, which checks the context.
const busyMillis = "200"

// connect opens an existing database. It does no I/O yet.
//
// It limits what a damaged or hostile file can do: SQLite does not trust the schema, checks each
// page's cells, and accepts no value longer than the file (and maxBlob, see row.go).
func connect(path string, u use) (*sql.DB, error) {
	q := url.Values{"_txlock": {"deferred"}, "_pragma": {
		"busy_timeout(" + busyMillis + ")", "trusted_schema(0)", "cell_size_check(1)",
		"mmap_size(0)", "temp_store(2)",
		"cache_size(-8192)", // KiB
	}}
	pragma := func(p string) { q.Add("_pragma", p) }
	switch u {
	case reading, looking:
		pragma("query_only(1)")
	case writing:
		q.Set("_txlock", "immediate")
		pragma("synchronous(NORMAL)")
		pragma("fullfsync(1)") // on macOS a plain fsync does not reach the disk
		pragma("checkpoint_fullfsync(1)")
		pragma("wal_autocheckpoint(2000)")    // pages, 8 MiB
		pragma("journal_size_limit(8388608)") // bytes
	case building:
		q.Set("_txlock", "immediate")
		pragma("synchronous(OFF)")
		pragma("journal_mode(MEMORY)")
	case moving:
		q.Set("_txlock", "immediate")
		pragma("synchronous(FULL)")
		pragma("fullfsync(1)")
		pragma("locking_mode(EXCLUSIVE)")
	}
	name := path
	if path != ":memory:" {
		q.Set("mode", "rw") // never makes a file: its rights would be the umask's
		slashed := filepath.ToSlash(path)
		if !strings.HasPrefix(slashed, "/") {
			slashed = "/" + slashed // a drive's letter
		}
		name = (&url.URL{Scheme: "file", Path: slashed, RawQuery: q.Encode()}).String()
	} else {
		name += "?" + q.Encode()
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	connections := 1
	if u == reading {
		connections = 4
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// patiently retries do while another process holds the database, for at most the patience.
func patiently(ctx context.Context, patience time.Duration, do func() error) error {
	deadline := time.Now().Add(patience)
	for {
		if err := cancelled(ctx); err != nil {
			return err
		}
		err := do()
		if err == nil || !isBusy(err) || !time.Now().Before(deadline) {
			return err
		}
		pause(ctx, 5*time.Millisecond)
	}
}

// pause waits a little, or until the context is done.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
