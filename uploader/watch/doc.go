// Package watch finds out which files below folders are complete, while programs still write into
// the folders. Call [New], then [Watcher.Next] repeatedly: each call blocks until files are
// complete and names them once. The package sends nothing, and knows no storage.
//
// A file is complete once its size and its modification time have stayed the same for
// [Options.Settle] or, with [Options.WhenDone], once its folder, or one above, has a file of that
// name. The scan's options decide which files count at all.
//
// If the system reports changes, the watcher looks at a changed file within a second, and at
// everything now and then. Otherwise it looks at everything again and again, with pauses a hundred
// times as long as the last look.
package watch
