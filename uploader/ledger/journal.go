package ledger

import (
	"context"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// Journal is the queue's memory: what it was asked to send, what the service acknowledged, what is
// done. Package journal keeps it on disk for any number of processes at once; [NewMemoryJournal]
// keeps it in this process. A journal only stores: order, states and counts are the queue's.
//
// Every implementation promises, and uploadertest.TestJournal checks:
//
//   - Methods may be called from any goroutine. All may block on the disk, none on the network.
//   - Each call is stored as a whole or not at all, even if the process or the machine stops
//     midway. Once it has returned, its work survives the process. With Changes.Sync, and for all
//     methods except Commit always, it survives a power failure too.
//   - A transfer belongs to one process at most. When that process has ended, in whatever way,
//     nobody owns it.
//   - Of a token, it keeps only a reference to the keyring and a salted fingerprint.
//   - Errors are [*problem.Error]s of ErrJournal. Values and slices passed in and out are copies.
type Journal interface {
	// Load returns everything except the jobs themselves. Transfers and batches come in the order
	// of their ids.
	Load(ctx context.Context) (Contents, error)
	// Batch returns a batch, or one without jobs if it was removed meanwhile, which another process
	// may do.
	Batch(ctx context.Context, id int64) (Batch, error)
	// Blocks returns a job's acknowledged blocks, in no order.
	Blocks(ctx context.Context, job int64) ([]AckedBlock, error)

	// AddTransfer stores a new transfer, owned by this process, and returns its id, which is
	// above 0 and above all before it.
	AddTransfer(ctx context.Context, t Transfer) (int64, error)
	// AddBatches stores new batches and sets their ids, which rise and are never reused.
	AddBatches(ctx context.Context, batches []Batch) error
	// Commit stores changes to this process's transfers.
	Commit(ctx context.Context, c Changes) error

	// Adopt makes this process the owner of those of the transfers that nobody owns, and returns
	// them as they are now.
	Adopt(ctx context.Context, transfers []int64) ([]Transfer, error)
	// Release gives up transfers of this process, so that others may adopt them.
	Release(ctx context.Context, transfers []int64) error
	// Changed reports whether another process has written since the last call. It costs some
	// microseconds.
	Changed(ctx context.Context) (bool, error)
	// Alive records that this process is still working on its transfers; see Transfer.Seen.
	Alive(ctx context.Context) error

	// Post leaves a command about a transfer for the process that owns it.
	Post(ctx context.Context, c Command) error
	// Posted returns the commands left for this process, in the order of Post. They stay until
	// Changes.Heard names them.
	Posted(ctx context.Context) ([]Posted, error)

	// Close releases this process's transfers and ends the journal.
	Close() error
}

// Contents is a journal's contents without the jobs.
type Contents struct {
	Transfers []Transfer
	Batches   []BatchHead
	Ranks     map[int64]int64 // of reordered jobs: see Changes.Ranks
}

// Changes are the changes that one Commit stores.
type Changes struct {
	Transfers []Transfer      // new contents of transfers; their owners stay
	Batches   []Batch         // new heads and states; Facts is nil, since facts don't change
	Removed   []int64         // batches to remove, with their jobs' blocks and ranks
	Forgotten []int64         // transfers to remove with everything they have
	Blocks    []BlockChange   // applied in this order
	Ranks     map[int64]int64 // places in the queue of reordered jobs; the id gives the place of others, see order.go
	Heard     []int64         // posted commands that were carried out and are to be removed
	Alive     bool            // record the time too, as Alive does
	Sync      bool            // survive a power failure, not only the process
}

// Posted is a command that another process left. It has no verb if it can't be read.
type Posted struct {
	ID int64 // above those that were left before it
	Command
}

// BlockChange is a change to a job's acknowledged blocks.
type BlockChange struct {
	Job    int64
	Forget bool // forgets all of the job's blocks; Block means nothing
	Block  AckedBlock
}

// AckedBlock is a block that the service acknowledged.
type AckedBlock struct {
	Number int
	CRC64  uint64
	At     time.Time // when its bytes were read, in whole seconds; the service keeps blocks for a week
}

// Transfer is what one drop or one copy command started.
type Transfer struct {
	ID      int64
	Inbox   string // the inbox's key
	Roots   []string
	Options AddOptions // how its files are found and sent; Scan.Inbox is the inbox
	Created time.Time
	Scanned bool // all roots have been read, so the totals are final
	Paused  bool // its waiting jobs wait for a person
	Checks  Checks
	// Follows is the transfer whose unfinished jobs this one took over for another inbox, or 0.
	// Files delivered by that one are not sent again.
	Follows int64
	// Moving says that the takeover may be incomplete: jobs that both have are this transfer's.
	Moving bool
	// Moved lists the moves of folders of this transfer, in their order. Roots are the present
	// places; batches have the paths as found.
	Moved []Move
	// ValidFrom and ValidTo are those of the last token used, zero if unknown. Speed is the speed
	// with it, in bytes per second, 0 if unknown. Without a token at hand, they tell whether the
	// rest will be sent in time.
	ValidFrom, ValidTo time.Time
	Speed              float64
	Skipped            map[scan.SkipReason]int64
	Unchanged          Unchanged
	// SkippedPaths are the first files left out on purpose, up to MaxSkippedPaths. Junk is only
	// counted.
	SkippedPaths []SkippedPath
	Outside      int64 // number of links followed out of Roots; known once all have been read
	// Renamed counts the files that get another name in the inbox, Warned those whose name some
	// readers don't support. NameNotes are the first of both, up to MaxSkippedPaths.
	Renamed, Warned int64
	NameNotes       []NameNote
	Unmatched       scan.Unmatched // once it is Scanned

	Owner Owner // set by the journal
	// Seen is the last sign of life, on this transfer, of the last process that owned it; set by
	// the journal.
	Seen time.Time
}

// Checks says whether the service confirmed the checksums of a transfer. Journals hold its numbers.
type Checks uint8

// What is known of a transfer's confirmations.
const (
	ChecksUnknown Checks = iota // an earlier version of this program did not look
	ChecksAll                   // each one so far had the checksum of what was received, see [Answer]
	ChecksNotAll
)

// MaxSkippedPaths bounds Transfer.SkippedPaths and Transfer.NameNotes, which are for a person to
// read.
const MaxSkippedPaths = 1000

// SkippedPath is a file or folder that was left out on purpose.
type SkippedPath struct {
	Source string
	Reason scan.SkipReason
}

// NameNote is a file with a name in the inbox that a person should know about.
type NameNote struct {
	Source   string
	Blob     string // the planned name
	Renamed  bool
	Warnings []scan.NameWarning
}

// Owner says which process may send a transfer's jobs.
type Owner uint8

// Who owns a transfer.
const (
	Nobody    Owner = iota
	Here            // this process
	Elsewhere       // another process that is alive
)

// Class divides jobs by what they cost: one request, or blocks.
type Class uint8

// The classes.
const (
	Small Class = iota // sent in one request
	Large              // sent in blocks, then committed
)

// JobState is the state of a job. Journals hold the numbers, so they never change.
type JobState uint8

// The states of a job. From Delivered on the job has ended until a person acts.
const (
	Waiting   JobState = iota // its turn has not come
	Active                    // being sent; a journal has it as Waiting
	Paused                    // waits for a person to resume it
	Delivered                 // the service has committed it
	LeftAlone                 // already there, and the person chose to leave such files alone
	Attention                 // needs a person: for the source, the name or an existing blob
	Failed                    // could not be sent
	Cancelled                 // a person cancelled it
	Removed                   // no longer shown
	Cleared                   // delivered and removed from the list: known until it is purged
	Confirmed                 // not sent, since an earlier job delivered the same content; not shown
	jobStates
)

// String returns the state's word in JSON output.
func (s JobState) String() string {
	return [...]string{"waiting", "active", "paused", "delivered", "skipped", "attention", "failed", "cancelled", "removed", "cleared", "confirmed"}[s]
}

// Ended reports whether the job is left alone until a person acts.
func (s JobState) Ended() bool { return s >= Delivered }

// Hidden reports whether jobs of the state are in no list.
func (s JobState) Hidden() bool { return s == Removed || s == Cleared || s == Confirmed }

// IsDelivered reports whether the service has the sources of jobs in the state.
func (s JobState) IsDelivered() bool { return s == Delivered || s == Cleared || s == Confirmed }

// Job is one file on its way to one blob.
type Job struct {
	ID       int64
	Transfer int64
	Inbox    string // the inbox's key
	Source   string // absolute path
	Blob     string // complete name inside the container
	Size     int64  // bytes
	ModTime  time.Time
	FileID   scan.FileID
	At       source.Path // where Source lies; zero if an older version of this program, which did not keep it, found the file
	Class    Class
	Replace  bool // a blob of this name may be replaced
	KeepBoth bool // if there is a blob of this name, this file gets another name
	KeepTime bool // the storage keeps ModTime beside the bytes
	PutMD5   bool // the storage keeps the MD5 beside the bytes
	Copy     int  // the number that KeepBoth put into Blob, 2 to 99; 0: none
	// Earlier is the job that delivered another version of the source under this name, or the same
	// version before it was touched; 0: none.
	Earlier int64

	State   JobState
	Done    int64          // acknowledged bytes; Size when delivered
	Problem *problem.Error // why it needs a person, failed or was skipped; else nil

	// Set by the Queue's Rows for a job that is being sent; not in the journal.
	OnWay    int64    // bytes handed to the network and not acknowledged yet
	Speed    float64  // bytes per second that leave, over 10 to 30 s of sending; 0 while unknown
	Stopping bool     // a person stopped it: it goes to Becomes as soon as its requests in flight are answered
	Becomes  JobState // with Stopping

	// The plan of a Large job; zero until it is first sent. Blocks keep their ids as long as the
	// plan stands.
	UploadID  [16]byte // random; part of every block id, so that two uploads of one name can't mix
	BlockSize int64    // bytes, of all blocks but the last

	// Set on delivery.
	CRC64   uint64 // of the whole file
	Answer  Answer
	Changed time.Time // the last change of the source, as its inode has it, when it was sent; zero if unknown
}

// IsFolder reports whether the job is an empty folder, not a file: nothing else is sent that has no
// time. Older versions of this program, which did not know such jobs, say of a waiting one that it
// is a folder, and leave the rest as it is.
func (j *Job) IsFolder() bool { return j.ModTime.IsZero() && j.Size == 0 && j.Blob != "" }

// Version returns the version of the job's file that was found or planned, without its last
// change.
func (j *Job) Version() source.Version {
	return source.Version{Size: j.Size, ModTime: j.ModTime, ID: j.FileID}
}

// Filter selects jobs. The zero Filter selects all.
type Filter struct {
	States   []JobState // nil: any
	Transfer int64      // 0: any
	Text     string     // part of the source's path or the blob's name, in any case; empty: any
	Without  []int64    // a few jobs to leave out
	Shown    bool       // without those that [Ledger.Hide] has hidden
}
