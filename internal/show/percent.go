package show

import "strconv"

// Percent is a share of something. It prints as "42 %", in all languages.
type Percent int

// PercentOf returns the done share of a total that is not yet fully confirmed: 99 at most, rounded
// down.
func PercentOf(done, total int64) Percent {
	if total <= 0 {
		return 0
	}
	return Percent(min(max(done, 0)*100/total, 99))
}

func (p Percent) String() string { return strconv.Itoa(int(p)) + " %" }
