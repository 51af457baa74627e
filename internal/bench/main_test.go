package main

import (
	"context"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the tests' program start itself as a sink, a floor or a maker of data, as the
// program does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && roles[os.Args[1]] != nil {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// serve runs a sink in this process until the test ends.
func serve(t *testing.T, c conditions, tls bool) (*sink, announcement) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	certificates := ""
	if tls {
		certificates = t.TempDir()
	}
	s := newSink(c)
	a, wait, err := s.listen(ctx, certificates)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
	return s, a
}
