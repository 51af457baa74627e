package buffers

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

var errOver = errors.New("over")

// Whatever is taken and given back in whatever order: no two buffers share a byte, all memory
// together stays within the limit, who waits gets a buffer as soon as it is his turn, and at the
// end all can be taken at once again.
func TestBuffersStayApartAndWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.OneOf(rapid.SampledFrom([]int64{1 << 20, 8 << 20, 20 << 20, 24<<20 + 12345}),
			rapid.Int64Range(1<<20, 40<<20)).Draw(t, "limit")
		b := New(limit)
		defer b.Close()
		var taken [][]byte
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				n := min(rapid.OneOf(rapid.Int64Range(0, 200_000), rapid.Int64Range(0, 9<<20),
					rapid.Int64Range(0, limit)).Draw(t, "n"), limit)
				ctx, cancel := context.WithCancel(context.Background())
				cancel() // takes what is there and does not wait
				buf, err := b.Take(ctx, n)
				if err != nil {
					if len(taken) == 0 {
						t.Fatalf("%d of %d bytes were refused though nobody has any", n, limit)
					}
					return
				}
				if int64(len(buf)) != n || int64(cap(buf)) < n {
					t.Fatalf("%d bytes with room for %d, want %d", len(buf), cap(buf), n)
				}
				taken = append(taken, buf)
			},
			"give": func(t *rapid.T) {
				if len(taken) == 0 {
					return
				}
				i := rapid.IntRange(0, len(taken)-1).Draw(t, "which")
				b.Give(taken[i])
				taken = slices.Delete(taken, i, i+1)
			},
			"": func(t *rapid.T) {
				var used, held int64
				for i, buf := range taken {
					whole := buf[:cap(buf)]
					used += int64(len(whole))
					whole[0], whole[len(whole)-1] = byte(i), byte(i)
				}
				for i, buf := range taken {
					if whole := buf[:cap(buf)]; whole[0] != byte(i) ||
						whole[len(whole)-1] != byte(i) {
						t.Fatal("two buffers share a byte")
					}
				}
				for _, s := range b.slabs {
					held += s.length()
				}
				if held != b.held || held > limit || used > held || len(b.handed) != len(taken) {
					t.Fatalf("%d bytes in use, %d held, %d counted, limit %d; %d handed out, %d taken", used, held, b.held, limit, len(b.handed), len(taken))
				}
			},
		})
		for _, buf := range taken {
			b.Give(buf)
		}
		if buf, err := b.Take(context.Background(), limit); err != nil || int64(len(buf)) != limit {
			t.Fatalf("%d of %d bytes at the end, %v", len(buf), limit, err)
		} else {
			b.Give(buf)
		}
		if b.Close(); b.held != 0 || len(b.slabs) > 0 {
			t.Fatalf("%d bytes are held after the end", b.held)
		}
	})
}

func TestBuffersAreHandedOutInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(8 << 20)
		defer b.Close()
		half, err := b.Take(t.Context(), 4<<20)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var got []string
		take := func(ctx context.Context, name string, n int64) {
			go func() {
				buf, err := b.Take(ctx, n)
				if err != nil {
					name += " gave up"
					if !errors.Is(err, errOver) {
						t.Error(err)
					}
				}
				mu.Lock()
				got = append(got, name)
				mu.Unlock()
				if buf != nil {
					b.Give(buf)
				}
			}()
			synctest.Wait()
		}
		patient, cancel := context.WithCancelCause(t.Context())
		take(patient, "whole", 8<<20)
		take(t.Context(), "small", 1)
		if len(got) > 0 {
			t.Errorf("%v came before who waited longer", got)
		}
		cancel(errOver)
		synctest.Wait()
		take(t.Context(), "whole again", 8<<20)
		take(t.Context(), "small again", 1)
		b.Give(half)
		synctest.Wait()
		if len(got) == 4 {
			slices.Sort(got[:2]) // these two at once
		}
		if want := []string{"small", "whole gave up", "whole again", "small again"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// BenchmarkBuffers takes and gives back buffers of all sizes, as a mixed tree does.
func BenchmarkBuffers(b *testing.B) {
	all := New(80 << 20)
	defer all.Close()
	sizes := []int64{1, 70_000, 300_000, 1 << 20, 3 << 20, 8 << 20}
	var taken [10][]byte
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		slot := &taken[i%len(taken)]
		if *slot != nil {
			all.Give(*slot)
		}
		buf, err := all.Take(b.Context(), sizes[i%len(sizes)])
		if err != nil {
			b.Fatal(err)
		}
		*slot = buf
		i++
	}
}
