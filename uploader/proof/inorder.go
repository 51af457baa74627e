package proof

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"inboxuploader/internal/crash"
)

const (
	// mostAtOnce is how many files are read at once at most: more makes no disk faster.
	mostAtOnce = 8
	// bufferSize is what a file is read through, in bytes: it stays in a processor's cache.
	bufferSize = 256 << 10
	// lookahead is how many results wait at most for that of a large file before them.
	lookahead = 4096
)

// inOrder calls work for what feed hands to its push, on several goroutines, each with a buffer of
// its own, and hands the results to each, one at a time and in the order of feed. It returns once
// all of them have ended: the first error of feed or each, or the cause of ctx's end.
func inOrder[T, R any](
	ctx context.Context,
	feed func(ctx context.Context, push func(T) error) error,
	work func(ctx context.Context, buf []byte, item T) R,
	each func(R) error,
) error {
	type task struct {
		item   T
		result chan R // holds one
	}
	workers := min(max(runtime.GOMAXPROCS(0), 2), mostAtOnce)
	tasks, results := make(chan task), make(chan chan R, lookahead)
	caller := ctx
	group, ctx := errgroup.WithContext(caller)
	group.Go(func() error {
		defer close(tasks)
		defer close(results)
		defer crash.Catch()
		return feed(ctx, func(item T) error {
			t := task{item, make(chan R, 1)}
			select {
			case results <- t.result:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			select {
			case tasks <- t:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
	})
	for range workers {
		group.Go(func() error {
			defer crash.Catch()
			buf := make([]byte, bufferSize)
			for t := range tasks {
				t.result <- work(ctx, buf, t.item)
			}
			return nil
		})
	}
	group.Go(func() error {
		defer crash.Catch()
		for result := range results {
			select {
			case r := <-result:
				if err := each(r); err != nil {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil || caller.Err() == nil {
		return err
	}
	return context.Cause(caller) // what work returned by then may say so as well
}
