package azure

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
)

// echoes is what the service's answers have repeated of their requests so far: the request's id and
// the body's checksum. A service that never repeats one of them is taken as it is. Of one that did,
// a confirmation without it comes from somewhere else, or belongs to another request.
type echoes struct {
	ids, checksums atomic.Bool

	prefix string // of this process's requests
	count  atomic.Int64
}

func newEchoes() *echoes { return &echoes{prefix: rand.Text()[:12] + "-"} }

// nextID returns an id that no other request has.
func (e *echoes) nextID() string { return e.prefix + strconv.FormatInt(e.count.Add(1), 36) }

// errForeign says that an answer was read which is not the request's own. What became of the
// request is not known.
var errForeign = errors.New("azure: the answer is another request's")

// owns reports whether an answer can be the request's own. Where it is not, the connection is out
// of step and must not carry another request.
func (k *call) owns(answer *http.Response) bool {
	h := answer.Header
	// Refusals may come from outer layers of the service, or from something in between, which look
	// at no ids; and what confirms without the service's mark is for Store.answer to tell.
	confirms := answer.StatusCode == http.StatusCreated && h.Get(requestIDHeader) != ""
	switch id := h.Get(clientIDHeader); {
	case id == k.id[0]:
		note(&k.echoes.ids)
	case id != "", confirms && k.echoes.ids.Load():
		return false
	}
	if k.checksum == "" || !confirms {
		return true
	}
	switch h.Get(checksumHeader) {
	case k.checksum:
		k.checked = true
		note(&k.echoes.checksums)
	case "":
		return !k.echoes.checksums.Load()
	}
	return true // another checksum is for Store.answer to tell, too
}

// note sets a flag, and leaves one alone that is set, since all connections look at it.
func note(flag *atomic.Bool) {
	if !flag.Load() {
		flag.Store(true)
	}
}
