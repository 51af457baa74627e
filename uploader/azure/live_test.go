package azure

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"inboxuploader/internal/proxydial"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// liveVariable holds the connection string of a storage account that "make live" may use. It makes
// containers of its own and removes them. It costs some hundred requests and a few megabytes, which
// is below a cent on any account, and must not be an account that anything else depends on.
const liveVariable = "UPLOADER_LIVE"

// newLive is a fresh container on the account of UPLOADER_LIVE.
func newLive(t *testing.T) *emulator {
	t.Helper()
	text := os.Getenv(liveVariable)
	if text == "" {
		t.Skip(liveVariable + " is not set: no account to test against")
	}
	values := map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		values[name] = value
	}
	endpoint := values["BlobEndpoint"]
	if endpoint == "" {
		suffix := values["EndpointSuffix"]
		if suffix == "" {
			suffix = "core.windows.net"
		}
		endpoint = "https://" + values["AccountName"] + ".blob." + suffix
	}
	u, err := url.Parse(endpoint)
	key, kerr := base64.StdEncoding.DecodeString(values["AccountKey"])
	if err != nil || kerr != nil || len(key) == 0 || values["AccountName"] == "" {
		t.Fatal("the connection string can't be read") // without quoting it: it has the key
	}
	e := &emulator{
		url: &url.URL{Scheme: u.Scheme, Host: u.Host}, account: values["AccountName"], key: key,
		inPath: strings.Trim(u.Path, "/") == values["AccountName"],
	}
	e.make(t)
	return e
}

// kind tells the service from its stand-ins.
func (e *emulator) kind(t *testing.T) string {
	t.Helper()
	server := e.request(t, http.MethodGet, "", "restype=container").Header.Get("Server")
	switch {
	case strings.HasPrefix(server, "Azurite"):
		return "Azurite"
	case proxydial.Own(e.url.Hostname()): // which says that it is Azure
		return "a local inbox"
	default:
		return "Azure"
	}
}

func TestLiveStoreKeepsThePromises(t *testing.T) {
	kind := newLive(t).kind(t)
	t.Logf("this is %s", kind)
	uploadertest.TestStore(t, func(t *testing.T) uploadertest.Subject {
		s := newLive(t).subject()
		if kind != "Azurite" {
			s.Lacks = uploadertest.Lacks{}
		}
		return s
	})
}

// assumption is something that the engine relies on and that was read in documentation, or inferred,
// rather than seen.
type assumption struct {
	what   string
	assume string
	// Azurite's answer, where it is known to be another.
	azurite string
	see     func(t *testing.T, e *emulator) string
}

// policyTime is how long the service may take until a policy counts ("Define a stored access
// policy": up to 30 s). Stand-ins take none.
var policyTime = 0 * time.Second

// outcome says in one word what became of a call.
func outcome(err error) string {
	if err == nil {
		return "done"
	}
	if e, ok := errors.AsType[*problem.Error](err); ok {
		return string(e.Reason)
	}
	return "failed"
}

func (e *emulator) open(t *testing.T, rights string) *Store {
	t.Helper()
	tok, query := e.token(rights)
	return e.openToken(t, tok, query)
}

