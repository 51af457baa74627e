package proxydial

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

const (
	// answerLimit is how many bytes of one answer are read, including its body.
	answerLimit = 256 << 10
	// mostLegs is how many requests one sign-in may take on its connection. NTLM takes two.
	mostLegs = 5
)

// talk is a connection to an http or https proxy before it leads to the storage.
type talk struct {
	conn net.Conn
	in   *bufio.Reader
}

// reply is a proxy's answer to CONNECT.
type reply struct {
	status int
	offers offers
	closes bool // the connection can't carry another request
	unsent bool // the sign-in could not even be made
}

// tunnel connects through an http or https proxy. It asks without a sign-in first, or with the one
// that worked before, and then tries the kinds that the proxy offers, the safest first.
func (d *Dialer) tunnel(ctx context.Context, p Proxy, address string) (net.Conn, error) {
	s := d.state(p)
	a := &attempt{Dialer: d, proxy: p, address: address, state: s, tried: map[string]bool{}}
	conn, err := a.run(ctx)
	a.leaveTurn()
	if err != nil {
		a.hangUp()
		if ctx.Err() != nil {
			if e, ok := errors.AsType[*Error](err); !ok || e.Failure == Silent {
				return nil, &Error{Proxy: p, Failure: Silent, err: context.Cause(ctx)}
			}
		}
		return nil, err
	}
	return conn, nil
}

// attempt is the way to one tunnel.
type attempt struct {
	*Dialer
	proxy   Proxy
	address string
	state   *state
	talk    *talk
	tried   map[string]bool // methods that failed, by name
	turn    bool            // this attempt holds state.turn
}

func (a *attempt) run(ctx context.Context) (net.Conn, error) {
	how := a.state.last()
	var m *method
	if how != "" {
		m, _ = a.methodNamed(ctx, how)
	}
	for {
		r, err := a.ask(ctx, m)
		switch {
		case err != nil:
			return nil, err
		case r.status == http.StatusOK:
			scheme := ""
			if m != nil {
				a.state.accepted(m)
				scheme = m.scheme
			}
			return a.talk.conn, a.tell(a.proxy, scheme, nil)
		case r.status != http.StatusProxyAuthRequired:
			return nil, &Error{Proxy: a.proxy, Failure: Refused, Status: r.status}
		}
		if r.closes {
			a.hangUp()
		}
		if m != nil {
			a.tried[m.name] = true
			if !r.unsent {
				a.state.refused(m)
			}
		}
		if m, err = a.choose(ctx, r.offers); err != nil {
			return nil, err
		}
	}
}

// ask asks for the tunnel with one method, nil for no sign-in, in as many requests as that takes.
// It returns the last answer.
func (a *attempt) ask(ctx context.Context, m *method) (reply, error) {
	if m == nil {
		return a.send(ctx, "")
	}
	x, err := m.begin(ctx)
	if err != nil {
		return reply{
			status: http.StatusProxyAuthRequired, offers: a.state.offered(nil), unsent: true,
		}, nil
	}
	defer x.end()
	var challenge []byte
	for leg := 0; ; leg++ {
		token, err := x.next(challenge)
		if err != nil { // what it said can't be answered
			a.hangUp()
			return reply{status: http.StatusProxyAuthRequired, offers: a.state.offered(nil)}, nil
		}
		words := m.scheme + " " + base64.StdEncoding.EncodeToString(token)
		r, err := a.send(ctx, words)
		if err != nil || r.status != http.StatusProxyAuthRequired {
			return r, err
		}
		challenge = r.offers.challenge(m.scheme)
		if challenge == nil || r.closes || leg+1 == mostLegs {
			return r, nil
		}
	}
}

// send sends one CONNECT and reads its answer. If the connection turns out to be closed before any
// of the answer has come, send replaces it once, unless it carries a sign-in that has begun.
func (a *attempt) send(ctx context.Context, authorization string) (reply, error) {
	for {
		fresh := a.talk == nil
		if fresh {
			conn, err := a.reach(ctx, a.proxy)
			if err != nil {
				return reply{}, err
			}
			a.talk = &talk{conn: conn, in: bufio.NewReader(conn)}
		}
		r, err := a.talk.connect(ctx, a.address, authorization)
		if err == nil {
			if r.status == http.StatusProxyAuthRequired {
				a.state.offered(r.offers)
			}
			return r, nil
		}
		a.hangUp()
		if fresh || ctx.Err() != nil || errors.Is(err, errGarbled) {
			e := &Error{Proxy: a.proxy, Failure: Silent, err: err}
			if errors.Is(err, errGarbled) {
				e.Failure, e.err = Garbled, nil
			}
			return reply{}, e
		}
	}
}

func (a *attempt) hangUp() {
	if a.talk != nil {
		_ = a.talk.conn.Close() // nothing was sent that matters
		a.talk = nil
	}
}

var errGarbled = errors.New("proxydial: the answer is not HTTP")

// connect sends a CONNECT and reads the whole answer, so that another request may follow. After a
// success it reads not a byte more.
func (t *talk) connect(ctx context.Context, address, authorization string) (reply, error) {
	stop := until(ctx, t.conn)
	defer stop()
	var head strings.Builder
	head.WriteString("CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n" +
		"User-Agent: inbox-uploader\r\nProxy-Connection: Keep-Alive\r\n")
	if authorization != "" {
		head.WriteString("Proxy-Authorization: " + authorization + "\r\n")
	}
	head.WriteString("\r\n")
	if _, err := io.WriteString(t.conn, head.String()); err != nil {
		return reply{}, err
	}
	limited := &io.LimitedReader{R: t.in, N: answerLimit}
	in := bufio.NewReaderSize(byteAtATime{limited}, 16)
	//nolint:bodyclose // closing would read what follows a consent; the connection outlives it
	resp, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect})
	switch {
	case err == nil:
	case limited.N == 0: // it has no end
		return reply{}, errGarbled
	case limited.N == answerLimit || isNetwork(err):
		return reply{}, err
	default:
		return reply{}, errGarbled
	}
	r := reply{status: resp.StatusCode, closes: resp.Close}
	switch r.status / 100 {
	case 2: // RFC 9110, 9.3.6: any of these is a consent
		r.status = http.StatusOK
		if t.in.Buffered() > 0 || in.Buffered() > 0 {
			return reply{}, errGarbled // somebody speaks before we have asked anything
		}
		return r, nil
	case 1:
		return reply{}, errGarbled
	}
	r.offers = parseOffers(resp.Header)
	if strings.EqualFold(resp.Header.Get("Proxy-Connection"), "close") {
		r.closes = true
	}
	if !r.closes {
		_, err := io.Copy(io.Discard, resp.Body)
		r.closes = err != nil || limited.N == 0
	}
	return r, nil
}

func isNetwork(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed)
}

// byteAtATime keeps a buffered reader from reading too far: bytes after an answer belong to the
// next reader.
type byteAtATime struct{ r *io.LimitedReader }

func (b byteAtATime) Read(p []byte) (int, error) {
	if len(p) > 1 {
		p = p[:1]
	}
	return b.r.Read(p)
}
