package azure

import (
	"errors"
	"time"

	"inboxuploader/uploader/problem"
)

// Idle connections are worth keeping as long as the network is the same. A computer that slept, or
// that came into another network, has connections of which nobody tells it that they are dead: a
// request over one stands still until it is given up, and then the next one would. So all idle ones
// go as soon as there is a sign of that.

// wake closes connections that have been idle for too long by the wall clock. The transport goes by
// a clock that stands still while the computer sleeps.
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
