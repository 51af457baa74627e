// Package sim is a world in a box, for tests only: the real Queue, ledger, scan and journal on a
// simulated disk, storage, clock and person, under testing/synctest. A seed makes a plan of
// [event]s: files and what becomes of them, faults of the storage, tokens that end, processes that
// are killed, and what a person does at any moment. What must hold is looked at after every event
// and at the end.
//
//	go test ./uploader/sim -run World -seed 7 -v   one seed, its story in words
//	go test ./uploader/sim -run World -seeds 5000  the first 5,000 seeds
//
// A seed that breaks a promise is tried again without each of its events, and what is left is told.
//
// Without the race detector: what happens in a world is put in order by its clock, of which the
// detector knows nothing.
package sim
