package uploader

import (
	"context"
	"time"
)

// Journal is the queue's memory: what was asked, what the service acknowledged, what is done. [NewMemoryJournal] keeps
// it in the process.
//
// What every implementation promises:
//
//   - Methods may be called from any goroutine. Those that take a context may block on the disk; the others only write
//     down what is to be kept and return at once. What they wrote is kept in order, and at the latest when Flush returns.
//   - Losing the last acknowledgements costs sending those blocks again and nothing else.
//   - Nothing of a token is kept but its inbox's key.
//   - A Job handed in or out is a copy; the caller may change it.
type Journal interface {
	// AddTransfer keeps a new transfer and returns its id, which is above 0.
	AddTransfer(ctx context.Context, t Transfer) (int64, error)
	// UpdateTransfer keeps the transfer's totals.
	UpdateTransfer(ctx context.Context, t Transfer) error
	// AddJobs keeps new jobs behind all others of their inbox and sets their ids, which rise in the order of the slice.
	AddJobs(ctx context.Context, jobs []Job) error
	// Claim takes up to n waiting jobs of the inbox and class, in the queue's order. They are active from then on and
	// no other Claim returns them.
	Claim(ctx context.Context, inbox string, class Class, n int) ([]Job, error)
	// Update keeps a job's new state.
	Update(j Job)
	// Plan keeps a job's state and plan, and that of its blocks exactly these are acknowledged.
	Plan(j Job, acked []AckedBlock)
	// Ack keeps that the service acknowledged a block with this checksum.
	Ack(job int64, block int, crc64 uint64)
	// Acked returns the blocks acknowledged for a job, in no order.
	Acked(ctx context.Context, job int64) ([]AckedBlock, error)
	// Flush returns when all that was written down before is kept.
	Flush(ctx context.Context) error
	// Rows returns up to n jobs that match the filter, from the from-th on (0 is the first), in the queue's order.
	Rows(ctx context.Context, f Filter, from, n int) ([]Job, error)
	// Close flushes and ends the journal.
	Close() error
}

// AckedBlock is a block that the service acknowledged.
type AckedBlock struct {
	Number int
	CRC64  uint64
}

// Transfer is what one drop or one copy command started.
type Transfer struct {
	ID      int64
	Inbox   string // the inbox's key
	Roots   []string
	Created time.Time
	Scanned bool // all roots have been read, so the totals are final
	Skipped map[SkipReason]int64
	// SkippedPaths are the first of what was left out on purpose, up to MaxSkippedPaths. Junk is only counted.
	SkippedPaths []SkippedPath
}

// MaxSkippedPaths bounds Transfer.SkippedPaths, whose use is to be read by a person.
const MaxSkippedPaths = 1000

// SkippedPath is something that was left out on purpose.
type SkippedPath struct {
	Source string
	Reason SkipReason
}

// Class divides jobs by what they cost: one request, or blocks.
type Class uint8

// The classes.
const (
	Small Class = iota // sent in one request
	Large              // sent in blocks, then committed
)

// JobState is where a job stands.
type JobState uint8

// The states of a job. Delivered, LeftAlone, Attention and Failed end it until a person acts.
const (
	Waiting   JobState = iota // its turn has not come
	Active                    // being sent
	Delivered                 // the service has committed it
	LeftAlone                 // already there, and the person chose to leave such files alone
	Attention                 // needs a person: the source, the name or a blob that is there
	Failed                    // could not be sent
	jobStates
)

// String returns the state's word in JSON output.
func (s JobState) String() string {
	return [...]string{"waiting", "active", "delivered", "skipped", "attention", "failed"}[s]
}

// Ended reports whether the job is left alone until a person acts.
func (s JobState) Ended() bool { return s >= Delivered }

// Job is one file on its way to one blob.
type Job struct {
	ID       int64
	Transfer int64
	Inbox    string // the inbox's key
	Source   string // absolute path
	Blob     string // complete name inside the container
	Size     int64  // bytes
	ModTime  time.Time
	FileID   FileID
	Class    Class
	Replace  bool // a blob of this name may be replaced

	State   JobState
	Problem *Error // why it needs a person, failed or was skipped; else nil

	// The plan of a Large job; zero until it is first sent. Blocks keep their ids for as long as it stands.
	UploadID  [16]byte // random; part of every block id, so that two uploads of one name can't mix
	BlockSize int64    // bytes; all blocks but the last have it

	// What the service said when it was delivered.
	CRC64  uint64 // of the whole file
	Answer Answer
}

// Filter selects jobs by state. The zero Filter selects all.
type Filter struct {
	States []JobState // nil: any
}

func (f Filter) match(s JobState) bool {
	if f.States == nil {
		return true
	}
	for _, x := range f.States {
		if x == s {
			return true
		}
	}
	return false
}
