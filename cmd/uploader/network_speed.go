package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

const (
	speedTime        = 5 * time.Second
	longestSpeedTime = 20 * time.Second // for blocks begun within speedTime
	leastSpeedBlock  = 64 << 10         // bytes; a slow line answers soon
	mostSpeedBlock   = 4 << 20
	speedConnections = 4
	mostSpeedBytes   = 64 << 20 // enough to measure a fast line
)

// measure sends blocks under an unused name for some seconds and returns bytes per second. It never
// commits them, so nothing appears in the inbox. It returns the first error, unless that is a lack
// of progress after some blocks were confirmed.
func measure(ctx context.Context, st store.Store, tok token.Token) (int64, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longestSpeedTime,
		problem.New("measure speed", "", problem.NoProgress))
	defer cancel()
	id := store.NewUploadID()
	name := "uploader-network-test-" + hex.EncodeToString(id[:])
	if tok.Inbox.Prefix != "" {
		name = tok.Inbox.Prefix + "/" + name
	}
	data := make([]byte, mostSpeedBlock)
	_, _ = rand.Read(data) // never fails since Go 1.24

	begun := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	next, planned, sent := 0, 0, int64(0)
	var last time.Time // an answer
	var failed error
	// begin returns the next block's number, and whether there is one of this size.
	begin := func(size int) (n int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		ok = failed == nil && planned < mostSpeedBytes && time.Since(begun) < speedTime
		n, next, planned = next, next+1, planned+size
		return n, ok
	}
	for range speedConnections {
		wg.Go(func() {
			defer crash.Catch()
			for size := leastSpeedBlock; ; size = min(2*size, mostSpeedBlock) {
				n, ok := begin(size)
				if !ok {
					return
				}
				block := data[:size]
				sum := crc64.Checksum(block)
				_, err := st.PutBlock(ctx, name, store.BlockID(id, n, sum),
					store.NewBody(block, sum))
				mu.Lock()
				if err == nil {
					sent, last = sent+int64(size), time.Now()
				} else if failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if failed != nil && (sent == 0 || problem.ReasonOf(failed) != problem.NoProgress) {
		return 0, failed
	}
	return int64(float64(sent) / last.Sub(begun).Seconds()), nil
}
