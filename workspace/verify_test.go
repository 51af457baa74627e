package workspace

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/minio/crc64nvme"

	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/sums"
	"inboxuploader/uploader/token"
)

// request sends a request of somebody's who has a token and no care.
func request(
	t *testing.T, tok token.Token, method, name, comp string, body []byte, header map[string]string,
) {
	t.Helper()
	address, query, _ := strings.Cut(tok.Link(), "?")
	if comp != "" {
		query = "comp=" + comp + "&" + query
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address+"/"+name+"?"+query,
		bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("x-ms-version", "2021-12-02")
	r.Header.Set("x-ms-blob-type", "BlockBlob")
	for k, v := range header {
		r.Header.Set(k, v)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s", method, name, answer.Status)
	}
	http.DefaultClient.CloseIdleConnections()
}

// stating returns what a receipt with ETags would say of what is in inbox 1, as far as it is in
// files.
func stating(t *testing.T, w *Workspace, files map[string]string) (all []Statement) {
	t.Helper()
	for f, err := range w.Files(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := files[strings.TrimPrefix(f.Name, "data/")]; ok {
			all = append(all, Statement{
				Name: f.Name, Size: f.Size, ETag: f.ETag, At: f.Arrived,
				CRC64: crc64nvme.Checksum([]byte(text)), HasCRC64: true,
			})
		}
	}
	return all
}

func verify(
	t *testing.T, w *Workspace, all []Statement, deep bool, papers ...string,
) (map[string]Difference, Verified) {
	t.Helper()
	var s Statements
	for _, f := range all {
		s.Add(f)
	}
	for _, name := range papers {
		s.Paper(name)
	}
	got := map[string]Difference{}
	v, err := w.Verify(t.Context(), 1, w.Files(t.Context(), 1), &s, deep, func(f Finding) {
		got[strings.TrimPrefix(f.Name, "data/")] = f.Difference
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, v
}

// TestTamperingIsFoundOrNotCompared goes through what may happen to a file or to what is said of
// it, with and without reading it. Each case has a second file, to which nothing happens.
func TestTamperingIsFoundOrNotCompared(t *testing.T) {
	sum := func(text string) []byte { s := sha256.Sum256([]byte(text)); return s[:] }
	sum5 := func(text string) []byte { s := md5.Sum([]byte(text)); return s[:] }
	const text = "what was sent"
	for name, c := range map[string]struct {
		tamper        func(t *testing.T, tok token.Token)
		forge         func(s *Statement)
		shallow, deep Difference
		notCompared   int64 // of both files, without reading; with reading it is always 0
		harmless      int64 // with reading
	}{
		"nothing": {notCompared: 2},
		"a forged checksum": {
			forge: func(s *Statement) { s.CRC64++ }, deep: ChecksumDiffers, notCompared: 2,
		},
		"a forged size": {
			forge:   func(s *Statement) { s.Size++ },
			shallow: SizeDiffers, deep: SizeDiffers, notCompared: 1,
		},
		"a forged SHA-256": {
			forge: func(s *Statement) { s.SHA256 = sum("another") }, deep: ChecksumDiffers,
			notCompared: 2,
		},
		"a forged MD5": {
			forge:   func(s *Statement) { s.MD5 = sum5("another") },
			shallow: ChecksumDiffers, deep: ChecksumDiffers, notCompared: 1,
		},
		"the true sums": {
			forge: func(s *Statement) { s.MD5, s.SHA256 = sum5(text), sum(text) }, notCompared: 2,
		},
		"removed": {
			tamper: func(t *testing.T, tok token.Token) {
				request(t, tok, http.MethodDelete, "data/a", "", nil, nil)
			},
			shallow: Missing, deep: Missing, notCompared: 1,
		},
		"added": {
			forge:   func(s *Statement) { s.Name = "data/never" },
			shallow: Missing, deep: Missing, notCompared: 1,
		},
		"replaced by a longer one": {
			tamper: func(t *testing.T, tok token.Token) {
				request(t, tok, http.MethodPut, "data/a", "", []byte("something that is longer"), nil)
			},
			shallow: Replaced, deep: Replaced, notCompared: 1,
		},
		"replaced by one of the same size": {
			tamper: func(t *testing.T, tok token.Token) {
				request(t, tok, http.MethodPut, "data/a", "", []byte("WHAT WAS SENT"), nil)
			},
			shallow: Touched, deep: Replaced, notCompared: 2,
		},
		"replaced by one of the same size, MD5 stated": {
			tamper: func(t *testing.T, tok token.Token) {
				request(t, tok, http.MethodPut, "data/a", "", []byte("WHAT WAS SENT"), nil)
			},
			forge:   func(s *Statement) { s.MD5 = sum5(text) },
			shallow: Replaced, deep: Replaced, notCompared: 1,
		},
		"written again with the same content": {
			tamper: func(t *testing.T, tok token.Token) {
				request(t, tok, http.MethodPut, "data/a", "", []byte(text), nil)
			},
			shallow: Touched, deep: Touched, notCompared: 2, harmless: 1,
		},
		"its metadata edited": {
			tamper: func(t *testing.T, tok token.Token) {
				request(t, tok, http.MethodPut, "data/a", "metadata", nil,
					map[string]string{"x-ms-meta-seen": "yes"})
			},
			shallow: Touched, deep: Touched, notCompared: 2, harmless: 1,
		},
		"its metadata edited, MD5 stated": {
			tamper: func(t *testing.T, tok token.Token) {
				request(t, tok, http.MethodPut, "data/a", "metadata", nil,
					map[string]string{"x-ms-meta-seen": "yes"})
			},
			forge:   func(s *Statement) { s.HasCRC64, s.MD5 = false, sum5(text) },
			shallow: Touched, deep: Touched, notCompared: 1, harmless: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"a": text, "b": "another"}
			s := newSite(t, blobserver.Config{})
			w := s.open(t, "ws")
			tok, _ := s.issue(t, w, Request{Reason: "x", Rights: "racwdl"})
			if _, err := deliver(t, tok, folder(t, files)); err != nil {
				t.Fatal(err)
			}
			all := stating(t, w, files)
			if c.tamper != nil {
				c.tamper(t, tok)
			}
			if c.forge != nil {
				c.forge(&all[0])
			}
			for deep, want := range map[bool]Difference{false: c.shallow, true: c.deep} {
				wanted := map[string]Difference{}
				if want != "" {
					wanted["a"] = want
				}
				if name == "added" {
					wanted = map[string]Difference{"a": Additional, "never": Missing}
				}
				got, v := verify(t, w, all, deep)
				if diff := cmp.Diff(wanted, got); diff != "" {
					t.Errorf("deep %v (-want +got):\n%s", deep, diff)
				}
				open, harmless := c.notCompared, int64(0)
				if deep {
					open, harmless = 0, c.harmless
				}
				if v.NotCompared != open || v.Harmless != harmless || v.Stated != 2 ||
					v.Differs() != (int64(len(wanted)) > harmless) {
					t.Errorf("deep %v: %+v, want %d not compared and %d harmless", deep, v, open,
						harmless)
				}
			}
		})
	}
}

func TestAdditionalFilesAndPapers(t *testing.T) {
	files := map[string]string{"a": "1", "b": "2", "note": "3"}
	_, w := inboxWith(t, blobserver.Config{}, Request{}, files)
	delete(files, "b")
	delete(files, "note")
	got, v := verify(t, w, stating(t, w, files), false, "data/note")
	if diff := cmp.Diff(map[string]Difference{"b": Additional}, got); diff != "" {
		t.Error(diff)
	}
	if v.Files != 3 || v.Papers != 1 || v.Stated != 1 || v.Same != 1 || v.ByETag != 1 {
		t.Errorf("%+v", v)
	}
}

// TestWhatSeveralPapersSayOfOneFile: the later delivery counts, what one lacks another may have,
// and contradictions are told.
func TestWhatSeveralPapersSayOfOneFile(t *testing.T) {
	_, w := inboxWith(t, blobserver.Config{}, Request{}, map[string]string{"a": "1"})
	sum, other := sha256.Sum256([]byte("1")), sha256.Sum256([]byte("2"))
	now := time.Now()
	receipt := stating(t, w, map[string]string{"a": "1"})[0]
	earlier, later := receipt, receipt
	earlier.At, earlier.ETag, earlier.CRC64, earlier.Size = now.Add(-time.Hour), `"0"`, 1, 7
	later.At = now
	manifest := Statement{Name: "data/a", Size: -1, SHA256: sum[:]}
	lying := Statement{Name: "data/a", Size: -1, SHA256: other[:]}
	for name, c := range map[string]struct {
		all  []Statement
		want Difference
	}{
		"a later delivery":          {[]Statement{earlier, later}, ""},
		"a later one, told first":   {[]Statement{later, earlier}, ""},
		"an earlier one alone":      {[]Statement{earlier}, Replaced},
		"a receipt and a list":      {[]Statement{receipt, manifest}, ""},
		"a list and a receipt":      {[]Statement{manifest, receipt}, ""},
		"the same twice":            {[]Statement{manifest, manifest}, ""},
		"two lists, one of them so": {[]Statement{manifest, lying}, Contradicted},
		"the other way around":      {[]Statement{lying, manifest}, Contradicted},
		"a receipt and a lying one": {[]Statement{receipt, lying}, ChecksumDiffers},
	} {
		got, _ := verify(t, w, c.all, true)
		if got["a"] != c.want {
			t.Errorf("%s: %q, want %q", name, got["a"], c.want)
		}
	}
}

// TestADeepComparisonReadsEachByteOnce through faults, and names what it could not read.
func TestADeepComparisonReadsEachByteOnce(t *testing.T) {
	text := noise(3*pieceSize + 17)
	var n atomic.Int64
	s, w := inboxWith(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		switch {
		case op.Kind != blobserver.ReadBlob:
			return nil
		case op.Blob == "data/gone":
			return &blobserver.Answer{Status: 404, Code: "BlobNotFound"}
		case op.Blob == "data/large" && n.Add(1)%2 == 0:
			return &blobserver.Answer{Reset: true}
		}
		return nil
	}}, Request{}, map[string]string{"large": text, "gone": "1", "unstated": "2"})
	all := stating(t, w, map[string]string{"large": text, "gone": "1"})
	all = append(all, Statement{Name: "data/unstated", Size: 1})
	before, received := s.server.Counts()[blobserver.ReadBlob], w.Received()
	got, v := verify(t, w, all, true)
	if diff := cmp.Diff(map[string]Difference{"gone": Unread}, got); diff != "" {
		t.Error(diff)
	}
	if n := w.Received() - received; n != int64(len(text)) {
		t.Errorf("%d bytes were received, want %d", n, len(text))
	}
	if v.ReadBytes != int64(len(text)) || v.BySum != 1 || v.NoSum != 1 || v.Same != 2 {
		t.Errorf("%+v", v)
	}
	if n := s.server.Counts()[blobserver.ReadBlob] - before; n < 5 {
		t.Errorf("%d requests", n)
	}
}

