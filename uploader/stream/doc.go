// Package stream sends data whose length nobody knows before its end, such as what another program
// writes, as one blob.
//
// Make a [Stream] with [New], and call Send once; Status says meanwhile how it comes along. What is
// read stays in memory until the storage has acknowledged it, within Config.Memory, so a failed
// request is made again and a slow line slows the writer down. What ends before its end is never
// committed. Nothing is kept on the disk: what was cut off has to begin anew, since what was read
// can't be read again.
package stream
