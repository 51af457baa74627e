// Package store says what a storage must do for the queue, and what is handed to it.
//
// [Store] is the interface: three writes, each sent once. A [Body] is the bytes of one of them with
// their checksum, a [Condition] when it may take place, and [BlockID] names a block. [CheckToken]
// asks a storage whether it takes a token, and leaves nothing behind.
//
// Packages azure and uploadertest implement Store; uploadertest.TestStore holds both to its
// promises.
package store
