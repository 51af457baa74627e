package scan

import "inboxuploader/uploader/source"

// FileID identifies a file on this computer as long as it exists, whatever its name; see
// [source.ID].
type FileID = source.ID

// skipKind returns the reason to leave out an entry that is neither file nor folder.
func skipKind(k source.Kind) SkipReason {
	switch k {
	case source.FIFO:
		return SkipFIFO
	case source.Socket:
		return SkipSocket
	case source.Device:
		return SkipDevice
	case source.Link:
		return SkipSymlink
	default:
		return SkipIrregular
	}
}
