package workspace

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"
)

// policyPrefix begins the names of the policies of tokens. Others in a container are left alone.
const policyPrefix = "upload-"

// policies is the body of Get and Set Container ACL.
type policies struct {
	XMLName xml.Name     `xml:"SignedIdentifiers"`
	List    []accessRule `xml:"SignedIdentifier"`
}

// accessRule is a stored access policy. What it states is kept byte for byte.
type accessRule struct {
	ID     string  `xml:"Id"`
	Fields *fields `xml:"AccessPolicy"`
}

type fields struct {
	Text string `xml:",innerxml"`
}

// noFields is a policy that states nothing, so that all stands in the link. Fields without content
// are as good as none; an emulator demands that one is there.
const noFields = "<Start></Start><Expiry></Expiry><Permission></Permission>"

// changePolicies makes name the only policy of a token in the container, or leaves none with an
// empty name.
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
