// Package manifest lists the hashes of what was delivered, as sha256sum and md5sum read them.
//
// A [Keeper] is told them while files are read for sending, as [ledger.Sums]; [Known] are those of
// this and of earlier runs, and [Write] writes the lists. What nobody has kept the hashes of, such
// as what was delivered before or found unchanged, is read again: it is listed only if it is still
// what was delivered.
package manifest
