// Package watch finds out which files below folders are complete, while programs still write into
// them. Call [New], then [Watcher.Next] again and again: each call blocks until files are complete
// and names them once. It sends nothing, and knows no storage.
//
// A file is complete once its size and its modification time have stayed the same for
// [Options.Settle]; or, with [Options.WhenDone], once the folder that it lies in, or one above, has a
// file of that name. Which files there are at all, the scan's options decide.
//
// Where the system tells of changes, what changed is looked at within a second, and everything
// now and then; elsewhere everything is looked at again and again, with pauses of a hundred times
// what the last look took.
package watch
