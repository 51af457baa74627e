// Package plan decides how a file will be sent: in one request or in blocks of which size, under
// which name, and whether it can be sent at all.
//
// [Job] makes a job of a file that was found, and [Rename] fits one to another inbox. Nothing here
// reads a file or speaks to a storage.
package plan
