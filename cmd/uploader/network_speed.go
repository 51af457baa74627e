package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"

	"inboxuploader/internal/crash"
	"inboxuploader/internal/crc64"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

const (
	speedTime        = 5 * time.Second
	speedBlock       = 1 << 20 // bytes
	speedConnections = 4
	mostSpeedBlocks  = 64 // a fast line needs no more to be known
)

// measure sends blocks under a name that nobody uses, for some seconds, and returns bytes per second.
// They are never committed, so nothing appears in the inbox. The error is the first that ended it.
func measure(ctx context.Context, st store.Store, tok token.Token) (int64, error) {
	id := store.NewUploadID()
	name := "uploader-network-test-" + hex.EncodeToString(id[:])
	if tok.Inbox.Prefix != "" {
		name = tok.Inbox.Prefix + "/" + name
	}
	data := make([]byte, speedBlock)
	_, _ = rand.Read(data) // never fails since Go 1.24
	sum := crc64.Checksum(data)

	begun := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	next, sent := 0, int64(0)
	var failed error
	for range speedConnections {
		wg.Go(func() {
			defer crash.Catch()
			for {
				mu.Lock()
				i := next
				next++
				over := failed != nil || i >= mostSpeedBlocks || time.Since(begun) > speedTime
				mu.Unlock()
				if over {
					return
				}
				_, err := st.PutBlock(ctx, name, store.BlockID(id, i, sum),
					store.NewBody(data, sum))
				mu.Lock()
				if err == nil {
					sent += speedBlock
				} else if failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if failed != nil {
		return 0, failed
	}
	return int64(float64(sent) / time.Since(begun).Seconds()), nil
}
