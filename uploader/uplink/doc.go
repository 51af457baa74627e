// Package uplink measures the connection to the storage and makes the most of it.
//
// A [Flow] measures how fast bytes leave, [Concurrency] finds the best number of requests in
// flight, a [Watch] gives up a stalled request, and [FitFor] says whether the rest can be sent
// while a token is valid. Nothing here sends anything: the queue reports what it does, and asks.
package uplink
