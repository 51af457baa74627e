package uploader

import (
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/token"
)

const mib = 1 << 20

// Limits of the service for x-ms-version 2019-12-12 and later:
// https://learn.microsoft.com/rest/api/storageservices/understanding-block-blobs--append-blobs--and-page-blobs
const (
	maxPutBlob  = 5000 * mib // bytes of a blob sent in one request
	maxBlobSize = ledger.MaxBlocks * int64(ledger.MaxBlockSize)
)

const (
	// defaultBlockSize is also the size up to which a file is sent in one request: above 4 MiB a block takes the service's
	// high-throughput path, and a lost connection costs at most this much per connection.
	defaultBlockSize = 8 * mib
	// MinBlockSize is the smallest block size that a person may ask for, in bytes.
	MinBlockSize = 64 << 10
)

// slowBlockSize is the smallest block size that a line is given for being slow, in bytes.
const slowBlockSize = 256 << 10

// pacedBlockSize returns the block size for a line that takes so many bytes per second: about what leaves in a second, so that one of
// the first four connections is answered each second. Of a line of which nothing is known (0), a file gets some hundred blocks.
func pacedBlockSize(size int64, perSecond float64) int64 {
	least, want := int64(mib), float64(size/128)
	if perSecond > 0 {
		least, want = slowBlockSize, perSecond
	}
	bytes := int64(defaultBlockSize)
	for bytes > least && float64(bytes) > want {
		bytes /= 2
	}
	return bytes
}

// wholeSize returns up to which size a file is sent in one request over a line that takes so many bytes per second, 0 for not known.
func wholeSize(perSecond float64) int64 {
	if perSecond == 0 {
		return defaultBlockSize
	}
	return min(4*pacedBlockSize(0, perSecond), defaultBlockSize)
}

// blockSizeFor returns the block size for a file: the preferred one (0 for the default), or where that would need more
// than 50,000 blocks the smallest whole number of MiB that does not.
func blockSizeFor(size, preferred int64) int64 {
	if preferred == 0 {
		preferred = defaultBlockSize
	}
	if least := (size + ledger.MaxBlocks - 1) / ledger.MaxBlocks; least > preferred {
		return (least + mib - 1) / mib * mib
	}
	return preferred
}

// classOf says how a file is sent: in one request up to the size whole. A token that may only create can't stage blocks.
func classOf(size, whole int64, rights token.Rights) ledger.Class {
	if size <= blockSizeFor(size, whole) || rights.CreateOnly() {
		return ledger.Small
	}
	return ledger.Large
}

// valueLargest stands for {value} where a file is larger than a blob can be: 50,000 blocks of 4,000 MiB.
const valueLargest = "about 190 TiB"

// TooLarge returns why a file of this size in bytes can't be sent with these rights, or nil. It needs no network, and the
// queue asks the same before it sends.
func TooLarge(path string, size int64, rights token.Rights) *problem.Error {
	switch {
	case rights.CreateOnly() && size > maxPutBlob:
		return problem.New("plan", path, problem.TooLargeCreateOnly)
	case size > maxBlobSize:
		e := problem.New("plan", path, problem.TooLarge)
		e.Value = valueLargest
		return e
	}
	return nil
}
