package workspace

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"
)

// policyPrefix begins the names of tokens' policies. Other policies in a container stay as they
// are.
const policyPrefix = "upload-"

// policies is the body of Get and Set Container ACL.
type policies struct {
	XMLName xml.Name     `xml:"SignedIdentifiers"`
	List    []accessRule `xml:"SignedIdentifier"`
}

// accessRule is a stored access policy. Its fields are kept byte for byte.
type accessRule struct {
	ID     string  `xml:"Id"`
	Fields *fields `xml:"AccessPolicy"`
}

type fields struct {
	Text string `xml:",innerxml"`
}

// noFields is a policy that states nothing, so that everything is in the link. Empty fields count
// as none; an emulator requires that they are there.
const noFields = "<Start></Start><Expiry></Expiry><Permission></Permission>"

// changePolicies makes name the container's only policy for a token; an empty name leaves none.
func (w *Workspace) changePolicies(ctx context.Context, tid int, name string) error {
	const query = "comp=acl&restype=container"
	var there policies
	if _, err := w.read(ctx,
		call{op: "read policies", method: http.MethodGet, container: w.container(tid), query: query, want: http.StatusOK}, &there); err != nil {
		return ofToken(err, tid)
	}
	kept := there.List[:0]
	for _, p := range there.List {
		if !strings.HasPrefix(p.ID, policyPrefix) {
			kept = append(kept, p)
		}
	}
	there.List = kept
	if name != "" {
		there.List = append(there.List, accessRule{name, &fields{noFields}})
	}
	there.XMLName = xml.Name{Local: "SignedIdentifiers"}
	body, err := xml.Marshal(there)
	if err != nil {
		return newError("write policies", Unexpected)
	}
	_, err = w.send(ctx,
		call{op: "write policies", method: http.MethodPut, container: w.container(tid), query: query, body: string(body), want: http.StatusOK})
	return ofToken(err, tid)
}
