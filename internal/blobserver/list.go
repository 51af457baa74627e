package blobserver

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// maxPage is how many results one list answer holds (rest/api/storageservices/list-blobs,
// maxresults).
const maxPage = 5000

type listedBlob struct {
	XMLName    xml.Name `xml:"Blob"`
	Name       listedName
	Properties struct {
		Created   string `xml:"Creation-Time"`
		Modified  string `xml:"Last-Modified"`
		ETag      string `xml:"Etag"`
		Length    int64  `xml:"Content-Length"`
		Type      string `xml:"Content-Type"`
		Encoding  string `xml:"Content-Encoding"`
		Language  string `xml:"Content-Language"`
		MD5       string `xml:"Content-MD5"`
		Cache     string `xml:"Cache-Control"`
		Dispos    string `xml:"Content-Disposition"`
		BlobType  string
		LeaseStat string `xml:"LeaseStatus"`
		LeaseSt   string `xml:"LeaseState"`
		Encrypted bool   `xml:"ServerEncrypted"`
	}
	Metadata *listedMetadata
}

// listedName is a name; one that XML can't hold is percent-encoded, as the service does.
type listedName struct {
	Encoded string `xml:"Encoded,attr,omitempty"`
	Text    string `xml:",chardata"`
}

type listedPrefix struct {
	XMLName xml.Name `xml:"BlobPrefix"`
	Name    listedName
}

// listedMetadata writes one element for each name.
type listedMetadata map[string]string

