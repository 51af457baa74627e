//go:build unix && !race

package sim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"time"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/uploadertest"
)

// do is the way of every request.
func (m *seam) do(ctx context.Context, r *request) (ledger.Answer, error) {
	s := m.s
	r.p, r.begun, r.container = m.p, time.Now(), m.c.name
	if m.p.dead.Load() {
		return ledger.Answer{}, gone(ctx)
	}
	m.p.strikes(1)
	m.allowed(r)
	s.w.mu.Lock()
	key := r.about()
	s.nth[key]++
	n := s.nth[key]
	rule := -1
	struck := s.strike(r)
	if struck != nil && struck.fault != nothing {
		rule = struck.fault
	}
	if !s.mended && time.Now().Before(s.outage) {
		rule = resetBefore
	}
	s.flying[r] = true
	x := s.draw(r, n)
	s.w.mu.Unlock()
	defer func() {
		s.w.mu.Lock()
		delete(s.flying, r)
		s.w.mu.Unlock()
	}()
	latency := time.Duration(x%uint64(s.w.plan.config.nearby)) + time.Duration(x%1009) + 1
	answer, err := m.carryOut(ctx, r, rule, latency, x)
	if struck != nil && struck.then != nil && !s.isMended() {
		struck.then(r)
	}
	if m.p.dead.Load() {
		return ledger.Answer{}, gone(ctx)
	}
	s.w.said(r, rule, err)
	return answer, err
}

// patience is how long after a program has said that nothing more is sent a request may begin that
// belongs to what was under way.
const patience = 3 * time.Second

// allowed looks whether a request may be made, by what a person was told.
func (m *seam) allowed(r *request) {
	now := time.Now()
	if r.op == uploadertest.PutBlockList && r.about() == askingForToken {
		return
	}
	if since := m.p.halted.Load(); since != 0 && now.Sub(time.Unix(0, since)) > patience {
		m.s.w.breaksNow(6, "%v, though nothing is sent while the list can't be written", r)
	}
	if since, held := m.p.held.Load(m.token.token.Inbox.Key()); held &&
		now.Sub(since.(time.Time)) > patience { //nolint:errcheck // nothing else is kept there
		m.s.w.breaksNow(6, "%v, though nothing more is sent to that address", r)
	}
	if in := m.token.token.Inbox; in.OneName() && r.name != in.Blob {
		m.s.w.breaksNow(5, "%v, though the token is for %q alone", r, in.Blob)
	}
}

// keepsToRate looks whether a process sends as slowly as an administrator wants. The caller holds
// the lock.
func (m *seam) keepsToRate(n int64) {
	m.p.taken += n
	most := int64(time.Since(m.p.born).Seconds()*strictRate*1.01) + 4*strictRate
	if m.s.w.plan.config.strict && m.p.taken > most {
		m.s.w.breaks(6, "process %d sent %d bytes, and only %d are allowed", m.p.n, m.p.taken, most)
	}
}

// gone is what a process never hears that is not there any more.
func gone(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// isMended reports whether all faults have ended.
func (s *storage) isMended() bool {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return s.mended
}

// strike returns the fault that strikes a request. The caller holds the lock.
func (s *storage) strike(r *request) *rule {
	if s.mended {
		return nil
	}
	for _, f := range s.rules {
		if f.left == 0 || f.of != nil && !f.of(r) {
			continue
		}
		if (f.fault == arriveLate) && (r.op == uploadertest.PutBlob && !r.cond.IfAbsent) {
			continue // nobody could tell it from a stranger's
		}
		if f.fault == corruptBody && r.body == nil {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		f.left--
		return f
	}
	return nil
}

// broken is the error of a connection that broke.
func (r *request) broken(reason problem.Reason, unanswered bool) error {
	e := problem.New(string(r.op), r.name, reason)
	e.Unanswered = unanswered
	e.Cause = "simulated"
	return e
}

// refuse is an answer that the work was not done.
func (s *storage) refuse(
	r *request,
	reason problem.Reason,
	status int,
	code string,
) *problem.Error {
	e := problem.New(string(r.op), r.name, reason)
	e.Status, e.Code, e.Date, e.RequestID = status, code, s.now(), "r"
	return e
}

// wait lets time pass, or returns what the caller gets whose context ends.
func (r *request) wait(ctx context.Context, d time.Duration, delivered bool) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return r.cut(ctx, delivered)
	}
}

