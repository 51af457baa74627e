package workspace

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/receipt"
)

// Listed is a file's entry in lists of arrived files.
type Listed struct {
	Name    string `json:"name"`
	Bytes   int64  `json:"bytes"`
	Arrived string `json:"arrived"` // RFC 3339 in UTC, by the storage's clock
	MD5     string `json:"md5"`     // hexadecimal; empty if the storage has none
	ETag    string `json:"etag"`
}

// Listed returns the file's entry in lists.
func (f File) Listed() Listed {
	return Listed{
		Name: f.Name, Bytes: f.Size, Arrived: f.Arrived.UTC().Format(time.RFC3339),
		MD5: hex.EncodeToString(f.MD5), ETag: f.ETag,
	}
}

// JSONList writes the files that arrived with a token as one JSON object, file by file, so that a
// million files take no memory. It writes nothing before the first file or the end, so that an
// early error leaves no output.
type JSONList struct {
	out          io.Writer
	wsid         string
	tid          int
	begun        bool
	files, bytes int64
}

// NewJSONList returns a list of the files that arrived with a token of a workspace.
func NewJSONList(out io.Writer, wsid string, tid int) *JSONList {
	return &JSONList{out: out, wsid: wsid, tid: tid}
}

func (l *JSONList) begin() error {
	if l.begun {
		return nil
	}
	l.begun = true
	_, err := fmt.Fprintf(l.out, "{\n\"tid\": \"%d\",\n\"wsid\": %q,\n\"container\": \"%s-%d\",\n"+
		"\"files\": [", l.tid, l.wsid, l.wsid, l.tid)
	return err
}

// Add writes a file, which may have any fields, and adds its bytes to the total.
func (l *JSONList) Add(f any, bytes int64) error {
	if err := l.begin(); err != nil {
		return err
	}
	separator := ",\n"
	if l.files == 0 {
		separator = "\n"
	}
	l.files++
	l.bytes += bytes
	text, err := json.Marshal(f)
	if err == nil {
		_, err = io.WriteString(l.out, separator+show.JSON(string(text)))
	}
	return err
}

// End writes the names of missing files, unless missing is nil, and the totals.
func (l *JSONList) End(missing []string) error {
	if err := l.begin(); err != nil {
		return err
	}
	if missing != nil {
		text, err := json.Marshal(missing)
		if err == nil {
			_, err = fmt.Fprintf(l.out, "\n],\n\"missing\": %s", show.JSON(string(text[:len(text)-1])))
		}
		if err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(l.out, "\n],\n\"files_total\": %d,\n\"bytes_total\": %d\n}\n", l.files,
		l.bytes)
	return err
}

// WriteJSON writes files as a [JSONList].
func WriteJSON(out io.Writer, wsid string, tid int, files iter.Seq2[File, error]) error {
	l := NewJSONList(out, wsid, tid)
	for f, err := range files {
		if err == nil {
			err = l.Add(f.Listed(), f.Size)
		}
		if err != nil {
			return err
		}
	}
	return l.End(nil)
}

// WriteCSV writes files as a table in CSV, with the columns of [Listed] and safe for spreadsheets,
// see [receipt.Cell].
func WriteCSV(out io.Writer, files iter.Seq2[File, error]) error {
	table := csv.NewWriter(out)
	_ = table.Write([]string{"name", "bytes", "arrived", "md5", "etag"}) // Error says what failed
	for f, err := range files {
		if err != nil {
			return err
		}
		l := f.Listed()
		err = table.Write([]string{
			receipt.Cell(l.Name), strconv.FormatInt(l.Bytes, 10), l.Arrived, l.MD5,
			receipt.Cell(l.ETag),
		})
		if err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}
