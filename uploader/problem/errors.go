package problem

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The sentinels. Every error that leaves this package or a [Store] is an [*Error] that wraps
// exactly one of them; callers use [errors.Is]. What the engine does with each stands beside it.
var (
	// ErrTokenInvalid: the pasted text is no usable token. The paste is refused and what is wrong
	// is named.
	ErrTokenInvalid = errors.New("token invalid")
	// ErrTokenExpired: the token's time is over. The inbox waits for a new token; no job fails.
	ErrTokenExpired = errors.New("token expired")
	// ErrTokenNotYetValid: the token's time has not begun. The inbox waits for it.
	ErrTokenNotYetValid = errors.New("token not yet valid")
	// ErrDenied: the service refuses the token or this network, or a person no longer allows the
	// token's address. The inbox waits for a new token.
	ErrDenied = errors.New("denied")
	// ErrInboxNotFound: account or container do not exist (any more). The inbox waits.
	ErrInboxNotFound = errors.New("inbox not found")
	// ErrBusy: throttling, a fault of the service or of the network, a stall. Retried with backoff
	// and jitter for as long as the token is valid.
	ErrBusy = errors.New("busy")
	// ErrCorrupt: the service received other bytes than were sent. The block is sent again, a few
	// times, then the job fails.
	ErrCorrupt = errors.New("corrupt in transit")
	// ErrBlocksLost: the service no longer holds blocks it acknowledged. The job is planned anew
	// and sent again.
	ErrBlocksLost = errors.New("blocks lost")
	// ErrSourceChanged: the file changed while it was being sent. The job is planned anew, a few
	// times.
	ErrSourceChanged = errors.New("source changed")
	// ErrSource: the file is gone, locked or unreadable. The job waits for the person; the others
	// go on.
	ErrSource = errors.New("source unreadable")
	// ErrSourceAway: the disk that the file lies on is not there. What the transfer has on it
	// waits, and goes on by itself.
	ErrSourceAway = errors.New("source away")
	// ErrExists: a blob of this name is already there and must not be replaced. The job waits for
	// the person.
	ErrExists = errors.New("already there")
	// ErrRefused: the service refuses this one file for a reason of its own. The job waits for the
	// person.
	ErrRefused = errors.New("refused")
	// ErrName: the file's name cannot become a blob's name, or two files would get the same. The
	// job waits for the person.
	ErrName = errors.New("name not possible")
	// ErrGaveUp: nothing was confirmed for as long as somebody wanted to wait. All is kept for the
	// next run.
	ErrGaveUp = errors.New("gave up")
	// ErrJournal: what was sent can't be written down. Nothing more is sent until it can; then all
	// goes on by itself.
	ErrJournal = errors.New("journal unwritable")
	// ErrVault: the keyring can't keep a secret or give it back. The token stays in memory and the
	// person is told.
	ErrVault = errors.New("vault failed")
	// ErrInboxName: no inbox can have this name, or none has it. What was asked is not done.
	ErrInboxName = errors.New("inbox name not possible")
	// ErrInternal: everything else. The job fails and it counts as a defect of this program.
	ErrInternal = errors.New("internal error")
)

// Error says which operation failed on what and why. It never holds a token's query, so it is safe
// to log and to mail.
type Error struct {
	Op     string // what was being done: "parse token", "put block", "read"
	Path   string // the source path or the blob's name; empty where the error is not about one file
	Err    error  // the sentinel
	Reason Reason // which case of the sentinel; selects the words a person reads, see [Explain]

	Value      string        // what the words are about: the rights, the address range, the other file's name
	Proxy      string        // the proxy that the words are about, HOST:PORT without its sign-in; else empty
	Issuer     string        // who issued the certificate that was not trusted; else empty
	When       time.Time     // the moment the words are about: when the token ended or begins; else zero
	Status     int           // the HTTP status, 0 if the service did not answer
	Code       string        // the service's error code, such as AuthorizationPermissionMismatch
	RequestID  string        // the service's id of the request, for its support
	Cause      string        // for logs, where no service answered: what broke, such as "connection refused"
	Date       time.Time     // the service's clock when it answered; zero if it did not
	RetryAfter time.Duration // how long the service asks to wait; 0 if it does not say
	// Unanswered is true where the request may have reached the service and done its work although
	// no answer came.
	Unanswered bool
}

// Error returns one line for logs. It is not meant for people; [Explain] is.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Path != "" {
		fmt.Fprintf(&b, " %q", e.Path)
	}
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	if e.Reason != "" {
		fmt.Fprintf(&b, " (%s)", e.Reason)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " [%d %s %s]", e.Status, e.Code, e.RequestID)
	}
	if e.Cause != "" {
		b.WriteString(": ")
		b.WriteString(e.Cause)
	}
	return b.String()
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// New returns an Error for the reason, with the reason's sentinel.
func New(op, path string, reason Reason) *Error {
	return &Error{Op: op, Path: path, Err: reason.sentinel(), Reason: reason}
}

// ConcernsToken reports whether err is about a token or its inbox: no file can be sent until a
// person brings another one.
func ConcernsToken(err error) bool {
	for _, sentinel := range []error{ErrTokenExpired, ErrTokenNotYetValid, ErrDenied, ErrInboxNotFound} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// Passes reports whether an error of the journal may be over soon by itself.
func Passes(err error) bool {
	r := ReasonOf(err)
	return r == JournalFull || r == JournalBusy
}

// ConcernsNetwork reports whether err is about what lies between this computer and the storage, rather
// than about one of them.
func ConcernsNetwork(err error) bool {
	switch ReasonOf(err) {
	case AccountGone, AnswerForeign, AnswerGarbled, CertificateDates, NetworkDown,
		NetworkInspected, NotTheService, ProxyDown, ProxyRefused, ProxySignIn, ProxySignInKind,
		ProxySignInLapsed, ProxyTicket, ProxyUnknown:
		return true
	default:
		return false
	}
}

// NeedsPerson reports whether a person should do something about err although what it keeps waiting
// is tried again by itself: the other tries will fail as well until then.
func NeedsPerson(err error) bool {
	switch ReasonOf(err) {
	case NotTheService, ProxyRefused, ProxyTicket, ProxyUnknown, CertificateDates:
		return true
	default:
		return false
	}
}

// WantsFewer reports whether err is a refusal that fewer connections may avoid: by the storage, or
// by a proxy that has no more of them to give.
func WantsFewer(err error) bool {
	switch ReasonOf(err) {
	case ServiceBusy, ServiceFault, ProxyRefused, ProxyDown:
		return true
	default:
		return false
	}
}

// MayReplace reports whether e is about a file that is there already and that the token may permit
// to replace.
func (e *Error) MayReplace() bool {
	return e.Reason == AlreadyThere || e.Reason == ChangedSinceSent || e.Reason == AlreadyThereByUs
}

// ReasonOf returns the reason of an [*Error] in err's chain, or "".
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}
