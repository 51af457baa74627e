package manifest

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/source"
)

// NoteFormat is what a delivery note says of its own form.
const NoteFormat = "inbox-uploader-delivery-note-1"

// Note is what a delivery note says beside the files: a text for the workspace that goes last.
type Note struct {
	Message string // the sender's words
	From    string // who they say they are; nobody has looked
	Version string // of the program
	Time    time.Time
	// Excluded counts what was left out on purpose, by its reason; no name of it is told.
	Excluded map[string]int64
	Failed   []FailedFile // what is not in the inbox as it is with the sender
	Pending  int64        // files that could not be sent
}

// FailedFile is a file that was to be sent and was not.
type FailedFile struct {
	Name   string `json:"name"` // as in the inbox; without folders where it has no name there
	Bytes  int64  `json:"bytes"`
	Reason string `json:"reason"` // one of problem's
}

// notedFile is a file in a delivery note.
type notedFile struct {
	Name      string `json:"name"`
	Bytes     int64  `json:"bytes"`
	CRC64     string `json:"crc64"` // as in a receipt: eight bytes, least significant first, in base64
	SHA256    string `json:"sha256,omitempty"`
	MD5       string `json:"md5,omitempty"`
	ETag      string `json:"etag"`
	Delivered string `json:"delivered_at"` // the storage's clock, RFC 3339 in UTC
}

// NoteName returns the name of a note: delivery-TIME-RANDOM.json, TIME in UTC and without a sign
// that Windows can't have in a name.
func NoteName(now time.Time) string {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	return fmt.Sprintf("delivery-%s-%s.json", now.UTC().Format("20060102T150405Z"),
		hex.EncodeToString(random))
}

// Write writes the note as one JSON object, with what was delivered: names as in [Write], and the
// hashes that are known. It blocks on the disk. Errors are the writer's and the deliveries'.
func (n *Note) Write(
	ctx context.Context, w io.Writer, below string, of Deliveries, known *Known,
) error {
	replaced, err := of.replaced(ctx)
	if err != nil {
		return err
	}
	var files, bytes int64
	out := bufio.NewWriter(w)
	put := func(texts ...string) {
		for _, text := range texts {
			_, _ = out.WriteString(text) // Flush has the error
		}
	}
	failed := make([]FailedFile, len(n.Failed))
	for i, f := range n.Failed {
		f.Name = strings.TrimPrefix(f.Name, below)
		failed[i] = f
	}
	head := []field{
		{"format", NoteFormat},
		{"message", n.Message},
		{"from", n.From},
		{"time", n.Time.UTC().Format(time.RFC3339)},
		{"version", n.Version},
		{"complete", len(n.Failed) == 0 && n.Pending == 0},
		{"excluded", n.excluded()},
		{"failed", failed},
		{"pending", n.Pending},
	}
	separator := "{\n"
	for _, f := range head {
		text, err := marshal(f.value)
		if err != nil {
			return fmt.Errorf("write note: %w", err)
		}
		put(separator, strconv.Quote(f.name), ": ", text)
		separator = ",\n"
	}
	put(",\n\"files\": [")
	separator = "\n"
	if err := of(ctx, func(_ ledger.Transfer, j ledger.Job) error {
		if replaced[j.ID] {
			return nil
		}
		files++
		bytes += j.Size
		text, err := marshal(noted(&j, below, known.of(j.ID, j.CRC64)))
		if err != nil {
			return fmt.Errorf("write note: %w", err)
		}
		put(separator, text)
		separator = ",\n"
		return nil
	}); err != nil {
		return err
	}
	put(fmt.Sprintf("\n],\n\"totals\": {\"files\": %d, \"bytes\": %d}\n}\n", files, bytes))
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write note: %w", err)
	}
	return nil
}

// field is one of a note's.
type field struct {
	name  string
	value any
}

func noted(j *ledger.Job, below string, s source.Sums) notedFile {
	return notedFile{
		Name: strings.TrimPrefix(j.Blob, below), Bytes: j.Size,
		CRC64: base64.StdEncoding.EncodeToString(
			binary.LittleEndian.AppendUint64(nil, j.CRC64)),
		SHA256: hex.EncodeToString([]byte(s.SHA256)), MD5: hex.EncodeToString([]byte(s.MD5)),
		ETag: j.Answer.ETag, Delivered: j.Answer.Date.UTC().Format(time.RFC3339),
	}
}

// excluded never is null.
func (n *Note) excluded() map[string]int64 {
	if n.Excluded == nil {
		return map[string]int64{}
	}
	return n.Excluded
}

// Fail adds a job that was not delivered.
func (n *Note) Fail(j *ledger.Job) {
	f := FailedFile{Name: j.Blob, Bytes: j.Size}
	if f.Name == "" {
		f.Name = path.Base(strings.ReplaceAll(j.Source, `\`, "/"))
	}
	if j.Problem != nil {
		f.Reason = string(j.Problem.Reason)
	}
	n.Failed = append(n.Failed, f)
}

// Exclude adds what a transfer left out.
func (n *Note) Exclude(t *ledger.Transfer) {
	if n.Excluded == nil {
		n.Excluded = map[string]int64{}
	}
	for _, reason := range slices.Sorted(maps.Keys(t.Skipped)) {
		n.Excluded[string(reason)] += t.Skipped[reason]
	}
}

// marshal is json.Marshal that leaves < > & as they are.
func marshal(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", err
	}
	return show.JSON(strings.TrimSuffix(b.String(), "\n")), nil
}
