package pac

import (
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
)

var (
	weekdays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	months   = []string{
		"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
	}
)

// moment returns the arguments without the last one where that is "GMT", and the time in that zone,
// else in the local one.
func (b *builtins) moment(call goja.FunctionCall) ([]goja.Value, time.Time) {
	args, now := call.Arguments, b.lookup.now()
	if n := len(args); n > 0 && strings.EqualFold(args[n-1].String(), "GMT") {
		return args[:n-1], now.UTC()
	}
	return args, now.Local()
}

// between reports whether v lies from low to high, over the end and round where low is above high.
func between(low, v, high int) bool {
	if low <= high {
		return low <= v && v <= high
	}
	return v >= low || v <= high
}

func (b *builtins) weekdayRange(call goja.FunctionCall) goja.Value {
	args, now := b.moment(call)
	day := func(v goja.Value) int { return slices.Index(weekdays, strings.ToUpper(v.String())) }
	yes := false
	switch len(args) {
	case 1:
		yes = day(args[0]) == int(now.Weekday())
	case 2:
		from, to := day(args[0]), day(args[1])
		yes = from >= 0 && to >= 0 && between(from, int(now.Weekday()), to)
	}
	return b.vm.ToValue(yes)
}

// dateRange takes a day, a month or a year, or two of them, or two of the same combinations: day and
// month, month and year, all three.
func (b *builtins) dateRange(call goja.FunctionCall) goja.Value {
	args, now := b.moment(call)
	type part struct{ kind, n int } // kind: 0 day, 1 month, 2 year
	var parts []part
	for _, v := range args {
		if m := slices.Index(months, strings.ToUpper(v.String())); m >= 0 {
			parts = append(parts, part{1, m + 1})
		} else if n := int(v.ToInteger()); n >= 1 && n <= 31 {
			parts = append(parts, part{0, n})
		} else if n > 31 {
			parts = append(parts, part{2, n})
		} else {
			return b.vm.ToValue(false)
		}
	}
	today := [3]int{now.Day(), int(now.Month()), now.Year()}
	if len(parts) == 1 {
		return b.vm.ToValue(today[parts[0].kind] == parts[0].n)
	}
	if len(parts) == 0 || len(parts)%2 != 0 || len(parts) > 6 {
		return b.vm.ToValue(false)
	}
	// One number for each: year, month, day, of those parts that were given.
	number := func(values [3]int, given [3]bool) int {
		n := 0
		for kind := 2; kind >= 0; kind-- {
			n *= 10000
			if given[kind] {
				n += values[kind]
			}
		}
		return n
	}
	half := func(parts []part) (values [3]int, given [3]bool) {
		for _, p := range parts {
			values[p.kind], given[p.kind] = p.n, true
		}
		return values, given
	}
	from, fromGiven := half(parts[:len(parts)/2])
	to, toGiven := half(parts[len(parts)/2:])
	if fromGiven != toGiven {
		return b.vm.ToValue(false)
	}
	low, high, v := number(from, fromGiven), number(to, toGiven), number(today, fromGiven)
	if fromGiven[2] { // years don't come again
		return b.vm.ToValue(low <= v && v <= high)
	}
	return b.vm.ToValue(between(low, v, high))
}

// timeRange takes an hour, or two times of the same precision: hours, hours and minutes, or hours,
// minutes and seconds. As in browsers the last hour, or minute, belongs to it whole.
func (b *builtins) timeRange(call goja.FunctionCall) goja.Value {
	args, now := b.moment(call)
	var n []int
	for _, v := range args {
		n = append(n, int(v.ToInteger()))
	}
	at := now.Hour()*3600 + now.Minute()*60 + now.Second()
	yes := false
	switch len(n) {
	case 1:
		yes = now.Hour() == n[0]
	case 2:
		yes = between(n[0], now.Hour(), n[1])
	case 4:
		yes = between(n[0]*3600+n[1]*60, at, n[2]*3600+n[3]*60+59)
	case 6:
		yes = between(n[0]*3600+n[1]*60+n[2], at, n[3]*3600+n[4]*60+n[5])
	}
	return b.vm.ToValue(yes)
}
