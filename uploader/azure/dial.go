package azure

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"inboxuploader/internal/crash"
)

// nextAddress is how long to wait for an answer before also trying a host's next address, as RFC
// 8305 advises.
const nextAddress = 250 * time.Millisecond

// dialer opens connections to hosts with several addresses, some of which may be dead. It soon
// tries the next one, and from then on begins with the one that answered last.
type dialer struct {
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)

	mu       sync.Mutex
	answered map[string]netip.Addr // by host
}

func newDialer() *dialer {
	d := &net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}
	return &dialer{lookup: net.DefaultResolver.LookupNetIP, dial: d.DialContext, answered: map[string]netip.Addr{}}
}

// open is [net.Dialer.DialContext].
func (d *dialer) open(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return d.dial(ctx, network, address)
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return d.dial(ctx, network, address)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	all, err := d.lookup(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	return d.race(ctx, network, host, port, d.order(host, all))
}

// order puts the address that answered last first.
func (d *dialer) order(host string, all []netip.Addr) []netip.Addr {
	d.mu.Lock()
	last, known := d.answered[host]
	d.mu.Unlock()
	if i := slices.Index(all, last); known && i > 0 {
		all = slices.Concat(all[i:i+1], all[:i], all[i+1:])
	}
	return all
}

// race dials the addresses one after the other, each when the one before has failed or has not
// answered soon, and returns the first connection.
func (d *dialer) race(ctx context.Context, network, host, port string, all []netip.Addr) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // those that are still dialled
	type result struct {
		conn net.Conn
		addr netip.Addr
		err  error
	}
	results := make(chan result, len(all))
	soon := time.NewTimer(0)
	defer soon.Stop()
	first := error(&net.DNSError{Err: "no addresses", Name: host, IsNotFound: true})
	for begun, ended := 0, 0; ended < len(all); {
		select {
		case <-soon.C:
			addr := all[begun]
			go func() {
				defer crash.Catch()
				conn, err := d.dial(ctx, network, net.JoinHostPort(addr.Unmap().String(), port))
				results <- result{conn, addr, err}
			}()
			if begun++; begun < len(all) {
				soon.Reset(nextAddress)
			}
		case r := <-results:
			if r.err == nil {
				d.remember(host, r.addr)
				go func() { // what comes too late
					defer crash.Catch()
					for range begun - ended - 1 {
						if late := <-results; late.conn != nil {
							_ = late.conn.Close()
						}
					}
				}()
				return r.conn, nil
			}
			if ended == 0 {
				first = r.err
			}
			if ended++; begun < len(all) {
				soon.Reset(0)
			}
		}
	}
	return nil, first
}

func (d *dialer) remember(host string, addr netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answered[host] = addr
}
