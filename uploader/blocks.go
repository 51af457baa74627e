package uploader

// Limits of the service for x-ms-version 2019-12-12 and later:
// https://learn.microsoft.com/rest/api/storageservices/understanding-block-blobs--append-blobs--and-page-blobs
const (
	maxBlocks    = 50_000     // committed blocks of a blob
	maxBlockSize = 4000 << 20 // bytes of one block
)

// blockCount returns how many blocks a file has.
func blockCount(size, blockSize int64) int { return int((size + blockSize - 1) / blockSize) }
