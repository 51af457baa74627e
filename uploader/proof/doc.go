// Package proof reads local files to say what is in them: for a list of checksums, and to find out
// whether they are still what a receipt or such a list says.
//
// [Manifest] computes checksums. [Open] reads a receipt or a list, [Verify] compares files with it.
package proof
