package ledger

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inboxuploader/uploader/source"
)

// TestFactsKeepWhereFilesLie, be it where they were found, through a link, or unknown.
func TestFactsKeepWhereFilesLie(t *testing.T) {
	path := rapid.StringMatching(`/[ab]{0,3}(/[abc.]{1,3}){0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		jobs := make([]Job, rapid.IntRange(1, 8).Draw(t, "jobs"))
		for i := range jobs {
			j := &jobs[i]
			root := filepath.FromSlash(path.Draw(t, "root"))
			at := source.Path{Root: root, Below: rapid.SampledFrom([]string{"", "f", filepath.Join("d", "f")}).Draw(t, "below")}
			switch rapid.IntRange(0, 2).Draw(t, "kind") {
			case 0:
				j.Source = at.String()
			case 1:
				j.Source, j.At = at.String(), at
			case 2:
				j.Source, j.At = filepath.FromSlash(path.Draw(t, "source")), at
			}
		}
		got, ok := DecodeFacts(encodeFacts(jobs))
		if !ok {
			t.Fatal("the facts can't be read")
		}
		for i := range got {
			if got[i].At.String() != jobs[i].At.String() || got[i].At.Root != jobs[i].At.Root ||
				got[i].Source != jobs[i].Source {
				t.Fatal(cmp.Diff(jobs[i], got[i]))
			}
		}
	})
}

// TestStatesKeepWhatIsAskedForAFile: to replace, to keep both, its time, its MD5.
func TestStatesKeepWhatIsAskedForAFile(t *testing.T) {
	var jobs []Job
	for bits := range 16 {
		jobs = append(jobs, Job{
			Replace: bits&1 > 0, KeepBoth: bits&2 > 0, KeepTime: bits&4 > 0, PutMD5: bits&8 > 0,
		})
	}
	got := make([]Job, len(jobs))
	if _, ok := decodeStates(encodeStates(jobs, make([]bool, len(jobs))), got); !ok {
		t.Fatal("the states can't be read")
	}
	if diff := cmp.Diff(jobs, got); diff != "" {
		t.Error(diff)
	}
}

// TestDamagedPlacesAreNoPlaces: a root longer than the path that it begins.
func TestDamagedPlacesAreNoPlaces(t *testing.T) {
	e := encoder{}
	e.Byte(factsFormat)
	e.Uint(1)
	e.Follow("", "/a/b")
	e.Uint(2 + 5) // as source.PackPath writes a root's length
	e.Follow("", "b")
	(&Job{}).Version().Pack(&e.Writer)
	if jobs, ok := DecodeFacts(e.Buf); ok {
		t.Errorf("%+v", jobs)
	}
}
