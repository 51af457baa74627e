package workspace

import (
	"cmp"
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// listed is a page of List Containers.
type listed struct {
	Containers []struct {
		Name     string      `xml:"Name"`
		Metadata xmlMetadata `xml:"Metadata"`
	} `xml:"Containers>Container"`
	Next string `xml:"NextMarker"`
}

// xmlMetadata reads one element for each name; names are in lower case afterwards.
type xmlMetadata map[string]string

// UnmarshalXML implements xml.Unmarshaler.
func (m *xmlMetadata) UnmarshalXML(d *xml.Decoder, _ xml.StartElement) error {
	*m = xmlMetadata{}
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			var value string
			if err := d.DecodeElement(&value, &t); err != nil {
				return err
			}
			(*m)[strings.ToLower(t.Name.Local)] = value
		case xml.EndElement:
			return nil
		}
	}
}

// page reads a page of the workspace's containers and the service's clock.
func (w *Workspace) page(
	ctx context.Context, op, from string, most int,
) (listed, time.Time, error) {
	q := url.Values{"comp": {"list"}, "include": {"metadata"}, "prefix": {w.id + "-"}, "maxresults": {itoa(most)}}
	if from != "" {
		q.Set("marker", from)
	}
	var l listed
	h, err := w.read(ctx,
		call{op: op, method: http.MethodGet, query: q.Encode(), want: http.StatusOK}, &l)
	if err != nil {
		return l, time.Time{}, err
	}
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		at = w.now() // it is not far off, or the request would have been refused
	}
	return l, at, nil
}

// mostListed is how many results the service puts on one page at most.
const mostListed = 5000

// all reads all pages and returns the tokens, the highest number that is taken, and the service's
// clock.
func (w *Workspace) all(
	ctx context.Context, op string,
) (grants []Grant, highest int, at time.Time, err error) {
	for from := ""; ; {
		var l listed
		if l, at, err = w.page(ctx, op, from, mostListed); err != nil {
			return nil, 0, at, err
		}
		for _, c := range l.Containers {
			tid, ok := w.number(c.Name)
			if !ok {
				continue
			}
			highest = max(highest, tid)
			if g, ok := readGrant(c.Name, tid, c.Metadata); ok {
				grants = append(grants, g)
			}
		}
		if from = l.Next; from == "" {
			return grants, highest, at, nil
		}
	}
}

// List returns the workspace's tokens, the newest first.
func (w *Workspace) List(ctx context.Context) ([]Grant, error) {
	grants, _, _, err := w.all(ctx, "list tokens")
	slices.SortFunc(grants, func(a, b Grant) int { return cmp.Compare(b.TID, a.TID) })
	return grants, err
}

// Grant returns one of the workspace's tokens. Its error's reason is TokenUnknown where there is
// none of that number.
func (w *Workspace) Grant(ctx context.Context, tid int) (Grant, error) {
	name := w.container(tid)
	if tid < 1 || tid > maxTID {
		return Grant{}, ofToken(newError("read token", TokenUnknown), tid)
	}
	h, err := w.send(ctx,
		call{op: "read token", method: http.MethodGet, container: name, query: "comp=metadata&restype=container", want: http.StatusOK})
	if err != nil {
		return Grant{}, ofToken(err, tid)
	}
	m := map[string]string{}
	for k, v := range h {
		if k, ok := strings.CutPrefix(strings.ToLower(k), "x-ms-meta-"); ok {
			m[k] = strings.Join(v, ",")
		}
	}
	g, ok := readGrant(name, tid, m)
	if !ok {
		return Grant{}, ofToken(newError("read token", TokenUnknown), tid)
	}
	return g, nil
}
