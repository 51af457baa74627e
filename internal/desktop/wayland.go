package desktop

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"time"
)

// Wayland's wire protocol (wayland.freedesktop.org/docs/html/ch04.html): two requests and two
// events of it are enough.
const (
	waylandDisplay  = 1 // the object that is there from the start
	waylandRegistry = 2
	waylandCallback = 3

	waylandSync        = 0 // requests of the display
	waylandGetRegistry = 1

	waylandTime = 3 * time.Second
)

// WaylandOffers reports whether a Wayland display, named as in WAYLAND_DISPLAY, offers an interface
// such as "wl_seat" (mouse and keyboard). An error means that the display can't be reached.
// runtimeDir is XDG_RUNTIME_DIR.
func WaylandOffers(runtimeDir, display, something string) (bool, error) {
	if !filepath.IsAbs(display) {
		display = filepath.Join(runtimeDir, display)
	}
	c, err := net.DialTimeout("unix", display, waylandTime)
	if err != nil {
		return false, fmt.Errorf("reach wayland: %w", err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(waylandTime))
	order := binary.NativeEndian
	var ask []byte
	for _, r := range [][2]uint32{{waylandGetRegistry, waylandRegistry}, {waylandSync, waylandCallback}} {
		ask = order.AppendUint32(ask, waylandDisplay)
		ask = order.AppendUint32(ask, 12<<16|r[0]) // how long it is, and what
		ask = order.AppendUint32(ask, r[1])
	}
	if _, err := c.Write(ask); err != nil {
		return false, fmt.Errorf("ask wayland: %w", err)
	}
	var offered []string
	for head := make([]byte, 8); ; {
		if _, err := io.ReadFull(c, head); err != nil {
			return false, fmt.Errorf("ask wayland: %w", err)
		}
		from, size := order.Uint32(head), int(order.Uint32(head[4:])>>16)
		body := make([]byte, max(size-len(head), 0))
		if _, err := io.ReadFull(c, body); err != nil {
			return false, fmt.Errorf("ask wayland: %w", err)
		}
		switch {
		case from == waylandCallback: // all has been said
			return slices.Contains(offered, something), nil
		case from == waylandRegistry && len(body) > 8: // a number, the length of a name with its final zero, the name
			if n := int(order.Uint32(body[4:])); n > 0 && 8+n <= len(body) {
				offered = append(offered, string(body[8:8+n-1]))
			}
		}
	}
}
