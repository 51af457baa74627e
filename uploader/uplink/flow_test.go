package uplink

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestAPaceIsOfSendingAlone: neither pauses nor what was waited for in vain make it slower, and it
// is silent before ten seconds.
func TestAPaceIsOfSendingAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Flow
		send := func(seconds int) {
			for range 4 * seconds {
				time.Sleep(time.Second / 4)
				f.leave(250)
				f.fold(time.Now(), false)
			}
		}
		is := func(when string, want float64) {
			t.Helper()
			w := f.at(time.Now())
			if p := w.pace(TellingSeconds); p.Bytes < want*0.95 || p.Bytes > want*1.05 {
				t.Errorf("%s: %.0f bytes/s, want %.0f", when, p.Bytes, want)
			}
		}
		f.Begin()
		send(9)
		is("before there are ten seconds", 0)
		send(2)
		is("after ten seconds", 1000)
		f.End()
		time.Sleep(time.Hour)
		is("while paused", 1000)
		f.Begin()
		is("when it goes on", 1000)
		send(30)
		is("later", 1000)
		time.Sleep(15 * time.Second)
		is("while nothing moves", 500)
		f.lose(time.Now(), 0)
		is("after that was given up", 1000)
		send(1)
		f.lose(time.Now(), 5000)
		is("after what left in five seconds was lost", 1000*(29.25-5)/29.25)
		f.lose(time.Now(), 1e9)
		is("after all was lost", 0)
	})
}

// TestAPaceIsNeverBelowNothing, whatever happens in whatever order.
func TestAPaceIsNeverBelowNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Flow
		now := time.Unix(0, 0)
		left := int64(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t,
				"passes")))
			n := rapid.Int64Range(0, 1<<20).Draw(t, "bytes")
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				f.busy, f.since = 1-f.busy, now
			case 1:
				f.leave(n * int64(f.busy))
				left += n * int64(f.busy)
			case 2:
				if f.busy > 0 {
					f.fold(now, rapid.Bool().Draw(t, "answered"))
				}
			case 3:
				if f.busy > 0 {
					f.lose(now, n)
				}
			default:
				w := f.at(now)
				before := f.window
				p := w.pace(TellingSeconds)
				if p.Bytes < 0 || p.Bytes > float64(left)/TellingSeconds {
					t.Fatalf("%f bytes/s of %d that left", p.Bytes, left)
				}
				if f.at(now); f.window != before {
					t.Fatal("looking changes what is known")
				}
			}
		}
	})
}

func TestTimeLeftFollowsWhatTakesTheTime(t *testing.T) {
	const mb = 1e6
	for name, c := range map[string]struct {
		pace         Pace
		bytes, files int64
		want         time.Duration
	}{
		"nothing is known":                   {Pace{}, mb, 1, 0},
		"a large file":                       {Pace{Bytes: mb}, 60 * mb, 1, time.Minute},
		"empty files":                        {Pace{files: 100}, 0, 6000, time.Minute},
		"small files":                        {Pace{Bytes: 1e5, files: 100}, 6e6, 6000, time.Minute},
		"a large file behind small ones":     {Pace{Bytes: 1e5, files: 100}, 1e12, 1, 0},
		"small files behind a large one":     {Pace{Bytes: 10 * mb}, 1e4, 100, 0},
		"longer than anybody waits":          {Pace{Bytes: 1}, 1 << 60, 1, longest},
		"nothing is left":                    {Pace{Bytes: mb}, 0, 0, 0},
		"large files and some that are not":  {Pace{Bytes: 10 * mb, files: 1}, 600 * mb, 60, time.Minute},
		"large files on a line that is slow": {Pace{Bytes: 1e4, files: 0.01}, 6e5, 1, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.pace.TimeFor(c.bytes, c.files); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
