package scan_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// TestAPathBelongsToOneShardForEver: what other machines and versions have to agree on. The values
// are those of: printf run7/a.fastq | sha256sum | cut -c 1-16
func TestAPathBelongsToOneShardForEver(t *testing.T) {
	for path, sum := range map[string]uint64{
		"run7/a.fastq":      0x4ef423c52e587f6b,
		"run7/lane 1/é.txt": 0x0acfdf4e3191a562,
		"a":                 0xca978112ca1bbdca,
	} {
		for of := 1; of < 20; of++ {
			for i := 1; i <= of; i++ {
				want := sum%uint64(of)+1 == uint64(i)
				if got := (scan.Shard{Number: i, Of: of}).Has(path); got != want {
					t.Errorf("%s in %d/%d: %v", path, i, of, got)
				}
			}
		}
	}
}

// TestShardsDivideWhatIsFound: each file is in one of them, whatever its folder in the inbox is,
// and about as many in each.
func TestShardsDivideWhatIsFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run7")
	for i := range 400 {
		uploadertest.Tree(t, dir, fmt.Sprintf("lane %d/tile%04d.bcl", i%4, i))
	}
	for name, o := range map[string]scan.Options{
		"plain":    {},
		"below":    {Inbox: token.Inbox{Prefix: "in/box"}, Folder: "project/x"},
		"contents": {Contents: true},
		"listed":   {FilesFrom: listOf(t, "lane 0\nlane 1\nlane 2\nlane 3\n")},
	} {
		t.Run(name, func(t *testing.T) {
			o.Recursive = true
			seen := map[string]int{}
			for i := 1; i <= 4; i++ {
				o.Shard = scan.Shard{Number: i, Of: 4}
				found, totals := find(t, o, dir)
				if totals.Files < 70 || totals.Files > 130 {
					t.Errorf("shard %d has %d files", i, totals.Files)
				}
				if n := totals.Files + totals.Skipped[scan.SkipOtherShard]; n != 400 ||
					totals.Failed != 0 {
					t.Errorf("shard %d accounts for %d files: %+v", i, n, totals)
				}
				for _, f := range found {
					if f.Skip != "" {
						continue
					}
					if before := seen[f.Source]; before != 0 {
						t.Errorf("%s is in %d and %d", f.Source, before, i)
					}
					seen[f.Source] = i
					rel, _ := filepath.Rel(filepath.Dir(dir), f.Source)
					if name == "contents" {
						rel, _ = filepath.Rel(dir, f.Source)
					}
					if !o.Shard.Has(filepath.ToSlash(rel)) {
						t.Errorf("%s is not by its path in shard %d", f.Source, i)
					}
				}
			}
			if len(seen) != 400 {
				t.Errorf("%d of 400 files are in a shard", len(seen))
			}
		})
	}
}

// TestAShardIsThatOfTheNameInTheInbox: accents are stored in one way on macOS and in another
// elsewhere, and the inbox has one name for both.
func TestAShardIsThatOfTheNameInTheInbox(t *testing.T) {
	for _, name := range []string{"cafe\u0301.txt", "caf\u00e9.txt"} {
		dir := filepath.Join(t.TempDir(), "d")
		uploadertest.Tree(t, dir, name)
		for i := 1; i <= 7; i++ {
			s := scan.Shard{Number: i, Of: 7}
			_, totals := find(t, scan.Options{Recursive: true, Shard: s}, dir)
			if (totals.Files == 1) != s.Has("d/caf\u00e9.txt") {
				t.Errorf("%q in shard %d: %d files", name, i, totals.Files)
			}
		}
	}
}

// TestAWrongNameIsToldByOneShard, and what can't be read by all, since another machine may be able
// to.
func TestAWrongNameIsToldByOneShard(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	uploadertest.Tree(t, dir, "x", "x.", "...")
	told := map[problem.Reason]int{}
	for i := 1; i <= 5; i++ {
		found, _ := find(t, scan.Options{Recursive: true, Shard: scan.Shard{Number: i, Of: 5}}, dir,
			filepath.Join(dir, "gone"))
		for _, f := range found {
			if f.Err != nil {
				told[f.Err.Reason]++
			}
		}
	}
	if told[problem.NameTaken] != 1 || told[problem.NameDots] != 1 ||
		told[problem.SourceMissing] != 5 {
		t.Errorf("told: %v", told)
	}
}

// TestOneFileIsNoShardOfMany: a token for one file takes none of two, in whatever shard they are.
func TestOneFileIsNoShardOfMany(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	uploadertest.Tree(t, dir, "x", "y", "z")
	for i := 1; i <= 3; i++ {
		_, totals := find(t, scan.Options{
			Recursive: true, Inbox: token.Inbox{Blob: "one"}, Shard: scan.Shard{Number: i, Of: 3},
		}, dir)
		if totals.Files != 0 {
			t.Errorf("shard %d sends %d files", i, totals.Files)
		}
	}
}
