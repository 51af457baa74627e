package desktop

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/vault/vaulttest"
)

// compositor answers one program as a Wayland display that offers these things.
func compositor(t *testing.T, offers ...string) (dir string) {
	t.Helper()
	dir = vaulttest.ShortDir(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "wayland-7"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		if _, err := io.ReadFull(c, make([]byte, 24)); err != nil {
			return
		}
		event := func(from uint32, body []byte) {
			head := binary.NativeEndian.AppendUint32(nil, from)
			head = binary.NativeEndian.AppendUint32(head, uint32(8+len(body))<<16)
			_, _ = c.Write(append(head, body...))
		}
		for i, name := range offers {
			body := binary.NativeEndian.AppendUint32(nil, uint32(i))
			body = binary.NativeEndian.AppendUint32(body, uint32(len(name)+1))
			body = append(body, name...)
			body = append(body, make([]byte, 4-len(name)%4)...)
			event(waylandRegistry, binary.NativeEndian.AppendUint32(body, 1))
		}
		if len(offers) > 0 {
			event(waylandCallback, make([]byte, 4))
		}
	}()
	return dir
}

func TestAWaylandDisplaySaysWhetherThereIsAMouse(t *testing.T) {
	for name, c := range map[string]struct {
		offers      []string
		want, fails bool
	}{
		"a desktop":              {offers: []string{"wl_compositor", "wl_seat", "xdg_wm_base"}, want: true},
		"one that nobody sees":   {offers: []string{"wl_compositor", "xdg_wm_base"}},
		"one that says nothing":  {fails: true},
		"a name of another kind": {offers: []string{"wl_seat_of_another_kind"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := compositor(t, c.offers...)
			got, err := WaylandOffers(dir, "wayland-7", "wl_seat")
			if got != c.want || (err != nil) != c.fails {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	if _, err := WaylandOffers(t.TempDir(), "wayland-7", "wl_seat"); err == nil {
		t.Error("a display that is not there was reached")
	}
}
