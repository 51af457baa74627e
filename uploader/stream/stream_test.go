package stream

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/uploadertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const name = "run7.tar"

// config is small, so that little data makes many blocks.
func config(s *uploadertest.Store) Config {
	return Config{Store: s, Memory: 4 * mib, BlockSize: 64 << 10}
}

func someData(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(data) // never fails
	return data
}

// trickle hands over a few bytes at a time, as a pipe does.
type trickle struct{ io.Reader }

func (r trickle) Read(p []byte) (int, error) { return r.Reader.Read(p[:min(len(p), 4099)]) }

func TestAStreamArrivesWholeWhateverItsLength(t *testing.T) {
	const block = 64 << 10
	for _, n := range []int{1, block - 1, block, block + 1, 37*block + 5} {
		synctest.Test(t, func(t *testing.T) {
			inbox := uploadertest.NewStore()
			data := someData(n)
			s := New(config(inbox.With("w")), Data{
				Reader: trickle{bytes.NewReader(data)}, Blob: "run/" + name, Size: int64(n),
				PutMD5: true,
			})
			got, err := s.Send(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			stored, _ := inbox.Blob("run/" + name)
			sum := md5.Sum(data)
			if !bytes.Equal(stored, data) || got.CRC64 != crc64.Checksum(data) || !got.Checked ||
				got.Blob != "run/"+name || got.Answer.ETag == "" {
				t.Errorf("%d bytes: %d arrived, %+v", n, len(stored), got)
			}
			if p, _ := inbox.Properties("run/" + name); p.ContentType != "application/x-tar" ||
				p.MD5 != string(sum[:]) {
				t.Errorf("properties %+v", p)
			}
			if st := s.Status(); st.Read != int64(n) || st.Done != int64(n) || !st.Ended ||
				st.OnWay != 0 || st.Busy != 0 {
				t.Errorf("status %+v", st)
			}
		})
	}
}

// TestFaultsDoNotChangeAStream: what passes by itself is tried again, from memory.
func TestFaultsDoNotChangeAStream(t *testing.T) {
	for what, fault := range map[string]uploadertest.Fault{
		"busy": uploadertest.Busy(3 * time.Second), "reset": uploadertest.Reset(),
		"lost": uploadertest.LoseAnswer(), "damaged": uploadertest.Corrupt(),
		"stalled": uploadertest.Stall(),
	} {
		for _, op := range []uploadertest.Op{uploadertest.PutBlock, uploadertest.PutBlockList} {
			t.Run(what+" "+string(op), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					inbox := uploadertest.NewStore()
					inbox.Fail(op, "", 3, fault)
					data := someData(2_000_000)
					s := New(config(inbox.With("w")), Data{Reader: bytes.NewReader(data), Blob: name})
					got, err := s.Send(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					stored, _ := inbox.Blob(name)
					if !bytes.Equal(stored, data) || got.CRC64 != crc64.Checksum(data) {
						t.Errorf("%d bytes arrived", len(stored))
					}
					if op == uploadertest.PutBlock && s.Status().Retries == 0 {
						t.Error("nothing was tried again")
					}
				})
			})
		}
	}
}

var errWriter = errors.New("the writer failed")

// broken is data that ends with an error.
type broken struct{ io.Reader }

func (r broken) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errWriter
	}
	return n, err
}

// TestABrokenStreamIsNeverCommitted, for whatever reason it is broken.
func TestABrokenStreamIsNeverCommitted(t *testing.T) {
	const n = 1_000_000
	whole := func() io.Reader { return bytes.NewReader(someData(n)) }
	for what, c := range map[string]struct {
		data   Data
		fault  func(s *uploadertest.Store)
		reason problem.Reason // "" is errWriter
	}{
		"empty":             {data: Data{Reader: bytes.NewReader(nil)}, reason: problem.StreamEmpty},
		"unreadable":        {data: Data{Reader: broken{whole()}}, reason: problem.StreamUnreadable},
		"too short":         {data: Data{Reader: whole(), Size: n + 1}, reason: problem.StreamShort},
		"too long":          {data: Data{Reader: whole(), Size: n - 1}, reason: problem.StreamLong},
		"of a bad writer":   {data: Data{Reader: whole(), Finish: func() error { return errWriter }}},
		"short by a writer": {data: Data{Reader: whole(), Size: n + 1, Finish: func() error { return errWriter }}},
		"of an ended token": {
			data: Data{Reader: whole()}, reason: problem.Expired,
			fault: func(s *uploadertest.Store) {
				s.Fail(uploadertest.PutBlock, "", 1, uploadertest.ExpireToken())
			},
		},
		"whose blocks are lost": {
			data: Data{Reader: whole()}, reason: problem.StreamCut,
			fault: func(s *uploadertest.Store) {
				s.Fail(uploadertest.PutBlockList, "", 2, uploadertest.Refuse(problem.BlocksLost))
			},
		},
		"that arrives damaged": {
			data: Data{Reader: whole()}, reason: problem.Corrupted,
			fault: func(s *uploadertest.Store) {
				s.Fail(uploadertest.PutBlock, "", uploadertest.Always, uploadertest.Corrupt())
			},
		},
		"too long for the memory": {data: Data{Reader: whole(), Size: 1 << 40}, reason: problem.StreamTooLong},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inbox := uploadertest.NewStore()
				token := inbox.With("w")
				if c.fault != nil {
					c.fault(token)
				}
				c.data.Blob = name
				got, err := New(config(token), c.data).Send(t.Context())
				if c.reason == "" && !errors.Is(err, errWriter) ||
					c.reason != "" && problem.ReasonOf(err) != c.reason {
					t.Errorf("error %v, want %q", err, c.reason)
				}
				if names := inbox.Names(); len(names) > 0 || got.Unsure {
					t.Errorf("%q are in the inbox, %+v", names, got)
				}
			})
		})
	}
}

