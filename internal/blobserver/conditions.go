package blobserver

import (
	"net/http"
	"strings"
	"time"
)

// conditions are a request's If- headers
// (rest/api/storageservices/specifying-conditional-headers-for-blob-service- operations). A name
// without a blob has no tag and no time: it fails If-Match and passes all others.
type conditions struct {
	match, noneMatch string
	since, unless    time.Time // If-Modified-Since, If-Unmodified-Since
}

// readConditions refuses dates that can't be read.
func readConditions(h http.Header) (conditions, *apiError) {
	c := conditions{match: h.Get("If-Match"), noneMatch: h.Get("If-None-Match")}
	for name, t := range map[string]*time.Time{"If-Modified-Since": &c.since, "If-Unmodified-Since": &c.unless} {
		v := h.Get(name)
		if v == "" {
			continue
		}
		at, err := http.ParseTime(v)
		if err != nil {
			return c, badHeader(name, v)
		}
		*t = at
	}
	return c, nil
}

// tagged reports whether the tag is among a header's tags, or the header is "*".
func tagged(header, tag string) bool {
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.Trim(t, `"`) == strings.Trim(tag, `"`) {
			return true
		}
	}
	return false
}

// write checks the conditions for a change of content with the tag and time; exists is false if
// there is no content.
func (c conditions) write(exists bool, tag string, modified time.Time) *apiError {
	modified = modified.Truncate(time.Second) // HTTP's dates have no more
	switch {
	case !exists && c.match != "":
		return fail("ConditionNotMet")
	case !exists:
		return nil
	case c.noneMatch == "*":
		return fail("BlobAlreadyExists")
	case c.match != "" && !tagged(c.match, tag), c.noneMatch != "" && tagged(c.noneMatch, tag),
		!c.since.IsZero() && !modified.After(c.since), !c.unless.IsZero() &&
			modified.After(c.unless):
		return fail("ConditionNotMet")
	}
	return nil
}

// read checks the conditions for a read of content with the tag and time.
func (c conditions) read(tag string, modified time.Time) *apiError {
	modified = modified.Truncate(time.Second)
	e := fail("ConditionNotMet")
	switch {
	case c.match != "" && !tagged(c.match, tag), !c.unless.IsZero() && modified.After(c.unless):
		return e
	case c.noneMatch != "" && tagged(c.noneMatch, tag),
		c.noneMatch == "" && !c.since.IsZero() && !modified.After(c.since):
		e.status = http.StatusNotModified
		return e
	}
	return nil
}

// guard turns the conditions into a guard of the current content. It refuses a token that may only
// create before it checks the conditions.
func (x *exchange) guard() (guard, *apiError) {
	cond, e := readConditions(x.r.Header)
	if e != nil {
		return nil, e
	}
	createOnly := x.op.Kind == PutBlob && !x.access.has("w")
	return func(cur *content) *apiError {
		if cur == nil {
			return cond.write(false, "", time.Time{})
		}
		if createOnly {
			return fail("UnauthorizedBlobOverwrite")
		}
		return cond.write(true, cur.ETag, cur.Modified)
	}, nil
}
