package proxydial

import "net/http"

// Failure is why a proxy did not connect us.
type Failure int

const (
	// Refused is any refusal except a demand to sign in. The proxy may decide otherwise later.
	Refused Failure = iota
	// SignInNeeded means that a name and a password are missing, or were refused.
	SignInNeeded
	// SignInUnknown means that the proxy accepts only kinds of sign-in that this package does not
	// support.
	SignInUnknown
	// TicketNeeded means that the proxy accepts Kerberos, and that there is no valid ticket.
	TicketNeeded
	// SignInLapsed means that the proxy refuses a sign-in that it accepted a moment ago, for example
	// because it has lost its own connection to the directory.
	SignInLapsed
	// Silent means that it could not be reached, or broke the connection off. Unwrap says how.
	Silent
	// Garbled means that the answer does not come from a proxy.
	Garbled
	// Undecided means that a [Chooser] failed, so the proxy is unknown. Unwrap says why.
	Undecided
)

// Error is a proxy's refusal to connect us, or ours to sign in there. Its text holds nothing that
// the proxy said.
type Error struct {
	Proxy   Proxy
	Failure Failure
	Status  int    // of its answer; 0 where there was none, and over SOCKS
	Schemes string // with SignInUnknown and TicketNeeded: the kinds that it takes
	Renew   string // with TicketNeeded: the command that gets a ticket; "" where none is known
	err     error
}

// Error implements error.
func (e *Error) Error() string {
	text := map[Failure]string{
		Refused: "refused", SignInNeeded: "needs a sign-in", SignInLapsed: "needs a sign-in again",
		SignInUnknown: "needs an unknown kind of sign-in", TicketNeeded: "needs a Kerberos ticket",
		Silent: "unreachable", Garbled: "answered with something else", Undecided: "unknown",
	}[e.Failure]
	if e.Status != 0 {
		text += ": " + http.StatusText(e.Status)
	}
	return "proxy " + text
}

// Unwrap returns what broke on the way to the proxy, or why none was chosen, or nil.
func (e *Error) Unwrap() error { return e.err }