func (e *emulator) openToken(t *testing.T, tok token.Token, query string) *Store {
	t.Helper()
	s, err := open(tok, query, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // idle connections
	return s
}

// staged stages one block under a name that has a blob, or none, and returns its id.
func staged(t *testing.T, s *Store, name string, there bool) []string {
	t.Helper()
	if there {
		if _, err := s.PutBlob(t.Context(), name, uploadertest.NewBody([]byte("there")),
			store.Properties{}, store.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	ids := store.BlockIDs(store.NewUploadID(), make([]uint64, 1))
	if _, err := s.PutBlock(t.Context(), name, ids[0],
		uploadertest.NewBody([]byte("block"))); err != nil {
		t.Fatal(err)
	}
	return ids
}

var assumptions = []assumption{
	{
		"a failed conditional commit keeps its blocks",
		"already-there, then done",
		"",
		func(t *testing.T, e *emulator) string {
			s := e.open(t, "w")
			ids := staged(t, s, "kept", true)
			_, err := s.PutBlockList(
				t.Context(),
				"kept",
				ids,
				store.Properties{},
				store.Condition{IfAbsent: true},
			)
			_, again := s.PutBlockList(
				t.Context(),
				"kept",
				ids,
				store.Properties{},
				store.Condition{},
			)
			return outcome(err) + ", then " + outcome(again)
		},
	},
	{
		"the condition is looked at before the block list",
		"already-there",
		"",
		func(t *testing.T, e *emulator) string {
			s := e.open(t, "w")
			staged(t, s, "first", true)
			unknown := store.BlockIDs(store.NewUploadID(), make([]uint64, 1))
			_, err := s.PutBlockList(
				t.Context(),
				"first",
				unknown,
				store.Properties{},
				store.Condition{IfAbsent: true},
			)
			return outcome(err)
		},
	},
	{"If-Modified-Since where no blob is", "done", "", func(t *testing.T, e *emulator) string {
		_, err := e.open(t, "w").PutBlob(t.Context(), "since", uploadertest.NewBody([]byte("x")),
			store.Properties{}, store.Condition{IfModifiedSince: time.Now().Add(-time.Minute)})
		return outcome(err)
	}},
	{"echo of checksums", "checked", "not checked", func(t *testing.T, e *emulator) string {
		s := e.open(t, "w")
		a, err := s.PutBlock(
			t.Context(),
			"echo",
			store.BlockID(store.NewUploadID(), 0, 0),
			uploadertest.NewBody([]byte("x")),
		)
		if err != nil {
			return outcome(err)
		}
		if !a.Checked {
			return "not checked"
		}
		return "checked"
	}},
	{"a wrong checksum is refused", "corrupted", "done", func(t *testing.T, e *emulator) string {
		_, err := e.open(t, "w").
			PutBlock(t.Context(), "sum", store.BlockID(store.NewUploadID(), 0, 0),
				store.NewBody([]byte("x"), 1))
		return outcome(err)
	}},
	{"an empty block is refused", "refused", "done", func(t *testing.T, e *emulator) string {
		_, err := e.open(t, "w").
			PutBlock(t.Context(), "empty", store.BlockID(store.NewUploadID(), 0, 0), uploadertest.NewBody(nil))
		if err != nil {
			return "refused"
		}
		return "done"
	}},
	{
		"a create-only token commits nothing",
		"permission-create-only",
		"",
		func(t *testing.T, e *emulator) string {
			s := e.open(t, "c")
			_, err := s.PutBlock(
				t.Context(),
				"create",
				store.BlockID(store.NewUploadID(), 0, 0),
				uploadertest.NewBody([]byte("x")),
			)
			return outcome(err)
		},
	},
	{
		"a create-only token replaces nothing",
		"may-not-replace",
		"permission-create-only",
		func(t *testing.T, e *emulator) string {
			s := e.open(t, "c")
			body := func() *store.Body { return uploadertest.NewBody([]byte("x")) }
			if _, err := s.PutBlob(t.Context(), "once", body(), store.Properties{}, store.Condition{}); err != nil {
				return outcome(err)
			}
			_, err := s.PutBlob(t.Context(), "once", body(), store.Properties{}, store.Condition{})
			return outcome(err)
		},
	},
	{
		"a token without the right to write",
		"permission-missing",
		"",
		func(t *testing.T, e *emulator) string {
			_, err := e.open(t, "r").
				PutBlob(t.Context(), "r", uploadertest.NewBody([]byte("x")), store.Properties{}, store.Condition{})
			return outcome(err)
		},
	},
	{
		"a damaged signature",
		"signature-refused",
		"",
		func(t *testing.T, e *emulator) string {
			tok, query := e.token("w")
			query = query[:strings.Index(query, "sig=")+4] + url.QueryEscape(
				base64.StdEncoding.EncodeToString(make([]byte, 32)),
			)
			_, err := e.openToken(t, tok, query).
				PutBlob(t.Context(), "sig", uploadertest.NewBody([]byte("x")), store.Properties{}, store.Condition{})
			return outcome(err)
		},
	},
	{"an inbox that is not there", "inbox-gone", "", func(t *testing.T, e *emulator) string {
		other := &emulator{
			url:       e.url,
			account:   e.account,
			inPath:    e.inPath,
			key:       e.key,
			container: e.container + "x",
		}
		_, err := other.open(t, "w").
			PutBlob(t.Context(), "x", uploadertest.NewBody([]byte("x")), store.Properties{}, store.Condition{})
		return outcome(err)
	}},
	{
		"a policy that states nothing lets a link's dates and rights count",
		"done",
		"no policy",
		func(t *testing.T, e *emulator) string {
			const empty = `<SignedIdentifiers><SignedIdentifier><Id>p1</Id>` +
				`<AccessPolicy></AccessPolicy></SignedIdentifier></SignedIdentifiers>`
			resp := e.send(t, http.MethodPut, "", "comp=acl&restype=container", empty)
			if resp.StatusCode != http.StatusOK {
				return "no policy"
			}
			time.Sleep(policyTime)
			tok, query := e.tokenOf("w", "p1", "c", 0)
			_, err := e.openToken(t, tok, query).
				PutBlob(t.Context(), "policy", uploadertest.NewBody([]byte("x")), store.Properties{}, store.Condition{})
			return outcome(err)
		},
	},
	{
		"a token for a folder opens it (accounts with folders alone)",
		"done",
		"signature-refused",
		func(t *testing.T, e *emulator) string {
			tok, query := e.tokenOf("w", "", "d", 1)
			_, err := e.openToken(t, tok, query).
				PutBlob(t.Context(), "folder/x", uploadertest.NewBody([]byte("x")), store.Properties{}, store.Condition{})
			return outcome(err)
		},
	},
	{
		"a name that ends with a dot is cut silently",
		"cut",
		"kept",
		func(t *testing.T, e *emulator) string {
			if _, err := e.open(t, "w").PutBlob(t.Context(), "dot.", uploadertest.NewBody([]byte("x")), store.Properties{}, store.Condition{}); err != nil {
				return outcome(err)
			}
			if e.request(t, http.MethodHead, "dot", "").StatusCode == http.StatusOK {
				return "cut"
			}
			return "kept"
		},
	},
}

// TestLiveAssumptions prints a table of what is assumed of the service and what was seen, and fails
// where they differ, unless that is known of a stand-in.
func TestLiveAssumptions(t *testing.T) {
	e := newLive(t)
	kind := e.kind(t)
	if strings.HasSuffix(e.url.Host, ".net") {
		policyTime = 31 * time.Second
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "of %s\tassumed\tseen\t\n", kind)
	for _, a := range assumptions {
		want := a.assume
		if kind == "Azurite" && a.azurite != "" {
			want = a.azurite
		}
		seen := a.see(t, e)
		verdict := ""
		if seen != a.assume {
			verdict = "known difference"
		}
		if seen != want {
			verdict = "DIFFERS"
			t.Errorf("%s: %s, want %s", a.what, seen, want)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", a.what, a.assume, seen, verdict)
	}
	_ = w.Flush()
	t.Log("\n" + table.String())
}

// TestLiveIsTriedOnTheLocalInbox keeps the above working where there is no account.
func TestLiveIsTriedOnTheLocalInbox(t *testing.T) {
	if os.Getenv(liveVariable) != "" {
		t.Skip("there is an account")
	}
	server, base := serveInbox(t, "other")
	t.Setenv(
		liveVariable,
		fmt.Sprintf("AccountName=%s;AccountKey=%s;BlobEndpoint=%s/%s", server.Account(),
			base64.StdEncoding.EncodeToString(server.Key()), base, server.Account()),
	)
	t.Run("local", TestLiveAssumptions)
}
