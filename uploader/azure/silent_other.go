//go:build !unix

package azure

import (
	"net"
	"time"
)

// silent reports whether an idle connection is probably open. This system can't be asked without
// waiting, so it is true only for one used a moment ago: a new connection costs less than a request
// of unknown outcome.
func silent(_ net.Conn, idle time.Duration) bool { return idle < time.Second }
