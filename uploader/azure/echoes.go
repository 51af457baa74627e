package azure

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
)

// echoes records which parts of a request the service's answers have repeated so far: the request's
// id and the body's checksum. A service that never repeats one of them is trusted as it is. Once it
// has, a confirmation without it comes from somewhere else, or belongs to another request.
type echoes struct {
	ids, checksums atomic.Bool

	prefix string // of this process's requests
	count  atomic.Int64
}

func newEchoes() *echoes { return &echoes{prefix: rand.Text()[:12] + "-"} }

// nextID returns an id that no other request has.
func (e *echoes) nextID() string { return e.prefix + strconv.FormatInt(e.count.Add(1), 36) }

// errForeign means that the answer belongs to another request. What happened to this request is
// unknown.
var errForeign = errors.New("azure: the answer is another request's")

// owns reports whether an answer can be the request's own. If it is not, the connection is out of
// step and must not carry another request.
func (k *call) owns(answer *http.Response) bool {
	h := answer.Header
	// Refusals may come from outer layers of the service or something in between, which ignore ids.
	// Store.answer handles a confirmation without the service's mark.
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
	return true // Store.answer handles another checksum, too
}

// note sets a flag. It does not write one that is already set, since all connections read it.
func note(flag *atomic.Bool) {
	if !flag.Load() {
		flag.Store(true)
	}
}
