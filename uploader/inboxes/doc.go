// Package inboxes keeps inboxes under names that a person gave them.
//
// A [Book] is what to begin with: it adds, finds, renames and removes. What it writes down is a
// [Record], which has all of a token but the secret; that rests in a [Vault]. Records are kept by
// whoever implements [Records], as package journal does.
package inboxes
