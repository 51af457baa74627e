package ui

import "context"

// ask is an errand for the workspace. If it succeeds, it returns a function for Fyne's thread.
// unseen, if not nil, is called if the view closes before that.
type ask struct {
	words  string // what is being done
	do     func(context.Context, Workspace) (then func(), err error)
	unseen func(Workspace)
	again  bool // a person may want it to be tried again
}

// errands runs a view's errands for a workspace, one after another, on a goroutine of its own for
// as long as the view is open. The rest of it belongs to Fyne's goroutine.
type errands struct {
	on     *screen
	asks   chan ask // has room for one: nothing is asked while something is
	view   context.Context
	stop   context.CancelFunc // when the view is closed
	busy   string             // what is being done, in words
	show   func()             // puts on the screen what the view knows
	failed func(ask, error)   // says why something was not done
}

func newErrands(sc *screen, show func(), failed func(ask, error)) *errands {
	e := &errands{on: sc, asks: make(chan ask, 1), show: show, failed: failed}
	e.view, e.stop = context.WithCancel(sc.ctx)
	return e
}

// begin starts the goroutine, which opens the workspace when it is first needed, and closes it.
func (e *errands) begin(open func(context.Context) (Workspace, error)) {
	e.on.inBackground(func(context.Context) { e.serve(e.view, open) })
}

// serve runs errands one after another until the view is closed.
func (e *errands) serve(ctx context.Context, open func(context.Context) (Workspace, error)) {
	var ws Workspace
	defer func() {
		if ws != nil {
			_ = ws.Close() // gives connections free
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case a := <-e.asks:
			var then func()
			var err error
			if ws == nil {
				ws, err = open(ctx)
			}
			if err == nil {
				then, err = a.do(ctx, ws)
			}
			if err != nil {
				then = func() { e.failed(a, err) }
			}
			seen := e.onThread(ctx, func() {
				e.busy = ""
				then()
				e.show()
			})
			if !seen && err == nil && a.unseen != nil {
				a.unseen(ws)
			}
		}
	}
}

// onThread runs a function on Fyne's thread, if the view is still open then, and waits. It reports
// whether the function ran.
func (e *errands) onThread(ctx context.Context, f func()) bool {
	ran := make(chan bool, 1)
	e.on.do(func() {
		open := ctx.Err() == nil
		if open {
			f()
		}
		ran <- open
	})
	select {
	case r := <-ran:
		return r
	case <-e.on.ctx.Done(): // nothing runs on that thread any more
	}
	select {
	case r := <-ran:
		return r
	default:
		return false
	}
}

// ask starts an errand, unless one is running.
func (e *errands) ask(a ask) {
	if e.busy != "" {
		return
	}
	e.busy = a.words
	e.asks <- a
	e.show()
}

// lent is a workspace that another view closes.
type lent struct{ Workspace }

// Close implements Workspace.
func (lent) Close() error { return nil }

// lend opens a workspace that stays the lender's.
func lend(ws Workspace) func(context.Context) (Workspace, error) {
	return func(context.Context) (Workspace, error) { return lent{ws}, nil }
}
