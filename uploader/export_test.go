package uploader

import (
	"io/fs"
	"testing"
	"time"
)

// SetClosePatience makes Close wait that long for what nothing can end, until the test ends.
func SetClosePatience(t *testing.T, d time.Duration) {
	before := closePatience
	closePatience = d
	t.Cleanup(func() { closePatience = before })
}

// SetStat makes the looks at disks that may not be there go to f until the test ends.
func SetStat(t *testing.T, f func(path string) (fs.FileInfo, error)) {
	before := stat
	stat = f
	t.Cleanup(func() { stat = before })
}
