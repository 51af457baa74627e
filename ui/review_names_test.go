package ui

import (
	"path/filepath"
	"runtime"
	"testing"
)

// TestTheReviewNamesWhatIsRenamed has a file whose name the storage would change, and one that
// Windows can't have.
func TestTheReviewNamesWhatIsRenamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("these names can't be there")
	}
	d := openDesk(t, Config{})
	token, err := d.inboxes.parse(someToken())
	if err != nil {
		t.Fatal(err)
	}
	d.tokens.begin(token)
	data := folder(t, "report.", "nul.txt", "plain.txt")
	d.reviews.open([]given{{data, true}})
	d.until("it is counted", func() bool { return d.events.named("reviewed") != nil })
	for _, fold := range []string{"1 file will be renamed", "1 name can't exist on Windows"} {
		d.tap(fold)
	}
	d.mustSay("→ "+filepath.Base(data)+"/report", "Windows keeps this name for a device")
}
