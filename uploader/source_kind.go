package uploader

import "inboxuploader/uploader/source"

// FileID identifies a file on this computer as long as it exists, whatever its name; see [source.ID].
type FileID = source.ID

// skipKind returns the reason to leave out what is neither file nor folder.
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

// kindWords says to a person what it is that is no file.
func kindWords(k source.Kind) string {
	switch k {
	case source.Folder:
		return valueFolder
	case source.FIFO:
		return valueFIFO
	case source.Socket:
		return valueSocket
	case source.Device:
		return valueDevice
	default:
		return valueIrregular
	}
}

// What stands for {value} where something is no file.
const (
	valueFolder    = "a folder"
	valueFIFO      = "a named pipe"
	valueSocket    = "a socket"
	valueDevice    = "a device"
	valueIrregular = "something special of the system"
)
