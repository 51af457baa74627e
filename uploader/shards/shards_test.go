package shards_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/shards"
	"inboxuploader/uploader/uploadertest"
)

// written divides files and returns the plan and its folder.
func written(t *testing.T, d *shards.Division, n int) (*shards.Plan, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "plans", "p")
	p, err := d.Write(dir, n, []string{"run7"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p, dir
}

// TestListsAreOfEqualSize: in bytes and in files, for what scanners, sequencers and people leave.
func TestListsAreOfEqualSize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, size := range map[string]func(i int) int64{
		"all alike":         func(int) int64 { return 4 << 20 },
		"empty":             func(int) int64 { return 0 },
		"small":             func(int) int64 { return random.Int64N(20_000) },
		"from 1 kB to 1 GB": func(int) int64 { return int64(math.Exp(random.Float64()*13.8) * 1000) },
		"small and large": func(i int) int64 {
			if i%100 == 0 {
				return 4<<30 + random.Int64N(1<<30)
			}
			return random.Int64N(100_000)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var d shards.Division
			for i := range 20_000 {
				d.Add(fmt.Sprintf("lane %d/tile %05d.bcl", i/5000, i), size(i))
			}
			p, _ := written(t, &d, 4)
			least, most := p.Lists[0], p.Lists[0]
			for _, l := range p.Lists[1:] {
				least.Files, most.Files = min(least.Files, l.Files), max(most.Files, l.Files)
				least.Bytes, most.Bytes = min(least.Bytes, l.Bytes), max(most.Bytes, l.Bytes)
			}
			if float64(most.Bytes) > 1.01*float64(least.Bytes) ||
				float64(most.Files) > 1.05*float64(least.Files) {
				t.Errorf("lists %+v", p.Lists)
			}
		})
	}
}

// TestEachFileIsInOneList, and a copy with that list finds it, whatever it is called.
func TestEachFileIsInOneList(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run7")
	names := []string{
		"a", "b\nc", "d\r", " e ", "f/g", "f/h\ni", "f/ö", "f/#j", "k\tl", "=m", "f/-n", "o\\p",
		"\xff",
	}
	var d shards.Division
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600) == nil { // not all everywhere
			d.Add(name, int64(len(name)))
		}
	}
	p, at := written(t, &d, 3)
	var found, said []string
	for _, l := range p.Lists {
		_, err := scan.Files(t.Context(), []string{dir},
			scan.Options{FilesFrom: filepath.Join(at, l.Name), Contents: true}, func(some []scan.Found) error {
				for _, f := range some {
					if f.Err != nil || f.Skip != "" {
						t.Errorf("%q in %s: %v %v", f.Source, l.Name, f.Err, f.Skip)
					}
					found = append(found, "run7/"+f.Rel)
				}
				return nil
			})
		if err != nil {
			t.Fatal(err)
		}
	}
	again, err := shards.Read(at)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Files(func(names []string) error {
		said = append(said, names...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	slices.Sort(said)
	if diff := cmp.Diff(found, said); diff != "" || len(found) != d.Files() {
		t.Errorf("%d of %d files are found:\n%s", len(found), d.Files(), diff)
	}
}

// TestDivisionsAddUp: no list is longer than the others by more than its largest file.
func TestDivisionsAddUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		sizes := rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 60).Draw(r, "sizes")
		var d shards.Division
		var bytes, largest int64
		for i, size := range sizes {
			d.Add(fmt.Sprint(i), size)
			bytes += size
			largest = max(largest, size)
		}
		n := rapid.IntRange(1, 9).Draw(r, "shards")
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			r.Fatal(err)
		}
		p, err := d.Write(dir, n, []string{""}, time.Now())
		if err != nil {
			r.Fatal(err)
		}
		files, total := int64(0), int64(0)
		for _, l := range p.Lists {
			files, total = files+l.Files, total+l.Bytes
			if l.Bytes > bytes/int64(n)+largest+int64(len(sizes))<<18 {
				r.Errorf("%+v of %d bytes", l, bytes)
			}
		}
		if files != int64(len(sizes)) || total != bytes || len(p.Lists) != n {
			r.Errorf("%d files, %d bytes, %d lists", files, total, len(p.Lists))
		}
		counted := 0
		if err := p.Files(func([]string) error { counted++; return nil }); err != nil ||
			counted != len(sizes) {
			r.Errorf("%d files are in lists: %v", counted, err)
		}
	})
}

// TestAPlanReplacesNothing, and leaves nothing behind where it can't be written.
func TestAPlanReplacesNothing(t *testing.T) {
	var d shards.Division
	for i := range 400 {
		d.Add(fmt.Sprint(i), 1)
	}
	for _, name := range []string{"plan.json", "shard-1.txt", "shard-300.txt"} {
		dir := t.TempDir()
		uploadertest.Tree(t, dir, name, "notes")
		before, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Write(dir, 300, []string{""}, time.Now())
		if there, ok := errors.AsType[*fs.PathError](err); !ok || !errors.Is(err, shards.ErrThere) ||
			filepath.Base(there.Path) != name {
			t.Errorf("%s: %v", name, err)
		}
		after, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(after) != string(before) {
			t.Errorf("%s is %q now: %v", name, after, err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
			t.Errorf("%d entries: %v", len(entries), err)
		}
	}
}

// TestWhatIsNoPlanIsNone: what others wrote, or cut off, is read with care.
func TestWhatIsNoPlanIsNone(t *testing.T) {
	for _, text := range []string{
		"", "{", "[]", `{"plan":2,"below":[""],"lists":[{"name":"x"}]}`, `{"plan":1}`,
		`{"plan":1,"below":[""],"lists":[]}`,
		`{"plan":1,"below":[""],"lists":[{"name":"../shard-1.txt"}]}`,
		`{"plan":1,"below":[""],"lists":[{"name":"/etc/passwd"}]}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "plan.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := shards.Read(dir); !errors.Is(err, shards.ErrNoPlan) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := shards.Read(t.TempDir()); !errors.Is(err, shards.ErrNoPlan) {
		t.Errorf("of an empty folder: %v", err)
	}
}

// TestAnAlteredListIsNoticed.
func TestAnAlteredListIsNoticed(t *testing.T) {
	var d shards.Division
	for i := range 10 {
		d.Add(fmt.Sprint(i), 1)
	}
	p, dir := written(t, &d, 2)
	list := filepath.Join(dir, shards.ListName(2))
	for _, change := range []func() error{
		func() error { return os.WriteFile(list, []byte("0\n1\n"), 0o600) },
		func() error { return os.Remove(list) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		err := p.Files(func([]string) error { return nil })
		if at, ok := errors.AsType[*fs.PathError](err); !ok || at.Path != list {
			t.Errorf("%v", err)
		}
	}
}

func BenchmarkDivideAMillionFiles(b *testing.B) {
	for b.Loop() {
		var d shards.Division
		for i := range 1_000_000 {
			d.Add(fmt.Sprintf("lane %d/cycle %03d/tile %06d.bcl", i/250_000, i/1000%250, i), int64(i%7)<<20)
		}
		if _, err := d.Write(b.TempDir(), 16, []string{""}, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