// counted counts what is read of it.
type counted struct {
	io.Reader
	n int
}

func (r *counted) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += n
	return n, err
}

func TestATakenNameIsAskedForBeforeAnythingIsRead(t *testing.T) {
	other, mine := []byte("somebody else's"), []byte("mine")
	for what, c := range map[string]struct {
		data         Data
		want         string
		reason       problem.Reason
		replaced     bool
		letters      string
		readAnything bool
	}{
		"left alone": {want: "", reason: problem.AlreadyThere, letters: "w"},
		"replaced":   {data: Data{Replace: true}, want: name, replaced: true, letters: "w"},
		"kept both":  {data: Data{KeepBoth: true}, want: "run7 (2).tar", letters: "w"},
		"who may only create can't ask": {
			reason: problem.MayNotReplace, letters: "c", readAnything: true,
		},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inbox := uploadertest.NewStore()
				if _, err := New(config(inbox), Data{Reader: bytes.NewReader(other), Blob: name}).
					Send(t.Context()); err != nil {
					t.Fatal(err)
				}
				reader := &counted{Reader: bytes.NewReader(mine)}
				c.data.Blob, c.data.Reader = name, reader
				to := config(inbox.With(c.letters))
				to.CreateOnly = c.letters == "c"
				got, err := New(to, c.data).Send(t.Context())
				if problem.ReasonOf(err) != c.reason || got.Blob != c.want {
					t.Errorf("%+v, %v, want %q", got, err, c.reason)
				}
				if c.want == "" && reader.n > 0 != c.readAnything {
					t.Errorf("%d bytes were read for nothing", reader.n)
				}
				if there, _ := inbox.Blob(name); bytes.Equal(there, other) == c.replaced {
					t.Errorf("there is %q", there)
				}
				if c.want != "" {
					if there, _ := inbox.Blob(c.want); !bytes.Equal(there, mine) {
						t.Errorf("there is %q", there)
					}
				}
			})
		})
	}
}

// stranger writes a blob under the name when it is read to its end.
type stranger struct {
	io.Reader
	inbox *uploadertest.Store
}

func (r stranger) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		other := New(config(r.inbox), Data{Reader: bytes.NewReader([]byte("theirs")), Blob: name})
		if _, err := other.Send(context.Background()); err != nil {
			return n, err
		}
	}
	return n, err
}

// TestWhatAStrangerWroteMeanwhileStays, also where an answer of ours was lost.
func TestWhatAStrangerWroteMeanwhileStays(t *testing.T) {
	for _, lost := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			inbox := uploadertest.NewStore()
			token := inbox.With("w")
			reader := stranger{bytes.NewReader(someData(200_000)), inbox}
			if lost { // but for our question, and the stranger's, and their commit
				inbox.Fail(uploadertest.PutBlockList, "", 3, uploadertest.Hold(closed()))
				inbox.Fail(uploadertest.PutBlockList, "", 1, uploadertest.Stall())
			}
			_, err := New(config(token), Data{Reader: reader, Blob: name}).Send(t.Context())
			if problem.ReasonOf(err) != problem.AlreadyThere {
				t.Errorf("error %v", err)
			}
			if there, _ := inbox.Blob(name); string(there) != "theirs" {
				t.Errorf("there are %d bytes", len(there))
			}
		})
	}
}

