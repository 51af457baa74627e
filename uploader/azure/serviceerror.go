package azure

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"
	"time"
)

// serviceError is what the body of a refusal says ("Status and error codes" in the service's
// documentation).
type serviceError struct {
	Code               string `xml:"Code"`
	Detail             string `xml:"AuthenticationErrorDetail"`
	HeaderName         string `xml:"HeaderName"`
	QueryParameterName string `xml:"QueryParameterName"`
}

// parseServiceError parses a refusal's body. Anything else, such as a page, half a document or
// nothing, leaves the fields empty.
func parseServiceError(body []byte) serviceError {
	var said serviceError
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) // the service begins with a byte order mark
	if err := xml.Unmarshal(body, &said); err != nil {
		// Half a document: believe none of it.
		return serviceError{}
	}
	said.Code = strings.TrimSpace(said.Code)
	return said
}

// moment reads the date in "label [Tue, 01 Sep 2026 00:00:00 GMT]" out of a detail, zero if there
// is none.
func moment(detail, label string) time.Time {
	_, after, ok := strings.Cut(detail, label)
	if !ok {
		return time.Time{}
	}
	after, ok = strings.CutPrefix(strings.TrimLeft(after, " "), "[")
	if !ok {
		return time.Time{}
	}
	text, _, ok := strings.Cut(after, "]")
	if !ok {
		return time.Time{}
	}
	if t, err := http.ParseTime(text); err == nil {
		return t.UTC()
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC()
	}
	return time.Time{}
}
