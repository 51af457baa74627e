package azure

import (
	"errors"
	"net/http"
	"strconv"
)

// appendHead appends a request's line and headers to b. It fails where a value would end its line before its time.
func appendHead(b []byte, r *http.Request) ([]byte, error) {
	b = append(b, r.Method...)
	b = append(b, ' ')
	b = append(b, r.URL.EscapedPath()...)
	b = append(b, '?')
	if b = append(b, r.URL.RawQuery...); !plain(r.URL.RawQuery) || !plain(r.URL.Host) {
		return b, errHead
	}
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, r.URL.Host...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, r.ContentLength, 10)
	for key, values := range r.Header {
		if key == "Content-Length" { // the SDK sets it as a header too
			continue
		}
		for _, v := range values {
			if !plain(v) {
				return b, errHead
			}
			b = append(b, "\r\n"...)
			b = append(b, key...)
			b = append(b, ": "...)
			b = append(b, v...)
		}
	}
	return append(b, "\r\n\r\n"...), nil
}

var errHead = errors.New("azure: a header has characters that it must not have")

// plain reports whether a text is free of control characters.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] == 0x7f {
			return false
		}
	}
	return true
}