func closed() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// TestAStreamKeepsToItsMemory: as long as nothing is acknowledged, no more is read.
func TestAStreamKeepsToItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := uploadertest.NewStore()
		gate := make(chan struct{})
		inbox.Fail(uploadertest.PutBlock, "", uploadertest.Always, uploadertest.Hold(gate))
		data := someData(20 * mib)
		c := config(inbox.With("w"))
		c.Connections, c.BlockSize = 64, mib
		s := New(c, Data{Reader: bytes.NewReader(data), Blob: name})
		done := make(chan error)
		go func() { _, err := s.Send(t.Context()); done <- err }()
		synctest.Wait()
		if st := s.Status(); st.Read > c.Memory || st.Read < c.Memory/2 || st.Done > 0 {
			t.Errorf("%d bytes were read with %d of memory", st.Read, c.Memory)
		}
		close(gate)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if there, _ := inbox.Blob(name); !bytes.Equal(there, data) {
			t.Errorf("%d bytes arrived", len(there))
		}
	})
}

func TestWhoMayOnlyCreateSendsWhatFitsIntoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := uploadertest.NewStore()
		c := config(inbox.With("c"))
		c.CreateOnly = true
		data := someData(int(c.Memory))
		_, err := New(c, Data{Reader: bytes.NewReader(append(data, 1)), Blob: name}).Send(t.Context())
		if problem.ReasonOf(err) != problem.StreamCreateOnly || len(inbox.Names()) > 0 {
			t.Errorf("error %v, %q", err, inbox.Names())
		}
		inbox.Fail(uploadertest.PutBlob, "", 1, uploadertest.Reset())
		if _, err := New(c, Data{Reader: bytes.NewReader(data), Blob: name}).Send(t.Context()); err != nil {
			t.Error(err)
		}
		if there, _ := inbox.Blob(name); !bytes.Equal(there, data) {
			t.Errorf("%d bytes arrived", len(there))
		}
		// Nobody can tell whose blob it is then.
		inbox.Fail(uploadertest.PutBlob, "", 1, uploadertest.LoseAnswer())
		_, err = New(c, Data{Reader: bytes.NewReader(data), Blob: "other"}).Send(t.Context())
		if !errors.Is(err, problem.ErrExists) || problem.ReasonOf(err) != problem.AlreadyThereByUs {
			t.Errorf("error %v", err)
		}
	})
}

// TestAnInterruptEndsAStreamAtOnce though its reader hangs; only what is being committed is waited
// for.
func TestAnInterruptEndsAStreamAtOnce(t *testing.T) {
	errInterrupt := errors.New("interrupt")
	synctest.Test(t, func(t *testing.T) {
		inbox := uploadertest.NewStore()
		r, w := io.Pipe()
		defer func() { _ = w.Close() }() // a pipe's never fails
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errInterrupt) })
		go func() { _, _ = w.Write(someData(200_000)) }()
		begun := time.Now()
		_, err := New(config(inbox.With("w")), Data{Reader: r, Blob: name}).Send(ctx)
		if !errors.Is(err, errInterrupt) || time.Since(begun) != time.Second || len(inbox.Names()) > 0 {
			t.Errorf("%v after %v, %q", err, time.Since(begun), inbox.Names())
		}
	})
	for what, after := range map[string]time.Duration{"in time": 9 * time.Second, "too late": time.Minute} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				inbox := uploadertest.NewStore()
				gate := make(chan struct{})
				inbox.Fail(uploadertest.PutBlockList, "", 1, uploadertest.Hold(closed()))
				inbox.Fail(uploadertest.PutBlockList, "", 1, uploadertest.Hold(gate))
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errInterrupt) })
				time.AfterFunc(time.Second+after, func() { close(gate) })
				data := []byte("data")
				got, err := New(config(inbox.With("w")), Data{Reader: bytes.NewReader(data), Blob: name}).
					Send(ctx)
				if inTime := after < commitGrace; inTime != (err == nil) || got.Unsure == inTime ||
					inTime != (len(inbox.Names()) == 1) {
					t.Errorf("%+v, %v, %q", got, err, inbox.Names())
				}
			})
		})
	}
}

// TestTroubleIsTold, and what comes after a while of silence is no trouble of the storage's.
func TestTroubleIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inbox := uploadertest.NewStore()
		inbox.Fail(uploadertest.PutBlock, "", 12, uploadertest.Refuse(problem.NetworkDown))
		r, w := io.Pipe()
		s := New(config(inbox.With("w")), Data{Reader: r, Blob: name})
		done := make(chan error)
		go func() { _, err := s.Send(t.Context()); done <- err }()
		time.Sleep(time.Hour)
		if st := s.Status(); st.Trouble != nil || !st.Confirmed.Equal(time.Now()) {
			t.Errorf("while it is waited for: %+v", st)
		}
		if _, err := w.Write(someData(64 << 10)); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second)
		if st := s.Status(); problem.ReasonOf(st.Trouble) != problem.NetworkDown ||
			st.Confirmed.Equal(time.Now()) || st.Until.Before(time.Now().Add(-time.Minute)) {
			t.Errorf("while it fails: %+v", st)
		}
		time.Sleep(10 * time.Minute)
		if st := s.Status(); st.Trouble != nil || st.Done != 64<<10 {
			t.Errorf("afterwards: %+v", st)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
