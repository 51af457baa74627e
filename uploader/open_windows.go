package uploader

import "os"

// openFile opens a file or a folder to be read.
func openFile(path string) (*os.File, error) { return os.Open(path) }
