package source

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/problem"
)

// TestADigestIsTheFilesInWhateverOrderItsBlocksCome, some of them several times and some never.
func TestADigestIsTheFilesInWhateverOrderItsBlocksCome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const block = 100
		data := make([]byte, rapid.IntRange(1, 200*block).Draw(t, "size"))
		_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
		n := (len(data) + block - 1) / block
		part := func(i int) []byte { return data[i*block : min((i+1)*block, len(data))] }
		crcs := make([]uint64, n)
		for i := range crcs {
			crcs[i] = crc64.Checksum(part(i))
		}
		d := NewDigest(MD5|SHA256, bytes.NewReader(data), int64(len(data)), block)
		order := rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 2*n).Draw(t, "order")
		var wg sync.WaitGroup
		for worker := range 3 {
			wg.Go(func() {
				for i := worker; i < len(order); i += 3 {
					d.Add(context.Background(), order[i], part(order[i]), crcs[order[i]])
				}
			})
		}
		wg.Wait()
		got, err := d.Sums(context.Background(), crcs)
		sum, sha := md5.Sum(data), sha256.Sum256(data)
		if want := (Sums{string(sum[:]), string(sha[:])}); err != nil || got != want {
			t.Fatalf("%x, %v, want %x", got, err, want)
		}
		crcs[n-1]++
		if _, err := d.Sums(context.Background(), crcs); !errors.Is(err, problem.ErrSourceChanged) {
			t.Fatalf("other blocks were sent: %v", err)
		}
	})
}

func TestADigestOfAFileThatHasShrunkIsNone(t *testing.T) {
	d := NewDigest(SHA256, bytes.NewReader(make([]byte, 150)), 300, 100)
	if _, err := d.Sums(t.Context(), make([]uint64, 3)); !errors.Is(err, problem.ErrSourceChanged) {
		t.Errorf("error %v", err)
	}
}
