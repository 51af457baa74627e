package uploader_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/source"
	"inboxuploader/uploader/uploadertest"
)

func TestSourceTroubleConcernsOneFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, "w", uploader.Config{Connections: 1})
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlob, "", 1, uploadertest.Hold(gate))
		paths := []string{b.file("a", 10), b.file("b", 10), b.file("c", 10)}
		b.add(ledger.AddOptions{}, paths...)
		synctest.Wait()
		if err := os.Remove(paths[1]); err != nil {
			t.Fatal(err)
		}
		close(gate)
		if err := b.wait(); err != nil {
			t.Fatal(err)
		}
		if r := b.problem(ledger.Attention); r != problem.SourceGone {
			t.Errorf("reason %q", r)
		}
		if n := b.queue.Status().Files[ledger.Delivered]; n != 2 {
			t.Errorf("%d delivered, want 2", n)
		}
		b.close()
	})
}

func TestFileThatChangesWhileItIsSentIsNeverDeliveredMixed(t *testing.T) {
	for name, change := range map[string]func(path string, old []byte) []byte{
		"one byte":  func(_ string, old []byte) []byte { c := append([]byte(nil), old...); c[block+3] ^= 1; return c },
		"grown":     func(_ string, old []byte) []byte { return append(append([]byte(nil), old...), random(9, 2*block)...) },
		"shrunk":    func(_ string, old []byte) []byte { return old[:2*block+7] },
		"now small": func(_ string, old []byte) []byte { return old[:9] },
		"touched":   func(_ string, old []byte) []byte { return old },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, "w", uploader.Config{Connections: 2})
				path := b.file("large", 6*block)
				old, _ := os.ReadFile(path)
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlockList, "large", 2, uploadertest.Hold(gate))
				b.store.Fail(uploadertest.PutBlock, "large", 3, uploadertest.Hold(gate))
				b.add(ledger.AddOptions{}, path)
				synctest.Wait()
				now := change(path, old)
				if err := os.WriteFile(path, now, 0o600); err != nil {
					t.Fatal(err)
				}
				later := time.Now().Add(time.Hour)
				if err := os.Chtimes(path, later, later); err != nil {
					t.Fatal(err)
				}
				close(gate)
				b.delivered(path)
				if s := b.queue.Status(); name == "touched" && s.BytesSent != int64(len(old)) {
					t.Errorf("%d bytes sent of a file of %d whose time alone changed", s.BytesSent,
						len(old))
				}
				b.close()
			})
		})
	}
}

// TestAFileWhoseTimeIsPutBackIsNeverDeliveredMixed: as by programs that keep an encrypted disk in a
// file. The size and the modification time say that nothing has changed, in the same run and in the
// next one.
func TestAFileWhoseTimeIsPutBackIsNeverDeliveredMixed(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" && runtime.GOOS != "windows" {
		t.Skip("this system tells no times of change")
	}
	for name, restarted := range map[string]bool{"in the same run": false, "before the next": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				journal := ledger.NewMemoryJournal()
				b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
				path := b.file("large", 6*block)
				old, _ := os.ReadFile(path)
				gate := make(chan struct{})
				b.store.Fail(uploadertest.PutBlock, "large", 3, uploadertest.Hold(closed))
				b.store.Fail(uploadertest.PutBlock, "large", 1, uploadertest.Hold(gate))
				b.add(ledger.AddOptions{}, path)
				synctest.Wait()
				before, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				now := append([]byte(nil), old...)
				now[3] ^= 1
				now[5*block+3] ^= 1
				if err := os.WriteFile(path, now, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
					t.Fatal(err)
				}
				if restarted {
					time.Sleep(time.Second) // the acknowledgements are committed
					b.store.ClearFaults()
					b.restart(journal, uploader.Config{})
				} else {
					close(gate)
				}
				b.delivered(path)
				b.close()
			})
		})
	}
}

// overwrite puts data in place of what the file contains, which has the same length.
func overwrite(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	return errors.Join(err, f.Close())
}