// TestAComparisonEndsWithTheNetwork rather than with differences.
func TestAComparisonEndsWithTheNetwork(t *testing.T) {
	_, w := inboxWith(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind == blobserver.ReadBlob {
			return &blobserver.Answer{Status: 503, Code: "ServerBusy"}
		}
		return nil
	}}, Request{}, map[string]string{"a": "1", "b": "2"})
	var s Statements
	for _, f := range stating(t, w, map[string]string{"a": "1", "b": "2"}) {
		s.Add(f)
	}
	_, err := w.Verify(t.Context(), 1, w.Files(t.Context(), 1), &s, true,
		func(f Finding) { t.Errorf("%+v", f) })
	if reasonOf(err) != ServiceBusy {
		t.Errorf("got %v", err)
	}
}

const noteText = `{
"message": "first half\u001b[2J", "from": "Ana", "time": "2026-11-30T10:00:00Z", "version": "1.2",
"totals": {"files": 2, "bytes": 2}, "excluded": {"junk": 3}, "future": [{}],
"files": [{"name": "data/a", "bytes": 1, "sha256": "%x"},
  {"name": "data/b", "bytes": 1, "crc64": "0x%016x"}, {"nothing": 1}, 7],
"failed": [{"name": "c"}], "complete": %v}`