// cut is the error of a request whose context has ended.
func (r *request) cut(ctx context.Context, delivered bool) error {
	cause := context.Cause(ctx)
	if e, ok := cause.(*problem.Error); ok { //nolint:errorlint // as the queue gives it
		c := *e
		c.Op, c.Path, c.Unanswered = string(r.op), r.name, delivered
		return &c
	}
	return cause
}

// carryOut is what becomes of a request.
func (m *seam) carryOut(
	ctx context.Context,
	r *request,
	fault int,
	latency time.Duration,
	x uint64,
) (ledger.Answer, error) {
	s := m.s
	none := ledger.Answer{}
	if err := r.wait(ctx, latency/3, false); err != nil {
		return none, err
	}
	switch fault {
	case refuseBusy:
		e := s.refuse(r, problem.ServiceBusy, 503, "ServerBusy")
		e.RetryAfter = time.Duration(x%3) * time.Second
		return none, e
	case refuseFault:
		return none, s.refuse(r, problem.ServiceFault, 500, "InternalError")
	case resetBefore:
		return none, r.broken(problem.NetworkDown, false)
	case stallBefore:
		<-ctx.Done()
		return none, r.cut(ctx, false)
	}
	if err := m.read(ctx, r, fault); err != nil {
		return none, err
	}
	if err := r.wait(ctx, latency/3, true); err != nil {
		return none, err
	}
	if m.p.dead.Load() {
		return none, gone(ctx)
	}
	switch fault {
	case resetMidway:
		return none, r.broken(problem.NetworkDown, false)
	case loseRequest:
		return none, r.broken(problem.NetworkDown, true)
	case arriveLate:
		s.w.late.Go(func() {
			time.Sleep(time.Duration(x%25_000)*time.Millisecond + 7)
			_, err := m.apply(context.WithoutCancel(ctx), r)
			s.w.say(
				"storage: carries out only now, of which nobody had an answer: %v (%s)",
				r,
				word(err),
			)
		})
		return none, r.broken(problem.NetworkDown, true)
	case corruptBody:
		return none, s.refuse(r, problem.Corrupted, 400, "Crc64Mismatch")
	case forgetNow:
		m.c.inbox.ForgetStaged()
	}
	answer, err := m.apply(ctx, r)
	m.p.strikes(2)
	if err == nil && strings.Contains(r.name, " (") && m.p.cutCopy.CompareAndSwap(true, false) {
		m.p.kill("as something was sent under a further name")
	}
	if m.p.dead.Load() {
		return none, gone(ctx)
	}
	switch fault {
	case loseAnswer:
		return none, r.broken(problem.NetworkDown, true)
	case garble:
		return none, r.broken(problem.AnswerGarbled, true)
	case answerForeign:
		return none, r.broken(problem.AnswerForeign, true)
	case stallAfter:
		<-ctx.Done()
		return none, r.cut(ctx, true)
	}
	if cut := r.wait(ctx, latency/3, true); cut != nil {
		return none, cut
	}
	return answer, err
}

// read takes the body in, as a connection does.
func (m *seam) read(ctx context.Context, r *request, fault int) error {
	if r.body == nil {
		return nil
	}
	if _, err := r.body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	var all bytes.Buffer
	var err error
	if r.begun.UnixNano()%2 == 0 { // as some stores do, and others
		_, err = r.body.WriteTo(&all)
	} else {
		_, err = all.ReadFrom(struct{ io.Reader }{r.body})
	}
	data := all.Bytes()
	m.s.w.mu.Lock()
	m.s.received += int64(len(data))
	m.s.bodies[m.c.name+"/"+r.name] += int64(len(data))
	m.keepsToRate(int64(len(data)))
	m.s.recent = append(m.s.recent, arrival{m.p, time.Now(), int64(len(data))})
	m.s.w.mu.Unlock()
	if err != nil {
		if ctx.Err() != nil {
			return r.cut(ctx, false)
		}
		return err
	}
	r.data = data
	if bytes.Contains(data, []byte("secretsecret")) {
		m.s.w.breaks(5, "%v has bytes of a file outside of what was named", r)
	}
	return nil
}

