package scan

import "fmt"

// skipWords are the words for files left out on purpose: the reason for one, and the names of one
// and of several.
var skipWords = map[SkipReason]struct{ why, one, many string }{
	SkipExcluded:    {"It matches an exclude pattern.", "excluded by pattern", "excluded by pattern"},
	SkipNotIncluded: {"It matches no include pattern.", "not among the included", "not among the included"},
	SkipJunk:        {"It is what a system or a program keeps for itself.", "system file or folder", "system files and folders"},
	SkipFolder:      {"It is a folder, and folders were not asked for.", "folder", "folders"},
	SkipSymlink:     {"It is a link, and links are not followed unless asked for.", "link", "links"},
	SkipOutside:     {"It is a link that leads outside the folders you named.", "link that leads outside", "links that lead outside"},
	SkipLoop:        {"It is a link that leads back to a folder above it.", "link in a circle", "links in a circle"},
	SkipFollowed:    {"It is a link to a folder that is sent under 100 names already.", "link to a folder sent under 100 names", "links to folders sent under 100 names"},
	SkipDangling:    {"It is a link that leads to nothing.", "link to nothing", "links to nothing"},
	SkipFIFO:        {"It is a named pipe, not a file.", "named pipe", "named pipes"},
	SkipSocket:      {"It is a socket, not a file.", "socket", "sockets"},
	SkipDevice:      {"It is a device, not a file.", "device", "devices"},
	SkipIrregular:   {"It is something special of the system, not a file.", "special file", "special files"},
	SkipOwn:         {"It is what this program keeps for itself: its list of uploads and its log.", "folder of this program", "folders of this program"},
	SkipReceipt:     {"It is the receipt, which is written anew at the end.", "receipt", "receipts"},
	SkipTooYoung:    {"It was modified too recently, and is left for later.", "file modified too recently", "files modified too recently"},
	SkipTooOld:      {"It was modified before the time that you gave.", "file older than the time you gave", "files older than the time you gave"},
	SkipOtherShard:  {"It belongs to another shard.", "file of another shard", "files of other shards"},
	SkipEmptyFolder: {"It is an empty folder, and the storage knows no folders.", "empty folder", "empty folders"},
}

// SkipReasons returns all reasons in the order for showing them. The slice is the caller's.
func SkipReasons() []SkipReason {
	return []SkipReason{
		SkipExcluded, SkipNotIncluded, SkipJunk, SkipFolder, SkipSymlink, SkipOutside, SkipLoop,
		SkipFollowed,
		SkipDangling, SkipFIFO, SkipSocket, SkipDevice, SkipIrregular, SkipOwn, SkipReceipt,
		SkipTooYoung, SkipTooOld, SkipOtherShard, SkipEmptyFolder,
	}
}

// Why says in a sentence why a file was left out.
func (r SkipReason) Why() string { return skipWords[r].why }

// Count says how many of a kind were left out, such as "2 links".
func (r SkipReason) Count(n int64) string {
	words := skipWords[r].many
	if n == 1 {
		words = skipWords[r].one
	}
	return fmt.Sprintf("%d %s", n, words)
}

// IsCounted reports whether files left out for this reason count as skipped. Folders are not files
// that could have been delivered, and files of other shards count in theirs.
func (r SkipReason) IsCounted() bool {
	return r != SkipFolder && r != SkipOwn && r != SkipEmptyFolder && r != SkipOtherShard
}

// ByName reports whether the person excluded such files by an option or the default list, or would
// not want them.
func (r SkipReason) ByName() bool {
	return r == SkipExcluded || r == SkipNotIncluded || r == SkipJunk || r == SkipOwn ||
		r == SkipReceipt || r == SkipTooOld || r == SkipOtherShard
}
