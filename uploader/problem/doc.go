// Package problem says what went wrong, in one form for the engine and for the workspace's side: an
// [Error] for programs and logs, and the words of [Explain] for people.
//
// Make an Error with [New] from one of the Reasons; its sentinel, such as [ErrBusy], says what the
// engine does about it, its Reason which words a person reads. Compare with [errors.Is] and
// [ReasonOf]. All sentences stand in one table, reasons.go. Whatever an Error is about, it never
// holds a token's query.
package problem