// apply does the work of a request that has arrived, and looks at what came of it.
func (m *seam) apply(ctx context.Context, r *request) (ledger.Answer, error) {
	s := m.s
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if err := m.admit(r); err != nil {
		return ledger.Answer{}, err
	}
	var body *store.Body
	if r.body != nil {
		body = store.NewBody(r.data, r.body.CRC64())
	}
	switch r.op {
	case uploadertest.PutBlob:
		answer, err := m.inner.PutBlob(ctx, r.name, body, r.props, r.cond)
		if err == nil {
			m.took(r, r.data)
		}
		return answer, err
	case uploadertest.PutBlock:
		if m.c.staged[r.name].IsZero() {
			m.c.staged[r.name] = r.begun
		}
		return m.inner.PutBlock(ctx, r.name, r.id, body)
	default:
		answer, err := m.inner.PutBlockList(ctx, r.name, r.ids, r.props, r.cond)
		if err == nil {
			data, _ := m.c.inbox.Blob(r.name)
			m.took(r, data)
		}
		return answer, err
	}
}

// admit refuses what the token does not open, and what nobody may replace. The caller holds the
// lock, as with took.
func (m *seam) admit(r *request) error {
	s, t := m.s, m.token
	switch {
	case t.revoked:
		return s.refuse(r, problem.SignatureRefused, 403, "AuthenticationFailed")
	case s.now().Before(t.begins):
		e := s.refuse(r, problem.NotYetValid, 403, "AuthenticationFailed")
		e.When = t.begins
		return e
	case !s.now().Before(t.ends):
		e := s.refuse(r, problem.Expired, 403, "AuthenticationFailed")
		e.When = t.ends
		return e
	case m.c.locked[r.name] && r.op != uploadertest.PutBlock:
		if _, there := m.c.inbox.Blob(r.name); there && !r.cond.IfAbsent {
			return s.refuse(r, problem.NameLocked, 409, "BlobImmutableDueToPolicy")
		}
	}
	return nil
}

// took looks at a blob that has just been written.
func (m *seam) took(r *request, data []byte) {
	w := m.s.w
	e := effect{
		at:    time.Now(),
		sum:   sha256.Sum256(data),
		crc64: crc(data),
		size:  len(data),
		begun: r.begun,
		op:    r.op,
	}
	theirs, foreign := m.c.foreign[r.name]
	if foreign && theirs != e.sum && !w.mayReplace(m.c, r) {
		w.breaks(3, "%v replaced what somebody else had put there", r)
	}
	w.renamed = w.renamed || foreign && theirs != e.sum // so what was beside it may be, too
	delete(m.c.foreign, r.name)
	w.wholeVersion(m.c, r, e)
	m.c.effects[r.name] = append(m.c.effects[r.name], e)
	delete(m.c.staged, r.name)
}

// stranger writes a blob that is nobody's of this world.
func (s *storage) stranger(c *container, name string, n int) {
	data := []byte(fmt.Sprintf("somebody else's file number %d", n) + strings.Repeat("!", n%50))
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	body := store.NewBody(data, crc(data))
	_, err := c.inbox.PutBlob(
		context.Background(), name, body, store.Properties{}, store.Condition{})
	if err != nil {
		return
	}
	e := effect{
		at:     time.Now(),
		sum:    sha256.Sum256(data),
		crc64:  body.CRC64(),
		size:   len(data),
		theirs: true,
	}
	c.foreign[name] = e.sum
	c.effects[name] = append(c.effects[name], e)
}

func word(err error) string {
	if err == nil {
		return "done"
	}
	return string(problem.ReasonOf(err))
}
