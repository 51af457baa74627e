// Package store defines what a storage must do for the queue.
//
// [Store] is the interface: three writes, each sent once. A [Body] is the bytes of a write with
// their checksum, a [Condition] says when the write may take place, and [BlockID] names a block.
// [CheckToken] asks a storage whether it accepts a token, and leaves nothing behind.
//
// Packages azure and uploadertest implement Store; uploadertest.TestStore checks its promises for
// both.
package store
