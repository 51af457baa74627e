package workspace

import (
	"context"
	"crypto/md5" //nolint:gosec // it is what the service keeps
	"encoding/base64"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// File is a file in the inbox.
type File struct {
	Name    string
	Size    int64     // bytes
	Arrived time.Time // when it was committed, by the storage's clock
	MD5     []byte    // of the content, if the sender stated it or the storage computed it; else nil
	ETag    string
}

// blobs is a page of List Blobs.
type blobs struct {
	Blobs []struct {
		Name struct {
			Encoded bool   `xml:"Encoded,attr"` // names that XML can't hold are percent-encoded
			Text    string `xml:",chardata"`
		} `xml:"Name"`
		Properties struct {
			Size     int64  `xml:"Content-Length"`
			Modified string `xml:"Last-Modified"`
			MD5      string `xml:"Content-MD5"`
			ETag     string `xml:"Etag"`
		} `xml:"Properties"`
	} `xml:"Blobs>Blob"`
	Next string `xml:"NextMarker"`
}

// Files returns the files that arrived with a token, sorted by name. It reads page by page during
// the iteration, so a million files take no more memory than 5,000. An error ends it.
func (w *Workspace) Files(ctx context.Context, tid int) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		if _, err := w.Grant(ctx, tid); err != nil {
			yield(File{}, err)
			return
		}
		for from := ""; ; {
			q := url.Values{"comp": {"list"}, "restype": {"container"}, "maxresults": {itoa(mostListed)}}
			if from != "" {
				q.Set("marker", from)
			}
			var page blobs
			c := call{op: "list files", method: http.MethodGet, container: w.container(tid), query: q.Encode(), want: http.StatusOK}
			if _, err := w.read(ctx, c, &page); err != nil {
				yield(File{}, ofToken(err, tid))
				return
			}
			for _, b := range page.Blobs {
				f := File{Name: b.Name.Text, Size: b.Properties.Size, ETag: `"` + strings.Trim(b.Properties.ETag, `"`) + `"`}
				if b.Name.Encoded {
					if name, err := url.PathUnescape(f.Name); err == nil {
						f.Name = name
					}
				}
				f.Arrived, _ = http.ParseTime(b.Properties.Modified) // zero where the service does not say
				if sum, err := base64.StdEncoding.DecodeString(b.Properties.MD5); err == nil &&
					len(sum) == md5.Size {
					f.MD5 = sum
				}
				if !yield(f, nil) {
					return
				}
			}
			if from = page.Next; from == "" {
				return
			}
		}
	}
}
