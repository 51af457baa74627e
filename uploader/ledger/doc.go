// Package ledger keeps the list of files to send and their outcomes. It owns every job: the queue
// above it claims jobs, sends them and reports the outcomes here.
//
// Begin with [New], which takes a [Journal], and [Ledger.Load]. [Ledger.AddTransfer] adds a
// [Transfer], [Ledger.AddJobs] its files as jobs. [Ledger.Claim] hands out jobs to one caller only;
// [Ledger.Unclaim] takes them back with their outcome. A list shows [Ledger.Rows] and
// [Ledger.Statuses].
//
// Every change is in memory at once and in the journal a moment later: [Ledger.Run] commits in the
// background, [Ledger.Commit] now. The ledger reads jobs from the journal batch by batch, so memory
// does not grow with their number. command.go says which [Verb] leads from one state of a job to
// another.
package ledger
