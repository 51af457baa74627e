package desktop

import "testing"

// TestTheEndOfADragIsNoticed where it ends in the window, and nothing else is taken for one.
func TestTheEndOfADragIsNoticed(t *testing.T) {
	type step func(*Drags) bool
	moved := func(x, y float64, pressed bool) step {
		return func(d *Drags) bool { d.Moved(x, y, pressed); return false }
	}
	crossed := func(in bool, x, y float64) step { return func(d *Drags) bool { return d.Crossed(in, x, y) } }
	for name, c := range map[string]struct {
		steps []step
		want  bool
	}{
		"let go in the window":              {[]step{moved(10, 10, false), moved(50, 60, false), crossed(true, 51, 60)}, true},
		"and so after the pointer was here": {[]step{crossed(true, 0, 0), moved(5, 5, false), crossed(false, 0, 5), moved(50, 60, false), crossed(true, 50, 60)}, true},
		"taken out again":                   {[]step{moved(10, 10, false), moved(2, 60, false), crossed(true, 300, 40)}, false},
		"a pointer that comes and goes":     {[]step{crossed(true, 0, 5), moved(5, 5, false), crossed(false, 0, 5), crossed(true, 0, 5)}, false},
		"a scroll bar held beyond the edge": {[]step{crossed(true, 0, 5), crossed(false, 0, 9), moved(-1, 9, true), crossed(true, 0, 9)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var d Drags
			got := false
			for _, s := range c.steps {
				got = s(&d) || got
			}
			if got != c.want {
				t.Errorf("noticed: %v", got)
			}
		})
	}
}
