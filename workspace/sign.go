package workspace

import (
	"net/url"
	"strings"

	"inboxuploader/uploader/azure"
)

// link returns a signed link for a container: a service SAS with a stored access policy (si). The
// policy has no fields; dates and rights are in the link. The service refuses a field that is in
// both (learn.microsoft.com/rest/api/storageservices/define-stored-access-policy,
// create-service-sas).
func (a Account) link(container, policy string, r Request, at string) string {
	protocol := "https"
	if strings.HasPrefix(at, "http://") {
		protocol = "https,http" // loopback, which has no https; it is what no protocol means
	}
	signature := a.sign(strings.Join([]string{
		r.Rights, stamp(r.From), stamp(r.To),
		"/blob/" + a.name + "/" + container,
		policy, r.IP, protocol, azure.Version, "c",
		"", "", // no snapshot, no encryption scope
		"", "", "", "", "", // no headers of answers
	}, "\n"))
	var b strings.Builder
	for _, p := range [][2]string{
		{"sv", azure.Version},
		{"st", stamp(r.From)},
		{"se", stamp(r.To)},
		{"sr", "c"},
		{"sp", r.Rights},
		{"sip", r.IP},
		{"spr", protocol},
		{"si", policy},
		{"sig", signature},
	} {
		if p[1] != "" {
			b.WriteString("&" + p[0] + "=" + url.QueryEscape(p[1]))
		}
	}
	return at + "/" + container + "?" + b.String()[1:]
}
