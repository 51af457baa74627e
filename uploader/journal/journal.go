// Package journal keeps the queue's [ledger.Journal] on disk, in one SQLite file that any number of
// processes share. Begin with [Open].
//
// The folder holds:
//
//	queue.db            the journal; beside it, while it is open, -wal and -shm, or on a network disk -journal
//	queue.lock          locked by every open journal; alone by one that creates, migrates or repairs the file
//	queue.check         there if damage was met while the journal was in use: the next Open looks at all of it
//	queue-damaged-….db  a damaged file that was set aside, see [Opened]
//	run/ID.lock         locked by the open journal of that id for as long as its process lives
//
// Of a token, the journal stores only a reference to the keyring and a salted fingerprint.
package journal

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"os"
	"sync"
	"time"

	"inboxuploader/internal/filelock"
	"inboxuploader/internal/netdisk"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// DefaultPatience is how long a call waits for another process that is writing. A writer holds the
// file for some milliseconds, so the wait is long only if the writer was suspended.
const DefaultPatience = 10 * time.Second

// Options are choices for Open. The zero value is what the program uses.
type Options struct {
	// Patience is how long a call waits for another process before it returns journal-busy; 0 is
	// [DefaultPatience].
	Patience time.Duration

	network func(dir string) bool // whether dir is on a network disk; nil asks the system
}

// Journal is an open journal: one owner of transfers. Two in one process are two owners. Its
// methods are those of [ledger.Journal], whose promises it keeps.
type Journal struct {
	files    files
	patience time.Duration
	file     os.FileInfo // the database as it was opened
	wal      bool        // otherwise each commit is durable, since a rollback journal always is
	id       string
	lock     *filelock.File // run/ID.lock
	shared   *filelock.File // queue.lock

	turn    chan struct{} // holds one token: who has it may use what follows
	closed  bool
	db      *sql.DB // the writer's, of one connection
	writer  *sql.Conn
	write   map[string]*sql.Stmt // of writer, by text
	full    bool                 // the writer's synchronous is FULL
	loose   bool                 // something that was committed may be lost with the machine's power
	version int64                // the writer's data_version when Changed was last asked

	readers *sql.DB
	mu      sync.Mutex
	read    map[string]*sql.Stmt // of readers, by text; under mu
}

// Open opens the journal in the folder dir and says what it found there. It creates dir if it
// doesn't exist. Only the owner can read dir and the files in it, whatever the umask; on Windows
// they inherit the permissions of the folder above. Open blocks on the disk: for some milliseconds,
// or as long as reading the whole file takes if that is small (up to 32 MiB) or a process that used
// it was killed. If the file is damaged, Open moves what is readable into a new file.
//
// Errors are [*problem.Error]s of ErrJournal. Close the journal when it is no longer used.
func Open(ctx context.Context, dir string, o Options) (*Journal, Opened, error) {
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.network == nil {
		o.network = netdisk.On
	}
	f, err := makeFolder(dir)
	if err != nil {
		return nil, Opened{}, failure("open journal", f.db(), err)
	}
	opened := Opened{Network: o.network(dir)}
	shared, err := f.ready(ctx, o.Patience, &opened)
	if err != nil {
		return nil, opened, failure("open journal", f.db(), err)
	}
	j := &Journal{
		files: f, patience: o.Patience, wal: !opened.Network, shared: shared,
		turn:  make(chan struct{}, 1),
		write: map[string]*sql.Stmt{}, read: map[string]*sql.Stmt{},
	}
	j.turn <- struct{}{}
	if err := j.start(ctx); err != nil {
		err = j.failed("open journal", err)
		j.end()
		return nil, opened, err
	}
	return j, opened, nil
}

// start opens the connections and registers the journal as an owner.
func (j *Journal) start(ctx context.Context) error {
	var err error
	if j.db, err = connect(j.files.db(), writing); err != nil {
		return err
	}
	if j.writer, err = j.db.Conn(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if j.readers, err = connect(j.files.db(), reading); err != nil {
		return err
	}
	if err := patiently(ctx, j.patience, func() error { return j.enlist(ctx) }); err != nil {
		return err
	}
	if j.file, err = os.Lstat(j.files.db()); err != nil {
		return err
	}
	j.version, err = j.dataVersion(ctx)
	return err
}

// enlist registers the journal as an owner under a new id. It returns a busy error, and must be
// tried again, if another journal that was tidying up looked at the lock file before it was locked,
// or took it for a dead owner's.
func (j *Journal) enlist(ctx context.Context) (err error) {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	j.id = hex.EncodeToString(id[:])
	if j.lock, err = j.files.own(j.id); err != nil {
		return err
	}
	// This need not be durable: after a loss of power nobody owns anything, and nothing that this
	// journal adopts becomes durable before its registration.
	if err = j.change(ctx, false, j.register); err != nil {
		_ = j.lock.Close()
		j.lock = nil
	}
	return err
}

// end closes everything that start opened, and releases the locks last.
func (j *Journal) end() {
	for _, s := range j.read {
		_ = s.Close()
	}
	for _, s := range j.write {
		_ = s.Close()
	}
	if j.readers != nil {
		_ = j.readers.Close()
	}
	if j.writer != nil {
		_ = j.writer.Close()
	}
	if j.db != nil {
		_ = j.db.Close()
	}
	if j.lock != nil {
		_ = j.lock.Close()
	}
	_ = j.shared.Close()
}

// Close implements [ledger.Journal]. It closes the journal even if it returns an error. The error
// is then about releasing the transfers, which others may adopt anyway.
func (j *Journal) Close() error {
	<-j.turn
	if j.closed {
		j.turn <- struct{}{}
		return nil
	}
	durable := j.loose
	j.turn <- struct{}{}
	err := j.change(context.Background(), durable, j.leave) // that it left is no loss
	<-j.turn
	j.closed = true
	j.mu.Lock()
	gone := j.files.runFile(j.id)
	j.end()
	j.read = nil
	j.mu.Unlock()
	j.turn <- struct{}{}
	if err == nil {
		err = removeFile(gone) // after its row: whoever finds the file without a lock may remove it as well
	}
	return j.failed("close journal", err)
}

// Abandon ends a journal as the end of its process would: it closes files, releases locks and
// writes nothing. It is for tests of what a killed process leaves behind.
func (j *Journal) Abandon() {
	<-j.turn
	j.closed = true
	j.mu.Lock()
	j.end()
	j.read = nil
	j.mu.Unlock()
	j.turn <- struct{}{}
}

// failed turns an error into the error that callers see. If it means damage, the next Open checks
// the whole file.
func (j *Journal) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	err = failure(op, j.files.db(), err)
	if e, ok := errors.AsType[*problem.Error](err); ok && e.Reason == problem.JournalDamaged {
		j.files.wantCheck()
	}
	return err
}

var _ ledger.Journal = (*Journal)(nil)
