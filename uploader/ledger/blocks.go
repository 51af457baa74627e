package ledger

// Limits of the service for x-ms-version 2019-12-12 and later:
// https://learn.microsoft.com/rest/api/storageservices/understanding-block-blobs--append-blobs--and-page-blobs
const (
	MaxBlocks    = 50_000     // committed blocks of a blob
	MaxBlockSize = 4000 << 20 // bytes of one block
)

// BlockCount returns how many blocks a file has.
func BlockCount(size, blockSize int64) int { return int((size + blockSize - 1) / blockSize) }
