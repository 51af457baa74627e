package main

import (
	"strconv"
	"strings"
	"time"
)

// age is a flag's length of time, such as 90s, 10m, 2h or 1d.
type age struct{ time.Duration }

const errAge = wanted("a time such as 90s, 10m, 2h or 1d")

// Set implements pflag.Value.
func (a *age) Set(text string) error {
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d = time.Duration(n) * 24 * time.Hour
	} else {
		d, err = time.ParseDuration(text)
	}
	if err != nil || d < 0 {
		return errAge
	}
	a.Duration = d
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (a *age) String() string {
	if a.Duration == 0 {
		return ""
	}
	return a.Duration.String()
}

// Type implements pflag.Value.
func (a *age) Type() string { return "TIME" }
