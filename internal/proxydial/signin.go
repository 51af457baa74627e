package proxydial

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"sync"

	"github.com/Azure/go-ntlmssp"
)

// The schemes that this package knows, as they stand in Proxy-Authenticate.
const (
	negotiate = "Negotiate"
	ntlm      = "NTLM"
	basic     = "Basic"
)

// knownSchemes are kinds of sign-in that may be named in an [Error]. Nothing else that a proxy says
// is shown.
var knownSchemes = []string{negotiate, ntlm, "Kerberos", "Digest", "Bearer"}

// offers are the schemes that a proxy takes, in lower case, each with what follows it.
type offers map[string]string

// parseOffers reads Proxy-Authenticate, of which there is one line for each scheme, or one for all.
func parseOffers(h http.Header) offers {
	o := offers{}
	for _, line := range h.Values("Proxy-Authenticate") {
		for _, part := range splitChallenges(line) {
			scheme, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
			o[strings.ToLower(scheme)] = strings.TrimSpace(rest)
		}
	}
	return o
}

// splitChallenges parts "Negotiate, NTLM, Basic realm="a, b"" into its schemes: a part without a
// "=" in its first word begins one (RFC 9110, 11.6.1).
func splitChallenges(line string) []string {
	var parts []string
	quoted, begin := false, 0
	cut := func(end int) {
		text := strings.TrimSpace(line[begin:end])
		word, _, _ := strings.Cut(text, " ")
		if len(parts) > 0 && strings.Contains(strings.TrimRight(word, "="), "=") {
			parts[len(parts)-1] += ", " + text // a parameter of the one before
		} else if text != "" {
			parts = append(parts, text)
		}
		begin = end + 1
	}
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				cut(i)
			}
		}
	}
	cut(len(line))
	return parts
}

func (o offers) has(scheme string) bool {
	_, ok := o[strings.ToLower(scheme)]
	return ok
}

// challenge returns what the proxy answered to a token of this scheme; nil where it answered
// nothing, which is its refusal.
func (o offers) challenge(scheme string) []byte {
	data, err := base64.StdEncoding.DecodeString(o[strings.ToLower(scheme)])
	if err != nil || len(data) == 0 {
		return nil
	}
	return data
}

// named returns the known schemes among the offers for a sentence.
func (o offers) named() string {
	var found []string
	for _, s := range knownSchemes {
		if o.has(s) {
			found = append(found, s)
		}
	}
	return strings.Join(found, ", ")
}

// exchange is one sign-in on one connection.
type exchange interface {
	// next returns the token that answers a challenge; the first one is nil. It may block.
	next(challenge []byte) ([]byte, error)
	end()
}

// method is one way to sign in at one proxy.
type method struct {
	name   string   // unique among a proxy's
	scheme string   // as it is sent
	secret [32]byte // tells passwords apart; zero for none
	begin  func(ctx context.Context) (exchange, error)
}

// once is an exchange of a single token.
type once []byte

func (o once) next(challenge []byte) ([]byte, error) {
	if challenge != nil {
		return nil, errNoMore
	}
	return o, nil
}

func (o once) end() {}

// passwordNTLM is NTLMv2 with a name and a password (MS-NLMP).
type passwordNTLM struct{ SignIn }

func (p passwordNTLM) next(challenge []byte) ([]byte, error) {
	if challenge == nil {
		return ntlmssp.NewNegotiateMessage("", "")
	}
	return ntlmssp.NewAuthenticateMessage(withoutStrays(challenge), p.Name,
		p.Password.Reveal(), nil)
}

// withoutStrays clears a challenge's fields that point outside the message, as in squid's
// ntlm_fake_auth: the server's name, which does not affect the answer, and the target's
// description, which old servers don't have. The library would refuse the whole message (MS-NLMP
// 2.2.1.2).
func withoutStrays(challenge []byte) []byte {
	challenge = bytes.Clone(challenge)
	for _, at := range []int{12, 40} { // a length, twice, and an offset
		if len(challenge) < at+8 {
			break
		}
		n := int64(binary.LittleEndian.Uint16(challenge[at:]))
		if int64(binary.LittleEndian.Uint32(challenge[at+4:]))+n > int64(len(challenge)) {
			clear(challenge[at : at+8])
		}
	}
	return challenge
}

func (p passwordNTLM) end() {}

