package workspace

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"inboxuploader/uploader/azure"
)

// signer signs requests with the account's key, each try again
// (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key). The SDK has a signer
// too, but only in the container package, which depends on Apache Arrow.
type signer struct {
	account Account
	now     func() time.Time
}

// Do implements policy.Policy.
func (s *signer) Do(req *policy.Request) (*http.Response, error) {
	h := req.Raw().Header
	h.Set("x-ms-version", azure.Version)
	h.Set("x-ms-date", s.now().UTC().Format(http.TimeFormat))
	h.Set("Authorization",
		"SharedKey "+s.account.name+":"+s.account.sign(sharedKeyText(s.account.name, req.Raw())))
	return req.Next()
}

// sharedKeyText returns the text that is signed for a request.
func sharedKeyText(account string, r *http.Request) string {
	value := func(name string) string { return strings.Join(r.Header.Values(name), ",") }
	length := ""
	if r.ContentLength > 0 {
		length = strconv.FormatInt(r.ContentLength, 10)
	}
	lines := []string{
		r.Method, value("Content-Encoding"), value("Content-Language"), length,
		value("Content-MD5"), value("Content-Type"),
		"", // x-ms-date stands in for Date
		value("If-Modified-Since"), value("If-Match"), value("If-None-Match"),
		value("If-Unmodified-Since"), value("Range"),
	}
	own := map[string]string{}
	for name, values := range r.Header {
		if n := strings.ToLower(name); strings.HasPrefix(n, "x-ms-") {
			own[n] = strings.Join(values, ",")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		lines = append(lines, name+":"+own[name])
	}
	return strings.Join(append(lines, canonicalResource(account, r.URL)), "\n")
}

// canonicalResource names what a request is about.
func canonicalResource(account string, u *url.URL) string {
	var b strings.Builder
	b.WriteString("/" + account + u.EscapedPath())
	parameters := u.Query()
	for _, name := range slices.Sorted(maps.Keys(parameters)) { // in lower case, as all of ours are
		b.WriteString("\n" + name + ":" +
			strings.Join(slices.Sorted(slices.Values(parameters[name])), ","))
	}
	return b.String()
}