// MarshalXML implements xml.Marshaler.
func (m listedMetadata) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, k := range keys {
		if err := e.EncodeElement(m[k], xml.StartElement{Name: xml.Name{Local: k}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// page reads maxresults.
func (x *exchange) page() (int, *apiError) {
	v := x.q.Get("maxresults")
	if v == "" {
		return maxPage, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return 0, badParameter("maxresults", "not a number")
	}
	if n < 1 {
		return 0, fail("OutOfRangeQueryParameterValue")
	}
	return min(n, maxPage), nil
}

// marker reads where the list goes on: at the first name not before it.
func (x *exchange) marker() (string, *apiError) {
	raw, err := base64.URLEncoding.DecodeString(x.q.Get("marker"))
	if err != nil {
		return "", badParameter("marker", "not one of this server's")
	}
	return string(raw), nil
}

func nextMarker(name string) string {
	if name == "" {
		return ""
	}
	return base64.URLEncoding.EncodeToString([]byte(name))
}

func (x *exchange) includes(what string) bool {
	for v := range strings.SplitSeq(x.q.Get("include"), ",") {
		if v == what {
			return true
		}
	}
	return false
}

// listBlobs answers List Blobs, flat or by delimiter.
func (x *exchange) listBlobs() error {
	size, e := x.page()
	if e != nil {
		return e
	}
	from, e := x.marker()
	if e != nil {
		return e
	}
	prefix, delimiter := x.q.Get("prefix"), x.q.Get("delimiter")
	doc := struct {
		XMLName   xml.Name `xml:"EnumerationResults"`
		Endpoint  string   `xml:"ServiceEndpoint,attr"`
		Container string   `xml:"ContainerName,attr"`
		Prefix    string   `xml:",omitempty"`
		Marker    string   `xml:",omitempty"`
		Max       int      `xml:"MaxResults,omitempty"`
		Delimiter string   `xml:",omitempty"`
		Blobs     struct{ List []any }
		Next      string `xml:"NextMarker"`
	}{
		Endpoint: x.endpoint(), Container: x.t.container, Prefix: prefix, Marker: x.q.Get("marker"),
		Max:       size,
		Delimiter: delimiter,
	}
	names := x.c.names(prefix)
	withMetadata, group, skip := x.includes("metadata"), "", from
	for _, name := range names[sort.SearchStrings(names, skip):] {
		if !strings.HasPrefix(name, x.folder) || group != "" && strings.HasPrefix(name, group) {
			continue
		}
		group = ""
		if delimiter != "" {
			if i := strings.Index(name[len(prefix):], delimiter); i >= 0 {
				group = name[:len(prefix)+i+len(delimiter)]
			}
		}
		if len(doc.Blobs.List) == size {
			doc.Next = nextMarker(name)
			break
		}
		if group != "" {
			doc.Blobs.List = append(doc.Blobs.List, listedPrefix{Name: xmlName(group)})
			continue
		}
		if b := x.c.blob(name); b != nil {
			doc.Blobs.List = append(doc.Blobs.List, describeListed(name, b, withMetadata))
		}
	}
	return x.sendXML(doc)
}

// xmlName returns the name as a list shows it.
func xmlName(name string) listedName {
	return listedName{Text: name} // names with characters that XML can't hold have been refused
}

func describeListed(name string, b *content, withMetadata bool) listedBlob {
	out := listedBlob{Name: xmlName(name)}
	p := &out.Properties
	p.Created, p.Modified = b.Created.UTC().Format(http.TimeFormat),
		b.Modified.UTC().Format(http.TimeFormat)
	p.ETag, p.Length, p.BlobType = strings.Trim(b.ETag, `"`), b.Size, "BlockBlob"
	p.Type, p.Encoding, p.Language = b.Header.ContentType, b.Header.ContentEncoding,
		b.Header.ContentLanguage
	p.MD5, p.Cache, p.Dispos = b.Header.ContentMD5, b.Header.CacheControl,
		b.Header.ContentDisposition
	p.LeaseStat, p.LeaseSt = "unlocked", "available"
	if withMetadata && len(b.Metadata) > 0 {
		m := listedMetadata(b.Metadata)
		out.Metadata = &m
	}
	return out
}

// endpoint is the account's address as this client sees it.
func (x *exchange) endpoint() string {
	scheme := "http"
	if x.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.r.Host + "/" + x.s.cfg.Account + "/"
}

// listContainers answers List Containers.
func (x *exchange) listContainers() error {
	size, e := x.page()
	if e != nil {
		return e
	}
	from, e := x.marker()
	if e != nil {
		return e
	}
	type item struct {
		Name       string
		Properties struct {
			Modified string `xml:"Last-Modified"`
			ETag     string `xml:"Etag"`
			Lease    string `xml:"LeaseStatus"`
			State    string `xml:"LeaseState"`
		}
		Metadata *listedMetadata
	}
	prefix := x.q.Get("prefix")
	doc := struct {
		XMLName  xml.Name `xml:"EnumerationResults"`
		Endpoint string   `xml:"ServiceEndpoint,attr"`
		Prefix   string   `xml:",omitempty"`
		Marker   string   `xml:",omitempty"`
		Max      int      `xml:"MaxResults,omitempty"`
		List     struct {
			Items []item `xml:"Container"`
		} `xml:"Containers"`
		Next string `xml:"NextMarker"`
	}{Endpoint: x.endpoint(), Prefix: prefix, Marker: x.q.Get("marker"), Max: size}
	for _, name := range x.s.Containers() {
		if name < from || !strings.HasPrefix(name, prefix) {
			continue
		}
		c := x.s.container(name)
		if c == nil {
			continue
		}
		if len(doc.List.Items) == size {
			doc.Next = nextMarker(name)
			break
		}
		st := c.snapshot()
		it := item{Name: name}
		it.Properties.Modified, it.Properties.ETag = st.Modified.UTC().Format(http.TimeFormat),
			st.ETag
		it.Properties.Lease, it.Properties.State = "unlocked", "available"
		if x.includes("metadata") && len(st.Metadata) > 0 {
			m := listedMetadata(st.Metadata)
			it.Metadata = &m
		}
		doc.List.Items = append(doc.List.Items, it)
	}
	return x.sendXML(doc)
}
