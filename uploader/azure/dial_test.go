package azure

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestADeadAddressOfAHostIsPassedOver dials a host many times whose first address answers nobody.
func TestADeadAddressOfAHostIsPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		tries := map[string]int{}
		living := "192.0.2.2:443"
		d := newDialer()
		d.lookup = func(context.Context, string, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")}, nil
		}
		d.dial = func(ctx context.Context, _, address string) (net.Conn, error) {
			mu.Lock()
			tries[address]++
			dead := address != living
			mu.Unlock()
			if dead {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			ours, theirs := net.Pipe()
			return ours, theirs.Close()
		}
		open := func() time.Duration {
			begun := time.Now()
			c, err := d.open(t.Context(), "tcp", "storage.example:443")
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			_ = c.Close()
			return time.Since(begun)
		}
		if took := open(); took != nextAddress {
			t.Errorf("the first time took %v", took)
		}
		for range 200 {
			if took := open(); took != 0 {
				t.Fatalf("once it is known which one answers, it took %v", took)
			}
		}
		if n := tries["192.0.2.1:443"]; n != 1 {
			t.Errorf("the dead address was tried %d times", n)
		}
		living = "192.0.2.1:443" // it lives again, and the other one dies
		if took := open(); took != nextAddress {
			t.Errorf("after the change it took %v", took)
		}
		if took := open(); took != 0 {
			t.Errorf("then it took %v", took)
		}
	})
}

func TestAHostOfDeadAddressesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("refused")
		d := newDialer()
		d.lookup = func(_ context.Context, _, host string) ([]netip.Addr, error) {
			if host == "nowhere.example" {
				return nil, &net.DNSError{Name: host, IsNotFound: true}
			}
			return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}, nil
		}
		d.dial = func(ctx context.Context, _, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "[") {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return nil, refused
		}
		begun := time.Now()
		if _, err := d.open(t.Context(), "tcp", "storage.example:443"); !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begun); took != dialTimeout {
			t.Errorf("it took %v", took)
		}
		var unknown *net.DNSError
		if _, err := d.open(t.Context(), "tcp", "nowhere.example:443"); !errors.As(err, &unknown) {
			t.Errorf("got %v", err)
		}
		if _, err := d.open(t.Context(), "tcp", "192.0.2.1:443"); !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
	})
}
