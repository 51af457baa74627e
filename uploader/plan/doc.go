// Package plan decides how a file will be sent: in one request or in blocks, and of which size;
// under which name; and whether it can be sent at all.
//
// [Job] makes a job of a found file, and [Rename] fits a job to another inbox. Nothing here reads a
// file or talks to a storage.
package plan
