package uploader

import (
	"io/fs"
	"testing"
)

// SetStat makes the looks at disks that may not be there go to f until the test ends.
func SetStat(t *testing.T, f func(path string) (fs.FileInfo, error)) {
	before := stat
	stat = f
	t.Cleanup(func() { stat = before })
}
