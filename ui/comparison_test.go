package ui

import (
	"context"
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"inboxuploader/workspace"
)

// TestAReceiptIsComparedWithWhatArrived: dropped onto the view, with what differs in a line each,
// and what was not compared.
func TestAReceiptIsComparedWithWhatArrived(t *testing.T) {
	d, files := openDelivery(t, Config{})
	d.openFirst()
	list := ""
	for name, text := range files {
		if name == "run/b.txt" {
			text = "forged"
		}
		list += fmt.Sprintf("%x  %s\n", md5.Sum([]byte(text)), name)
	}
	list += fmt.Sprintf("%x  run/gone.txt\n", md5.Sum(nil))
	sha := strings.Repeat("ab", 32) + "  run/a.txt\n"
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	d.drop(write("MD5SUMS", list))
	d.until("it was compared", func() bool { return d.events.named("compared") != nil })
	d.mustSay("Compared with “MD5SUMS”", "2 differences", "As stated: 2 of 4 files.",
		"1 missing · 1 with different content",
		"Content compared by the MD5 that the storage keeps: 2 files.",
		"run/gone.txt", "Missing: stated, but not in the inbox.",
		"run/b.txt", "Different content: its checksum is not the stated one.",
		"Notes and lists beside them: 1 file.")

	// A checksum that the storage does not keep is not compared until the files are read.
	d.drop(write("SHA256SUMS", sha))
	d.until("it was compared", func() bool {
		return d.says("Compared with “SHA256SUMS”") && d.says("In the inbox")
	})
	d.mustSay("run/c.txt", "Additional: 5 B, stated nowhere.",
		"Content not compared: 1 file. The storage keeps no checksum of the kind that is stated.")
	if d.says("Different content") {
		t.Error("what was not compared differs")
	}
	d.check("Read every file")
	d.press("Compare again")
	d.until("it was read", func() bool { return d.says("Different content") })
	d.mustSay("3 differences")
	d.press("Copy")
	if got := d.app.Clipboard().Content(); !strings.Contains(got, "run/c.txt\tAdditional: 5 B") {
		t.Errorf("copied: %q", got)
	}

	for name, says := range map[string]string{
		"Dear data manager,\n":              "is neither a receipt nor a list of checksums.",
		sha + "nonsense\n":                  "Line 2 of “paper” is no checksum and name",
		`{"inbox":{},` + "\n" + `"files":[`: "is neither a receipt nor a list of checksums.",
	} {
		d.drop(write("paper", name))
		d.until("it is refused", func() bool { return d.says(says) })
		d.mustSay("Nothing was compared.")
	}
}

// TestTheNamesOfAListMayBeBelowAFolder: asked for where none of them is in the inbox.
func TestTheNamesOfAListMayBeBelowAFolder(t *testing.T) {
	d, files := openDelivery(t, Config{})
	d.openFirst()
	list := ""
	for name, text := range files {
		list += fmt.Sprintf("%x  %s\n", md5.Sum([]byte(text)), filepath.Base(name))
	}
	path := filepath.Join(t.TempDir(), "MD5SUMS")
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	d.drop(path)
	d.until("it was compared", func() bool { return d.says("As stated: 0 of 3 files.") })
	d.mustSay("The names in the list are below this folder of the inbox:")
	d.walk(func(o fyne.CanvasObject) {
		if e, ok := o.(*sheetEntry); ok {
			e.SetText("/run/")
		}
	})
	d.press("Compare again")
	d.until("it was compared", func() bool { return d.says("As stated: 3 of 3 files.") })
	d.mustSay("Everything is as stated")
	if d.says("Compare again") {
		t.Error("the same is offered again")
	}
}

// TestAFetchIsStoppedAndContinued: and what failed for all files is said.
func TestAFetchIsStoppedAndContinued(t *testing.T) {
	d := openDesk(t, Config{})
	w := &delivery{grants: manyGrants(1), n: 3, began: make(chan struct{}, 3)}
	d.openTokens(w)
	d.openFirst()
	v := &arrivedView{issuing: d.issuing, ws: w, arrived: workspace.Arrived{Files: 3, Bytes: 3 << 20}}
	v.fetchInto("/data/arrived")
	<-w.began
	d.look()
	d.mustSay("1 of 3 files · 1.0 MB of 3.1 MB")
	d.press("Stop")
	d.until("it has stopped", func() bool { return d.says("Stopped.") })
	d.mustSay("Fetched 1 file · 1.0 MB", "Files that were fetched are whole.")
	w.fails = &workspace.Error{Reason: workspace.NetworkDown, Err: workspace.ErrBusy}
	d.press("Continue")
	d.until("it has failed", func() bool { return d.says("The storage can't be reached.") })
	d.mustSay("Files that were fetched are whole.", "Continue")
	if d.says("Nothing was changed.") {
		t.Error("a file was fetched")
	}
	w.fails = nil
	d.press("Continue")
	<-w.began
	<-w.began
	d.top.close() // and the goroutine ends, or the window would wait for it
}

