// Package ledger holds what is to be sent and what came of it. It owns every job: the queue above
// it claims jobs, sends them, and says here what came of them.
//
// Begin with [New], which takes a [Journal], and [Ledger.Load]. A [Transfer] comes in with
// [Ledger.AddTransfer], its files as jobs with [Ledger.AddJobs]. [Ledger.Claim] hands out jobs that
// nobody else gets, [Ledger.Unclaim] takes them back with what became of them. [Ledger.Rows] and
// [Ledger.Statuses] are what a list shows.
//
// All that changes is in memory at once and in the journal a moment later: [Ledger.Run] commits in
// the background, [Ledger.Commit] now. Jobs are read from the journal batch by batch, so memory
// does not grow with their number. Which states a job has, and which [Verb] leads from one to
// another, stands in command.go.
package ledger
