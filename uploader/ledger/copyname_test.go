package ledger

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCopyName(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt":             "a (2).txt",
		"a":                 "a (2)",
		"run.7/a":           "run.7/a (2)",
		"run/.hidden":       "run/.hidden (2)",
		"reads.fastq.gz":    "reads (2).fastq.gz",
		"archive.GZ":        "archive (2).GZ",
		".config.gz":        ".config (2).gz",
		"a (2).txt":         "a (2) (2).txt",
		"心拍数.csv":           "心拍数 (2).csv",
		"ends with a dot .": "ends with a dot  (2).",
	} {
		if got := copyName(name, 2); got != want {
			t.Errorf("copy of %q: %q, want %q", name, got, want)
		}
	}
}

func TestCopyNameCanBeTakenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`([a-z. ()0-9]{1,6}/)?[a-z. ()0-9]{1,12}(\.fastq)?(\.gz)?`).Draw(t, "name")
		n := rapid.IntRange(0, maxCopies).Draw(t, "number")
		if got := OriginalName(copyName(name, n), n); got != name {
			t.Errorf("%q, copy %d, taken back: %q", name, n, got)
		}
		if n > 1 && copyName(name, n) == name {
			t.Errorf("copy %d of %q has the same name", n, name)
		}
	})
}

// TestStatesKeepWhatAPersonChose: all that is chosen for a job comes back from the journal's
// encoding.
func TestStatesKeepWhatAPersonChose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jobs := make([]Job, rapid.IntRange(1, 5).Draw(t, "jobs"))
		for i := range jobs {
			j := &jobs[i]
			j.Source, j.Blob = "/data/a.txt", "run/a.fastq.gz"
			j.Replace, j.KeepBoth = rapid.Bool().Draw(t, "replace"), rapid.Bool().Draw(t, "both")
			j.Copy = rapid.SampledFrom([]int{0, 2, 3, maxCopies}).Draw(t, "copy")
			j.Class = Class(rapid.IntRange(0, 1).Draw(t, "class"))
			j.State = rapid.SampledFrom([]JobState{Waiting, Paused, LeftAlone, Cancelled}).Draw(t,
				"state")
		}
		facts := encodeFacts(jobs)
		for i := range jobs {
			jobs[i].Blob = copyName(jobs[i].Blob, jobs[i].Copy) // as it is after the conflict
		}
		got, ok := DecodeFacts(facts)
		if !ok {
			t.Fatal("the facts can't be read")
		}
		if _, ok := decodeStates(encodeStates(jobs, make([]bool, len(jobs))), got); !ok {
			t.Fatal("the states can't be read")
		}
		if diff := cmp.Diff(jobs, got); diff != "" {
			t.Errorf("(-kept +read):\n%s", diff)
		}
	})
}