// TestWhatArrivedIsComparedWithTheNotes: without a paper of one's own.
func TestWhatArrivedIsComparedWithTheNotes(t *testing.T) {
	d, _ := openDelivery(t, Config{})
	d.openFirst()
	d.press("Read the notes…")
	d.press("Verify against the notes")
	d.until("it was compared", func() bool { return d.says("As stated: 1 of 1 file.") })
	d.mustSay("Compared with the senders' notes and lists", "2 differences",
		"Content not compared: 1 file, of which no checksum is stated.")
}

// TestWhatArrivedIsFetched: into a folder, and once more without overwriting.
func TestWhatArrivedIsFetched(t *testing.T) {
	dir := t.TempDir()
	d, files := openDelivery(t, Config{Desktop: Desktop{
		Choose: func(_ context.Context, _, _ string, folders bool) ([]string, error) {
			if !folders {
				return nil, nil
			}
			return []string{dir}, nil
		},
	}})
	d.openFirst()
	d.press("Fetch…")
	d.until("it was fetched", func() bool { return d.says("Fetched 4 files") })
	for name, text := range files {
		got, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	d.mustSay("All agree with the storage's MD5 checksums.")
	d.top.close()
	if err := os.WriteFile(filepath.Join(dir, "run", "a.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.press("Fetch…")
	d.until("it was fetched", func() bool { return d.says("Fetched 3 files") })
	d.mustSay("Already in the folder: 3 files.", "Not fetched: 1 file.", "run/a.txt",
		"Something else of this name is already in the folder.", "Try again")
	if got, err := os.ReadFile(filepath.Join(dir, "run", "a.txt")); err != nil ||
		string(got) != "mine" {
		t.Errorf("it was overwritten: %q, %v", got, err)
	}
}

// openComparison shows a comparison with a difference of each kind.
func (d *desk) openComparison() {
	d.openTokens(&delivery{grants: manyGrants(1), n: 1_234})
	d.openFirst()
	v := &arrivedView{issuing: d.issuing, arrived: workspace.Arrived{Files: 7, Bytes: 1 << 50}}
	c := &comparison{v: v, papers: []string{strings.Repeat("W", 300)}, most: 3, isList: true, stated: true}
	c.errands = newErrands(d.screen, c.show, c.failed)
	c.open()
	c.result = &workspace.Verified{
		Files: 1_234_567, Bytes: 1 << 50, Papers: 9, Stated: 1_234_567, Same: 1, ByETag: 1_234_567,
		BySum: 1, NotCompared: 1_234_567, NoSum: 1_234_567,
		Differences: map[workspace.Difference]int64{},
	}
	for _, kind := range workspace.Differences() {
		c.result.Differences[kind] = 1_234_567
		c.found.add(workspace.Finding{
			Name: strings.Repeat("W", 300), Difference: kind, Size: 7, Stated: 1_234_567,
			Err: &workspace.Error{Reason: workspace.FileChanged, Err: workspace.ErrFile},
		})
	}
	c.result.Stated, c.most = 8*1_234_567, len(workspace.Differences())
	c.others, c.unread, c.below = 7, []string{strings.Repeat("W", 300)}, "x"
	c.show()
}

// openFetching shows a fetch that was broken off.
func (d *desk) openFetching() {
	d.openTokens(&delivery{grants: manyGrants(1), n: 1_234})
	d.openFirst()
	v := &arrivedView{
		issuing: d.issuing, ws: &delivery{}, arrived: workspace.Arrived{Files: 7, Bytes: 1 << 50},
	}
	v.grant.Folder = strings.Repeat("W", 256)
	f := &fetching{v: v, folder: "/data/" + strings.Repeat("W", 300)}
	f.errands = newErrands(d.screen, f.show, f.failed)
	f.openSheet()
	f.fetched.add(workspace.Fetched{})
	f.fetched.add(workspace.Fetched{
		File: workspace.File{Name: strings.Repeat("W", 300)},
		Err:  &workspace.Error{Reason: workspace.PlaceTaken, Err: workspace.ErrFile},
	})
	f.finished(&workspace.Error{Reason: workspace.NoRoom, Err: workspace.ErrFolder})
	f.show()
}