// TestPapersInTheInbox are read with care, and say what else is there.
func TestPapersInTheInbox(t *testing.T) {
	s := newSite(t, blobserver.Config{})
	w := s.open(t, "ws")
	tok, _ := s.issue(t, w, Request{Reason: "x", Rights: "racwdl"})
	if _, err := deliver(t, tok, folder(t, map[string]string{"a": "1", "b": "2", "c": "3"})); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("1"))
	sum5 := md5.Sum([]byte("3"))
	for name, text := range map[string]string{
		"delivery-20261130T100000Z-abc.json": fmt.Sprintf(noteText, sum, crc64nvme.Checksum([]byte("2")), true),
		"delivery-x.json":                    "[1, 2]",
		"data/MD5SUMS.1-of-2":                string(sums.Append(nil, sums.Line{Name: "c", Sum: sum5[:]})),
		"data/SHA256SUMS (2)":                "what is this\n",
	} {
		request(t, tok, http.MethodPut, strings.ReplaceAll(name, " ", "%20"), "", []byte(text), nil)
	}
	a, err := w.Arrived(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if a.Files != 7 || time.Since(a.Last).Abs() > time.Hour || len(a.Lists) != 2 ||
		!slices.Equal(a.Unread, []string{"delivery-x.json"}) || len(a.Notes) != 1 {
		t.Fatalf("%+v", a)
	}
	if n := a.Notes[0]; n.Message != "first half\x1b[2J" || n.From != "Ana" || n.Version != "1.2" ||
		n.Files != 2 || n.Bytes != 2 || n.NotDelivered != 1 || !n.Complete ||
		!n.Written.Equal(time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", n)
	}
	if complete, known := a.Complete(); !complete || !known {
		t.Error("it is not complete")
	}
	var said Statements
	unread, err := w.State(t.Context(), 1, &a, &said)
	if err != nil || !slices.Equal(unread, []string{"data/SHA256SUMS (2)"}) || said.Len() != 3 {
		t.Fatalf("%v, %v, %d", unread, err, said.Len())
	}
	for _, p := range a.Papers() {
		said.Paper(p)
	}
	got := map[string]Difference{}
	v, err := w.Verify(t.Context(), 1, w.Files(t.Context(), 1), &said, true,
		func(f Finding) { got[f.Name] = f.Difference })
	if err != nil || v.BySum != 3 || v.Papers != 3 {
		t.Errorf("%+v, %v", v, err)
	}
	if diff := cmp.Diff(map[string]Difference{"delivery-x.json": Additional}, got); diff != "" {
		t.Error(diff)
	}
}

