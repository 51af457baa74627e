// Package uplink measures the connection to the storage and makes the most of it.
//
// A [Flow] says how fast bytes leave, [Concurrency] finds how many requests should be under way at
// once, a [Watch] gives up one that stands still, and [FitFor] says whether what is left goes
// through while a token is valid. Nothing here sends anything: the queue tells what it did, and
// asks.
package uplink
