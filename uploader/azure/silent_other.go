//go:build !unix

package azure

import (
	"net"
	"time"
)

// silent reports whether an idle connection can be expected to be open. This system can't be asked
// without waiting, so only one that was used a moment ago is: a new one costs less than a request
// whose fate is not known.
func silent(_ net.Conn, idle time.Duration) bool { return idle < time.Second }
