package ledger

import (
	"time"
)

// Answer is what the service said of a request that it carried out.
type Answer struct {
	ETag      string
	RequestID string
	Date      time.Time // the service's clock; zero if it did not say
	Checked   bool      // it names the checksum of the body that it received, and that is the body's
}
