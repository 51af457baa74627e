package workspace

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"inboxuploader/uploader/token"
)

// Grant is a token's row in the workspace's table: everything except its secret, which is kept
// nowhere.
type Grant struct {
	TID                int
	Container          string
	Reason             string
	ValidFrom, ValidTo time.Time // in UTC; zero if the table does not say
	Rights             string    // letters, such as "cw"
	IP                 string    // the address or range it is accepted from; "" for any
	Folder             string    // the workspace folder where the files belong
	Created            time.Time // in UTC
	CreatedBy          string
	Revoked            time.Time // in UTC; zero if it was not revoked
	RevokedBy          string

	policy string // the stored access policy that its link refers to
}

// StateRevoked is the state of a revoked token, in addition to the states of [token.State].
const StateRevoked token.State = "revoked"

// StateAt returns the token's state at the time now.
func (g Grant) StateAt(now time.Time) token.State {
	if !g.Revoked.IsZero() {
		return StateRevoked
	}
	return token.Token{ValidFrom: g.ValidFrom, ValidTo: g.ValidTo}.StateAt(now)
}

// The names of a container's metadata. They contain only letters, because services sort other
// characters differently when they check a request's signature. marker identifies the containers of
// tokens.
const (
	marker        = "uploadtoken"
	markerVersion = "1"

	metaReason    = "reason"
	metaFrom      = "validfrom"
	metaTo        = "validto"
	metaRights    = "rights"
	metaIP        = "ip"
	metaFolder    = "folder"
	metaCreated   = "created"
	metaCreatedBy = "createdby"
	metaPolicy    = "policy"
	metaRevoked   = "revoked"
	metaRevokedBy = "revokedby"
)

// metadata returns the grant as metadata. Values are percent-encoded because they are sent in
// headers, which hold only ASCII and lose double spaces. The longest reason, folder and name take
// less than 7 of the 8 KiB that the service allows.
func (g Grant) metadata() map[string]string {
	m := map[string]string{marker: markerVersion}
	for _, f := range []struct{ name, value string }{
		{metaReason, g.Reason},
		{metaFrom, stamp(g.ValidFrom)},
		{metaTo, stamp(g.ValidTo)},
		{metaRights, g.Rights},
		{metaIP, g.IP},
		{metaFolder, g.Folder},
		{metaCreated, stamp(g.Created)},
		{metaCreatedBy, g.CreatedBy},
		{metaPolicy, g.policy},
		{metaRevoked, stamp(g.Revoked)},
		{metaRevokedBy, g.RevokedBy},
	} {
		if f.value != "" {
			m[f.name] = url.PathEscape(f.value)
		}
	}
	return m
}

// readGrant parses metadata with names in lower case. Somebody may have edited it by hand: values
// that can't be parsed stay empty. It returns false for a container that is not a token's.
func readGrant(container string, tid int, m map[string]string) (Grant, bool) {
	if m[marker] == "" {
		return Grant{}, false
	}
	text := func(name string) string {
		value, err := url.PathUnescape(m[name])
		if err != nil {
			value = m[name]
		}
		return strings.ToValidUTF8(value, "�")
	}
	moment := func(name string) time.Time {
		t, err := time.Parse(time.RFC3339, text(name))
		if err != nil {
			return time.Time{}
		}
		return t.UTC()
	}
	return Grant{
		TID: tid, Container: container,
		Reason: text(metaReason), ValidFrom: moment(metaFrom), ValidTo: moment(metaTo),
		Rights: text(metaRights), IP: text(metaIP), Folder: text(metaFolder),
		Created: moment(metaCreated), CreatedBy: text(metaCreatedBy),
		Revoked: moment(metaRevoked), RevokedBy: text(metaRevokedBy), policy: text(metaPolicy),
	}, true
}

// stamp formats a time for links and metadata; empty for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func itoa(n int) string { return strconv.Itoa(n) }

// number returns the number at the end of a container's name that begins with the workspace's name,
// and whether there is one. A name with leading zeros is somebody else's: it would be a second name
// for the same number.
func (w *Workspace) number(container string) (int, bool) {
	digits, ok := strings.CutPrefix(container, w.id+"-")
	if !ok || len(digits) > len(itoa(maxTID)) || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0 && itoa(n) == digits
}

// container returns the name of a token's container.
func (w *Workspace) container(tid int) string { return w.id + "-" + itoa(tid) }
