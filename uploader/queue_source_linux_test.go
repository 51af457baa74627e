package uploader_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// lease keeps a file as a server does, such as Samba, while a client of its caches it: whoever
// opens the file waits until it is given back. asked receives when somebody does.
func lease(t *testing.T, path string) (asked <-chan os.Signal, giveBack func()) {
	t.Helper()
	opened := make(chan os.Signal, 1)
	signal.Notify(opened, syscall.SIGIO)
	t.Cleanup(func() { signal.Stop(opened) })
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Skipf("this file system knows no leases: %v", err)
	}
	return opened, func() {
		if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_UNLCK); err != nil {
			t.Error(err)
		}
	}
}

// TestAFileThatAServerHasToGiveBackIsWaitedFor: it is no file that can't be read.
func TestAFileThatAServerHasToGiveBackIsWaitedFor(t *testing.T) {
	for name, size := range map[string]int{"small": 10, "large": 3 * block} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "w", uploader.Config{Connections: 1})
			path := b.file("f", size)
			asked, giveBack := lease(t, path)
			b.add(ledger.AddOptions{}, path)
			<-asked
			giveBack()
			b.delivered(path)
		})
	}
}

// TestAFileThatIsNeverReadDoesNotKeepTheQueueFromEnding: one that is not given back hangs as a file
// on a dead network disk does.
func TestAFileThatIsNeverReadDoesNotKeepTheQueueFromEnding(t *testing.T) {
	uploader.SetClosePatience(t, time.Millisecond)
	b := newBench(t, "w", uploader.Config{Connections: 1})
	path := b.file("run/b", 10)
	asked, giveBack := lease(t, path)
	b.add(ledger.AddOptions{}, filepath.Dir(path))
	<-asked
	b.close()
	giveBack() // the disk answers: the goroutine that was left behind ends
}
