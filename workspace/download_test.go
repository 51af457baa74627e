package workspace

import (
	"bytes"
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"inboxuploader/internal/blobserver"
	"inboxuploader/internal/filelock"
)

// noise returns bytes of which no piece is like another.
func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b) // it never fails
	return string(b)
}

// TestALargeFileIsReadInPieces that arrive in any order, some of them broken off.
func TestALargeFileIsReadInPieces(t *testing.T) {
	text := noise(5*pieceSize + 1)
	var n atomic.Int64
	s, w := inboxWith(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		if op.Kind == blobserver.ReadBlob && n.Add(1)%3 == 0 {
			return &blobserver.Answer{Reset: true}
		}
		return nil
	}}, Request{}, map[string]string{"large": text})
	got, err := fetch(t, w, t.TempDir())
	if f := got["data/large"]; err != nil || f.Err != nil || f.SHA256 != sha256.Sum256([]byte(text)) {
		t.Errorf("%+v, %v", f, err)
	}
	if n := s.server.Counts()[blobserver.ReadBlob]; n < 6 {
		t.Errorf("%d requests", n)
	}
	for range piecesAtOnce {
		select {
		case <-w.pieces:
		default:
			t.Fatal("a buffer was not given back")
		}
	}
}

// TestAFetchThatBrokeOffGoesOn where it stopped, and not with another's content.
func TestAFetchThatBrokeOffGoesOn(t *testing.T) {
	const pieces = 25
	text := noise(pieces * pieceSize)
	var down atomic.Bool
	down.Store(true)
	s, w := inboxWith(t, blobserver.Config{Before: func(op *blobserver.Op) *blobserver.Answer {
		// The 21st is asked for after four at least were written: sixteen are under way at most.
		if op.Kind == blobserver.ReadBlob && op.Nth > 20 && down.Load() {
			return &blobserver.Answer{Reset: true}
		}
		return nil
	}}, Request{}, map[string]string{"large": text})
	dir := t.TempDir()
	if _, err := fetch(t, w, dir); reasonOf(err) != NetworkDown {
		t.Fatalf("got %v", err)
	}
	left := filesBelow(t, dir)
	if len(left) != 1 || !strings.HasSuffix(left[0], ".part") {
		t.Fatalf("left: %v", left)
	}
	down.Store(false)
	begun, err := os.ReadFile(filepath.Join(dir, left[0]))
	if err != nil || len(begun) < 4*pieceSize || !strings.HasPrefix(text, string(begun)) {
		t.Fatalf("%d bytes of the file, %v", len(begun), err)
	}
	before := s.server.Counts()[blobserver.ReadBlob]
	got, err := fetch(t, w, dir)
	if f := got["data/large"]; err != nil || f.Err != nil || f.SHA256 != sha256.Sum256([]byte(text)) {
		t.Errorf("%+v, %v", f, err)
	}
	want := int64(len(text)-len(begun)+pieceSize-1) / pieceSize
	if n := s.server.Counts()[blobserver.ReadBlob] - before; n != want {
		t.Errorf("%d requests, want %d for the rest", n, want)
	}
	there, err := os.ReadFile(filepath.Join(dir, "data", "large"))
	if err != nil || !bytes.Equal(there, []byte(text)) || len(filesBelow(t, dir)) != 1 {
		t.Errorf("%d bytes, %v; there is %v", len(there), err, filesBelow(t, dir))
	}
}

// TestAPartThatSomebodyElseFetchesIsLeftToThem, and so is what only has a part's name.
func TestAPartThatSomebodyElseFetchesIsLeftToThem(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	f := File{Name: "a", Size: resumableFrom, ETag: `"1"`}
	first, err := openPart(root, "a", f)
	if err != nil || !first.kept {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := openPart(root, "a", f)
	if err != nil || second.kept || second.name == first.name {
		t.Errorf("while the first is fetched: %+v, %v", second, err)
	}
	other, err := openPart(root, "a", File{Name: "a", Size: f.Size, ETag: `"2"`})
	if err != nil || other.name == first.name {
		t.Errorf("of another content: %+v, %v", other, err)
	}
	filelock.Of(first.file).Release()
	third, err := openPart(root, "a", f)
	if err != nil || third.name != first.name {
		t.Errorf("afterwards: %+v, %v", third, err)
	}
	for _, p := range []*part{first, second, other, third} {
		p.leave(root, errNotOurs)
	}
	if left := filesBelow(t, dir); len(left) != 0 {
		t.Errorf("left empty: %v", left)
	}
	if err := os.Mkdir(filepath.Join(dir, first.name), 0o700); err != nil {
		t.Fatal(err)
	}
	fourth, err := openPart(root, "a", f)
	if err != nil || fourth.name == first.name {
		t.Errorf("where a folder stands: %+v, %v", fourth, err)
	}
	fourth.leave(root, errNotOurs)
}
