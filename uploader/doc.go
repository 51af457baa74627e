// Package uploader is the engine: it turns the text of an upload token and a list of paths into
// committed blobs in a workspace's inbox, and can prove what arrived.
//
// Call [token.Parse] first; it needs no network. Then make a [Queue] with [NewQueue], hand it the
// token with [Queue.Use] and the paths with [Queue.Add], and read [Queue.Status] whenever
// [Queue.Changed] fires.
//
// The package knows no screen, no SDK and no database. What it needs from below it declares as
// small interfaces: [store.Store], [ledger.Journal] and [inboxes.Vault]. Packages azure, journal
// and vault implement them, and cmd/uploader wires them together.
//
// Nothing here ever lists, reads or deletes at the destination, so a token that permits writing
// alone is enough.
package uploader