// methods returns the methods to try at this proxy, the safest first. A password goes in the clear
// only if the proxy accepts nothing else.
func (a *attempt) methods(ctx context.Context) []*method {
	var all []*method
	all = append(all, systemMethods(a.proxy)...)
	s := a.signInFor(ctx, a.proxy)
	if !s.given() {
		return all
	}
	id := sha256.Sum256([]byte(s.Name + "\x00" + s.Password.Reveal()))
	byNTLM := func(context.Context) (exchange, error) { return passwordNTLM{s}, nil }
	return append(all,
		&method{"ntlm with a password", ntlm, id, byNTLM},
		// Proxies of Windows networks take NTLM's messages under this name as well.
		&method{"negotiate with a password", negotiate, id, byNTLM},
		&method{"basic", basic, id, func(context.Context) (exchange, error) {
			return once(s.Name + ":" + s.Password.Reveal()), nil
		}},
	)
}

func (a *attempt) methodNamed(ctx context.Context, name string) (*method, bool) {
	for _, m := range a.methods(ctx) {
		if m.name == name {
			return m, true
		}
	}
	return nil, false
}

// choose returns the next method that the proxy offers, or why there is none.
func (a *attempt) choose(ctx context.Context, o offers) (*method, error) {
	for _, m := range a.methods(ctx) {
		if a.tried[m.name] || !o.has(m.scheme) {
			continue
		}
		if m.secret != ([32]byte{}) && !a.proven(ctx, m) {
			continue
		}
		return m, nil
	}
	e := &Error{Proxy: a.proxy, Failure: SignInNeeded, Status: http.StatusProxyAuthRequired}
	switch {
	case a.state.lapsed():
		e.Failure = SignInLapsed
	case o.has(basic), o.has(ntlm), o.named() == "":
	case o.has(negotiate) && renewal() != "" && !a.signInFor(ctx, a.proxy).given():
		e.Failure, e.Schemes, e.Renew = TicketNeeded, o.named(), renewal()
	case !o.has(negotiate):
		e.Failure, e.Schemes = SignInUnknown, o.named()
	}
	return nil, e
}

// proven lets only one connection at a time try a new password, and none once it was refused:
// directories lock accounts after a few wrong passwords.
func (a *attempt) proven(ctx context.Context, m *method) bool {
	if ok, known := a.state.judged(m); known {
		return ok
	}
	if !a.turn {
		select {
		case a.state.turn <- struct{}{}:
			a.turn = true
		case <-ctx.Done():
			return false
		}
	}
	ok, known := a.state.judged(m)
	return ok || !known
}

func (a *attempt) leaveTurn() {
	if a.turn {
		<-a.state.turn
	}
}

// mostLapses is how often in a row a proxy may refuse a sign-in that it accepted before, until that
// counts as final.
const mostLapses = 3

// state is what a Dialer knows of one proxy.
type state struct {
	turn chan struct{} // held while an untried password is tried

	mu       sync.Mutex
	how      string             // the method that worked last
	offer    offers             // the last
	accepts  map[[32]byte]bool  // passwords that worked, by method.secret
	denies   map[judgement]bool // those that did not, with each scheme
	refusals int                // in a row, of a method that had worked
}

type judgement struct {
	secret [32]byte
	scheme string
}

func (s *state) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.how
}

// offered remembers offers, unless there are none, and returns the last.
func (s *state) offered(o offers) offers {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(o) > 0 {
		s.offer = o
	}
	return s.offer
}

func (s *state) accepted(m *method) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accepts == nil {
		s.accepts = map[[32]byte]bool{}
	}
	s.how, s.refusals = m.name, 0
	s.accepts[m.secret] = true
	delete(s.denies, judgement{m.secret, m.scheme})
}

func (s *state) refused(m *method) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accepts[m.secret] {
		if s.refusals++; s.refusals < mostLapses {
			return
		}
	}
	s.how, s.accepts = "", nil
	if m.secret != ([32]byte{}) {
		if s.denies == nil {
			s.denies = map[judgement]bool{}
		}
		s.denies[judgement{m.secret, m.scheme}] = true
	}
}

// judged reports whether a password is known to be right or wrong with this method.
func (s *state) judged(m *method) (ok, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.denies[judgement{m.secret, m.scheme}] {
		return false, true
	}
	return true, s.accepts[m.secret]
}

// lapsed reports whether what worked before was refused, and may work again.
func (s *state) lapsed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusals > 0 && s.refusals < mostLapses
}
