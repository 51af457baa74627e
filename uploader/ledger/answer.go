package ledger

import (
	"time"
)

// Answer is the service's answer to a request that it carried out.
type Answer struct {
	ETag      string
	RequestID string
	Date      time.Time // the service's clock; zero if it did not say
	Checked   bool      // it returned the checksum of the body it received, and the checksum is right
}