func TestFileThatNeverRestsIsGivenToAPerson(t *testing.T) {
	for _, size := range []int{block / 2, 3 * block} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// One block takes a second, and the file is written ten times meanwhile.
				b := newBench(t, "w", uploader.Config{Rate: block, Steady: steady})
				path := b.fresh("log", size)
				ctx, stop := context.WithCancel(t.Context())
				var writer sync.WaitGroup
				defer writer.Wait()
				defer stop()
				writer.Go(func() {
					for n := 0; ctx.Err() == nil; n++ {
						if err := overwrite(path, random(uint64(n), size)); err != nil { // never empty in between, which would be sent as such
							t.Error(err)
						}
						when := time.Now()
						if err := os.Chtimes(path, when, when); err != nil {
							t.Error(err)
						}
						time.Sleep(100 * time.Millisecond)
					}
				})
				b.add(ledger.AddOptions{}, path)
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if r := b.problem(ledger.Attention); r != problem.SourceChanged {
					t.Errorf("reason %q", r)
				}
				if _, ok := b.store.Blob("log"); ok {
					t.Error("a file that kept changing was delivered")
				}
				b.close()
			})
		})
	}
}

// TestAnOldVersionIsNotTakenForTheNewOne: the commit works, its answer is lost, and the file
// changes before the next try. What stands in the inbox then is ours, but not the file as it is
// now.
func TestAnOldVersionIsNotTakenForTheNewOne(t *testing.T) {
	for _, replace := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, "w", uploader.Config{Connections: 2})
			path := b.file("large", 4*block)
			old, _ := os.ReadFile(path)
			open, gate := make(chan struct{}), make(chan struct{})
			close(open)
			if !replace {
				b.store.Fail(uploadertest.PutBlockList, "large", 1, uploadertest.Hold(open)) // asks whether the name is free
			}
			lost := uploadertest.LoseAnswer()
			lost.Gate = gate
			b.store.Fail(uploadertest.PutBlockList, "large", 1, lost)
			b.add(ledger.AddOptions{Replace: replace}, path)
			synctest.Wait()
			now := append([]byte(nil), old...)
			now[block+3] ^= 1
			if err := os.WriteFile(path, now, 0o600); err != nil {
				t.Fatal(err)
			}
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(path, later, later); err != nil {
				t.Fatal(err)
			}
			close(gate)
			if replace {
				b.delivered(path)
			} else {
				if err := b.wait(); err != nil {
					t.Fatal(err)
				}
				if r := b.problem(ledger.Attention); r != problem.AlreadyThereByUs {
					t.Errorf("reason %q", r)
				}
				if got, _ := b.store.Blob("large"); string(got) != string(old) {
					t.Error("the inbox has neither the old version nor nothing")
				}
			}
			for _, line := range b.store.Unhit() {
				t.Error(line)
			}
			b.close()
		})
	}
}

// TestADeadDiskDoesNotKeepTheQueueFromEnding: a look at it never comes back, and there is but one
// for a root.
func TestADeadDiskDoesNotKeepTheQueueFromEnding(t *testing.T) {
	var under atomic.Int32
	var dead chan struct{}
	synctest.Test(t, func(t *testing.T) {
		dead = make(chan struct{})
		b := newBench(t, "w", uploader.Config{Connections: 2})
		b.queue.SetStat(func(string) (source.Info, error) {
			under.Add(1)
			<-dead
			return source.Info{}, fs.ErrNotExist
		})
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlob, "", 2, uploadertest.Hold(gate))
		paths := []string{b.file("run/a", 10), b.file("run/b", 10), b.file("run/c", 10), b.file("run/d", 10)}
		b.add(ledger.AddOptions{}, filepath.Dir(paths[0]))
		synctest.Wait()
		for _, path := range paths[2:] {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		close(gate)
		synctest.Wait()
		if n := under.Load(); n != 1 {
			t.Errorf("%d looks are under way", n)
		}
		b.close()
		close(dead)
	})
}

// TestABlockIsAsOldAsItsBytes: on a slow line a block takes minutes, and what is written to the
// file in that time is a change since.
func TestABlockIsAsOldAsItsBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := ledger.NewMemoryJournal()
		b := newBench(t, "w", uploader.Config{Journal: journal, Connections: 1})
		gate := make(chan struct{})
		b.store.Fail(uploadertest.PutBlock, "large", 1, uploadertest.Hold(gate))
		b.store.Fail(uploadertest.PutBlock, "large", 1, uploadertest.Stall())
		read := time.Now()
		b.add(ledger.AddOptions{}, b.file("large", 3*block))
		time.Sleep(50 * time.Second)
		close(gate)
		time.Sleep(time.Second)
		blocks, err := journal.Blocks(t.Context(), b.job("large").ID)
		if err != nil || len(blocks) != 1 || !blocks[0].At.Equal(read) {
			t.Errorf("%v, read at %v: %v", blocks, read, err)
		}
		b.close()
	})
}
