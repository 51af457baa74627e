// Package shards divides what is to be sent among several machines: it writes a list of files for
// each, of about the same size, and knows later what all of them were to deliver.
//
// Call [Division.Add] for each file, in the order of the scan, then [Division.Write]. [Read] finds
// the plan that was written, and [Plan.Files] goes through what is in its lists. How one file of a
// list is sent is for whoever sends that list.
package shards
