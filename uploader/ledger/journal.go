package ledger

import (
	"context"
	"time"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/source"
)

// Journal is what the queue remembers: what was asked, what the service acknowledged, what is done.
// Package journal keeps it on disk, for any number of processes at once; [NewMemoryJournal] keeps
// it in this one. It stores what it is given and decides nothing: order, states and counts are the
// queue's.
//
// What every implementation promises, and uploadertest.TestJournal checks:
//
//   - Methods may be called from any goroutine. All of them may block on the disk, none on the network.
//   - Each call is kept as a whole or not at all, also when the process or the machine stops in between. After it
//     returned, its work outlives the process; with Changes.Sync, and for all methods but Commit always, it outlives the
//     machine's power too.
//   - A transfer belongs to one process at most. When that process has ended, however it ended, nobody owns it.
//   - Nothing of a token is kept but a reference to the keyring and a salted fingerprint.
//   - Errors are [*problem.Error]s of ErrJournal. Values and slices handed in and out are copies.
type Journal interface {
	// Load returns all that is kept but the jobs themselves. Transfers and batches come in the
	// order of their ids.
	Load(ctx context.Context) (Contents, error)
	// Batch returns a batch; one without jobs if it was removed meanwhile, which another process
	// may do.
	Batch(ctx context.Context, id int64) (Batch, error)
	// Blocks returns the blocks acknowledged for a job, in no order.
	Blocks(ctx context.Context, job int64) ([]AckedBlock, error)

	// AddTransfer keeps a new transfer, which belongs to this process, and returns its id, which is
	// above 0 and above all before it.
	AddTransfer(ctx context.Context, t Transfer) (int64, error)
	// AddBatches keeps new batches and sets their ids, which rise and are never used again.
	AddBatches(ctx context.Context, batches []Batch) error
	// Commit keeps changes to what belongs to this process.
	Commit(ctx context.Context, c Changes) error

	// Adopt makes this process the owner of those of the transfers that nobody owns, and returns
	// them as they are now.
	Adopt(ctx context.Context, transfers []int64) ([]Transfer, error)
	// Release gives transfers of this process up, so that others may adopt them.
	Release(ctx context.Context, transfers []int64) error
	// Changed reports whether another process wrote something since the last call. It costs some
	// microseconds.
	Changed(ctx context.Context) (bool, error)
	// Alive keeps that this process is still at work on its transfers; see Transfer.Seen.
	Alive(ctx context.Context) error

	// Post leaves a command about a transfer for the process that owns it.
	Post(ctx context.Context, c Command) error
	// Posted returns the commands that were left for this process, in the order of Post. They stay
	// until Changes.Heard names them.
	Posted(ctx context.Context) ([]Posted, error)

	// Close releases this process's transfers and ends the journal.
	Close() error
}

// Contents is what a journal holds besides jobs.
type Contents struct {
	Transfers []Transfer
	Batches   []BatchHead
	Ranks     map[int64]int64 // of the jobs that were moved: see Changes.Ranks
}

// Changes is what one Commit keeps.
type Changes struct {
	Transfers []Transfer      // new contents of transfers; owners don't change by this
	Batches   []Batch         // new heads and states; Facts is nil, since facts don't change
	Removed   []int64         // batches that are removed, with their jobs' blocks and ranks
	Forgotten []int64         // transfers that are removed with all they have
	Blocks    []BlockChange   // carried out in this order
	Ranks     map[int64]int64 // places in the queue of jobs that were moved; others have theirs by id, see order.go
	Heard     []int64         // posted commands that were carried out, which are removed
	Alive     bool            // keeps the moment too, as Alive does
	Sync      bool            // outlives the machine's power, not only the process
}

// Posted is a command that another process left. Where it can't be read it has no verb.
type Posted struct {
	ID int64 // above those that were left before it
	Command
}

// BlockChange is what changed of a job's acknowledged blocks.
type BlockChange struct {
	Job    int64
	Forget bool // all of the job's blocks; the rest says nothing
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
	// What that one delivered is not sent again.
	Follows int64
	// Moving says that it may not have taken over all yet: what both have is this one's.
	Moving bool
	// Moved are the moves of what lies below the roots, in their order. Roots are where they lie
	// now, batches have the paths as they were found.
	Moved []Move
	// ValidFrom and ValidTo are of the token that it was last sent with, zero if unknown; Speed is
	// how fast that went, in bytes per second, 0 if unknown. They say whether the rest will fit
	// before a token is at hand again.
	ValidFrom, ValidTo time.Time
	Speed              float64
	Skipped            map[scan.SkipReason]int64
	Unchanged          Unchanged
	// SkippedPaths are the first of what was left out on purpose, up to MaxSkippedPaths. Junk is
	// only counted.
	SkippedPaths []SkippedPath
	Outside      int64 // how many links were followed out of Roots; known once all have been read
	// Renamed counts the files whose name in the inbox is not their own, Warned those whose name
	// some reader can't have. NameNotes are the first of both, up to MaxSkippedPaths.
	Renamed, Warned int64
	NameNotes       []NameNote
	Unmatched       scan.Unmatched // once it is Scanned

	Owner Owner // set by the journal
	// Seen is when the last process that owned it is known to have been at work on it; set by the
	// journal.
	Seen time.Time
}

