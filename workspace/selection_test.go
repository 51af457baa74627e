package workspace

import (
	"testing"
	"time"
)

func TestWhatASelectionTakes(t *testing.T) {
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*.csv", "a.csv", true},
		{"*.csv", "d/e/a.csv", true},
		{"*.csv", "d/a.txt", false},
		{"*.CSV", "a.csv", false},
		{"d/*.csv", "d/a.csv", true},
		{"d/*.csv", "d/e/a.csv", false},
		{"d/**", "d/e/a.csv", true},
		{"**/e/*", "d/e/a.csv", true},
		{"e", "d/e/a.csv", true},
		{"e/", "d/e/a.csv", true},
		{"e/", "d/e", false},
		{"d/e", "d/e/a.csv", true},
		{"./d/e/", "d/e/a.csv", true},
		{"[", "[", false},
		{"*", "/rooted", true},
		{"x", "/", false},
	} {
		if got := (Selection{Include: []string{"none", c.pattern}}).Takes(File{Name: c.name}); got != c.want {
			t.Errorf("%q takes %q: %v, want %v", c.pattern, c.name, got, c.want)
		}
	}
	for arrived, want := range map[time.Time]bool{
		noon: true, noon.Add(-time.Second): false, noon.Add(time.Hour): true, {}: false,
	} {
		if got := (Selection{Since: noon}).Takes(File{Name: "a", Arrived: arrived}); got != want {
			t.Errorf("arrived %s: %v, want %v", arrived, got, want)
		}
	}
	if !(Selection{}).Takes(File{Name: "a"}) {
		t.Error("the zero Selection does not take all")
	}
}
