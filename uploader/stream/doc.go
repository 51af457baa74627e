// Package stream sends data of unknown length, such as another program's output, as one blob.
//
// Make a [Stream] with [New], and call Send once; Status reports its progress. Data stays in memory
// until the storage has acknowledged it, within Config.Memory, so a failed request can be retried
// and a slow line slows the writer down. Truncated data is never committed. Nothing is kept on the
// disk: a stream that was cut off has to start over, since the data can't be read again.
package stream