// Checks is what is known of how the service confirmed what it received of a transfer. Its numbers
// stand in journals.
type Checks uint8

// What is known of a transfer's confirmations.
const (
	ChecksUnknown Checks = iota // an earlier version of this program did not look
	ChecksAll                   // each one so far named the checksum of what was received, see [Answer]
	ChecksNotAll
)

// MaxSkippedPaths bounds Transfer.SkippedPaths and Transfer.NameNotes, whose use is to be read by a
// person.
const MaxSkippedPaths = 1000

// SkippedPath is something that was left out on purpose.
type SkippedPath struct {
	Source string
	Reason scan.SkipReason
}

// NameNote is a file about whose name in the inbox a person should know something.
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

// JobState is where a job stands. The numbers stand in journals: they never change.
type JobState uint8

// The states of a job. Those from Delivered on end it until a person acts.
const (
	Waiting   JobState = iota // its turn has not come
	Active                    // being sent; a journal has it as Waiting
	Paused                    // waits for a person to resume it
	Delivered                 // the service has committed it
	LeftAlone                 // already there, and the person chose to leave such files alone
	Attention                 // needs a person: the source, the name or a blob that is there
	Failed                    // could not be sent
	Cancelled                 // a person gave it up
	Removed                   // not shown any more
	Cleared                   // delivered, and taken from the list: known until it is purged
	Confirmed                 // not sent, since its content is what an earlier job delivered; not shown
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

// IsDelivered reports whether jobs of the state say what the service has of their source.
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
	At       source.Path // where Source lies; zero where a version of this program found it that did not keep that
	Class    Class
	Replace  bool // a blob of this name may be replaced
	KeepBoth bool // where a blob of this name is there, this file gets another name
	KeepTime bool // the storage keeps ModTime beside the bytes
	PutMD5   bool // the storage keeps the MD5 beside the bytes
	Copy     int  // the number that is in Blob for that reason, 2 to 99; 0: none
	// Earlier is the job that delivered another version of the source under this name, or the same
	// one before it was touched; 0: none.
	Earlier int64

	State   JobState
	Done    int64          // bytes acknowledged; Size when delivered
	Problem *problem.Error // why it needs a person, failed or was skipped; else nil

	// What the Queue's Rows says beside of a job that is being sent; a journal keeps nothing of it.
	OnWay    int64   // bytes handed to the network and not acknowledged yet
	Speed    float64 // bytes per second that leave, over 10 to 30 s of sending; 0 while that can't be said
	Stopping bool    // a person stopped it: it becomes what they want as soon as the requests under way are answered
	Becomes  JobState

	// The plan of a Large job; zero until it is first sent. Blocks keep their ids for as long as it
	// stands.
	UploadID  [16]byte // random; part of every block id, so that two uploads of one name can't mix
	BlockSize int64    // bytes; all blocks but the last have it

	// What the service said when it was delivered.
	CRC64   uint64 // of the whole file
	Answer  Answer
	Changed time.Time // the last change of the source, as its inode has it, when it was sent; zero if unknown
}

// IsFolder reports whether the job is a folder without content rather than a file: nothing else is
// sent that has no time. A version of this program that did not know such jobs says of one that
// waits that it is a folder, and leaves the rest as it is.
func (j *Job) IsFolder() bool { return j.ModTime.IsZero() && j.Size == 0 && j.Blob != "" }

// Version is what the job's file was when it was found or planned. It says nothing of its last
// change.
func (j *Job) Version() source.Version {
	return source.Version{Size: j.Size, ModTime: j.ModTime, ID: j.FileID}
}

// Filter selects jobs. The zero Filter selects all.
type Filter struct {
	States   []JobState // nil: any
	Transfer int64      // 0: any
	Text     string     // part of the source's path or the blob's name, in any case; empty: any
	Without  []int64    // a few jobs that are passed over
	Shown    bool       // without those that [Ledger.Hide] has hidden
}