func TestNamesOfPapers(t *testing.T) {
	for name, want := range map[string][2]bool{
		"delivery-20261130T100000Z-abc.json": {true, false}, "run/delivery-1.json": {true, false},
		"delivery.json": {}, "xdelivery-1.json": {}, "delivery-1.json/a": {},
		"SHA256SUMS": {false, true}, "p/MD5SUMS": {false, true}, "SHA256SUMS (3)": {false, true},
		"SHA256SUMS-20261103T090000Z": {false, true},
		"MD5SUMS.12-of-40":            {false, true}, "SHA256SUMS (2).1-of-2": {false, true},
		"SHA256SUMS.txt": {}, "mySHA256SUMS": {}, "SHA512SUMS": {},
	} {
		if got := [2]bool{isNote(name), isList(name)}; got != want {
			t.Errorf("%q: note, list = %v, want %v", name, got, want)
		}
	}
}

// FuzzNotesAreReadWithoutHarm: whatever a sender writes.
func FuzzNotesAreReadWithoutHarm(f *testing.F) {
	f.Add(fmt.Sprintf(noteText, [32]byte{}, 1, false))
	f.Add(`{"complete": true, "files": {"a": 1}, "failed": 3, "totals": -1, "message": {}}`)
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := parseNote("p/delivery-1.json", []byte(text))
		if ok && (n.Files < 0 || n.Bytes < 0) {
			t.Errorf("%+v", n)
		}
		var s Statements
		n.State(&s)
		for name, f := range s.files {
			if f.SHA256 != nil && len(f.SHA256) != 32 || f.MD5 != nil && len(f.MD5) != 16 ||
				!strings.HasPrefix(name, "p/") {
				t.Errorf("%q: %+v", name, f)
			}
		}
	})
}

// TestFetchingComparesWithWhatIsStated: what differs gets no name, what an earlier fetch brought is
// compared too, and what is missing is known.
func TestFetchingComparesWithWhatIsStated(t *testing.T) {
	large := noise(2*pieceSize + 1) // so that the storage has no MD5 of it
	files := map[string]string{"a": "1", "b": "2", "c": "3", "large": large}
	_, w := inboxWith(t, blobserver.Config{}, Request{}, files)
	sum5 := func(text string) []byte { s := md5.Sum([]byte(text)); return s[:] }
	state := func(texts map[string]string) *Statements {
		s := &Statements{}
		for name, text := range texts {
			s.Add(Statement{Name: "data/" + name, Size: -1, MD5: sum5(text)})
		}
		return s
	}
	dir := t.TempDir()
	for _, c := range []struct {
		stated  map[string]string
		reasons map[string]Reason
		agree   []string
		missing []string
	}{
		{
			map[string]string{"a": "1", "b": "other", "large": large, "never": "5"},
			map[string]Reason{"b": FileDiffers},
			[]string{"a", "large"},
			[]string{"data/never"},
		},
		{ // the first three are there by now
			map[string]string{"a": "other", "b": "2"},
			map[string]Reason{"a": FileDiffers},
			[]string{"b"},
			nil,
		},
	} {
		s := state(c.stated)
		reasons, agree := map[string]Reason{}, []string(nil)
		err := w.Fetch(t.Context(), 1, dir, w.Files(t.Context(), 1), s, func(f Fetched) {
			name := strings.TrimPrefix(f.Name, "data/")
			if f.Err != nil {
				reasons[name] = f.Err.Reason
				sayable(t, f.Err)
			}
			if f.Agrees {
				agree = append(agree, name)
			}
		})
		slices.Sort(agree)
		if err != nil || !cmp.Equal(c.reasons, reasons) || !slices.Equal(c.agree, agree) ||
			!slices.Equal(c.missing, s.Missing()) {
			t.Errorf("%v: %v, %v agree, %v missing, %v", c.stated, reasons, agree, s.Missing(), err)
		}
	}
	if diff := cmp.Diff([]string{"data/a", "data/b", "data/c", "data/large"}, filesBelow(t, dir)); diff != "" {
		t.Error(diff)
	}
}
