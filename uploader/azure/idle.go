package azure

import (
	"errors"
	"time"

	"inboxuploader/uploader/problem"
)

// Idle connections are worth keeping while the network stays the same. After sleep, or in another
// network, they are dead and nothing says so: a request on one stalls until it is given up, and
// then the next one would. So at the first sign of that, all idle connections are closed.

// wake closes connections that have been idle for too long by the wall clock. The transport's own
// clock stops while the computer sleeps.
func (s *Store) wake() {
	now := time.Now().UnixNano()
	if last := s.used.Swap(now); last != 0 && now-last > int64(idleTimeout) {
		s.transport.CloseIdleConnections()
	}
}

// suspect closes idle connections after a failure that may have come from the network.
func (s *Store) suspect(err error) {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return
	}
	switch e.Reason {
	case problem.NetworkDown, problem.ProxyDown, problem.ProxyUnknown, problem.ProxyRefused,
		problem.ProxySignInLapsed, problem.NoProgress, problem.NotTheService, problem.NetworkInspected,
		problem.CertificateDates, problem.AnswerGarbled, problem.AnswerForeign:
		s.transport.CloseIdleConnections()
	}
}
