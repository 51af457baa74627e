package uploader

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// Whatever is taken and given back in whatever order: no two buffers share a byte, all memory together stays within the limit,
// who waits gets a buffer as soon as it is his turn, and at the end all can be taken at once again.
func TestBuffersStayApartAndWithinTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.OneOf(rapid.SampledFrom([]int64{mib, 8 * mib, 20 * mib, 24*mib + 12345}), rapid.Int64Range(mib, 40*mib)).Draw(t, "limit")
		b := newBuffers(limit)
		defer b.close()
		var taken [][]byte
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				n := min(rapid.OneOf(rapid.Int64Range(0, 200_000), rapid.Int64Range(0, 9*mib), rapid.Int64Range(0, limit)).Draw(t, "n"), limit)
				ctx, cancel := context.WithCancel(context.Background())
				cancel() // takes what is there and does not wait
				buf, err := b.take(ctx, n)
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
				b.give(taken[i])
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
					if whole := buf[:cap(buf)]; whole[0] != byte(i) || whole[len(whole)-1] != byte(i) {
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
			b.give(buf)
		}
		if buf, err := b.take(context.Background(), limit); err != nil || int64(len(buf)) != limit {
			t.Fatalf("%d of %d bytes at the end, %v", len(buf), limit, err)
		} else {
			b.give(buf)
		}
		if b.close(); b.held != 0 || len(b.slabs) > 0 {
			t.Fatalf("%d bytes are held after the end", b.held)
		}
	})
}

func TestBuffersAreHandedOutInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffers(8 * mib)
		defer b.close()
		half, err := b.take(t.Context(), 4*mib)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var got []string
		take := func(ctx context.Context, name string, n int64) {
			go func() {
				buf, err := b.take(ctx, n)
				if err != nil {
					name += " gave up"
					if !errors.Is(err, errClosed) {
						t.Error(err)
					}
				}
				mu.Lock()
				got = append(got, name)
				mu.Unlock()
				if buf != nil {
					b.give(buf)
				}
			}()
			synctest.Wait()
		}
		patient, cancel := context.WithCancelCause(t.Context())
		take(patient, "whole", 8*mib)
		take(t.Context(), "small", 1)
		if len(got) > 0 {
			t.Errorf("%v came before who waited longer", got)
		}
		cancel(errClosed)
		synctest.Wait()
		take(t.Context(), "whole again", 8*mib)
		take(t.Context(), "small again", 1)
		b.give(half)
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
	all := newBuffers(DefaultMemory)
	defer all.close()
	sizes := []int64{1, 70_000, 300_000, mib, 3 * mib, 8 * mib}
	var taken [10][]byte
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		slot := &taken[i%len(taken)]
		if *slot != nil {
			all.give(*slot)
		}
		buf, err := all.take(b.Context(), sizes[i%len(sizes)])
		if err != nil {
			b.Fatal(err)
		}
		*slot = buf
		i++
	}
}
