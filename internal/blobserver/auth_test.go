package blobserver_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"

	"inboxuploader/internal/blobserver"
)

// do sends one request and returns status, x-ms-error-code, body.
func (in *inbox) do(
	method, link string, header map[string]string, body string,
) (int, string, string) {
	in.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(in.t.Context(), method, link, r)
	if err != nil {
		in.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := in.http.Do(req)
	if err != nil {
		in.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		in.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		in.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("x-ms-error-code"), string(text)
}

// named puts a blob's name, escaped already, into a link.
func named(link, name string) string { return strings.Replace(link, "?", "/"+name+"?", 1) }

// with changes the query of a link.
func with(t *testing.T, link string, change func(url.Values)) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	change(q)
	u.RawQuery = q.Encode()
	return u.String()
}

var blockBlob = map[string]string{"x-ms-blob-type": "BlockBlob"}

func TestTokenRefusals(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	now := in.clock.now()
	day := 24 * time.Hour
	if err := in.SetPolicies(box,
		blobserver.Policy{ID: "empty"},
		blobserver.Policy{ID: "full", From: now.Add(-day), To: now.Add(day), Rights: "cw"},
		blobserver.Policy{ID: "old", To: now.Add(-day), Rights: "cw"},
	); err != nil {
		t.Fatal(err)
	}
	valid := blobserver.TokenRequest{Rights: "cw", From: now.Add(-day), To: now.Add(day)}
	good := in.sign(valid)
	change := func(f func(*blobserver.TokenRequest)) string {
		r := valid
		f(&r)
		return in.sign(r)
	}
	edit := func(k, v string) string {
		return with(t, good, func(q url.Values) { q.Set(k, v) })
	}
	drop := func(k string) string {
		return with(t, good, func(q url.Values) { q.Del(k) })
	}
	http1 := func(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
	for _, test := range []struct {
		name, link   string
		code, detail string // "" for 201
	}{
		{"valid", good, "", ""},
		{"no start", change(func(r *blobserver.TokenRequest) { r.From = time.Time{} }), "", ""},
		{"old version", change(func(r *blobserver.TokenRequest) { r.Version = "2015-04-05" }), "", ""},
		{"version with sr", change(func(r *blobserver.TokenRequest) { r.Version = "2018-11-09" }), "", ""},
		{"newest version", change(func(r *blobserver.TokenRequest) { r.Version = "2026-12-06" }), "", ""},
		{
			"expired", change(func(r *blobserver.TokenRequest) { r.To = now }),
			"AuthenticationFailed",
			"Signature not valid in the specified time frame: Start [" + http1(now.Add(-day)) +
				"] - Expiry [" +
				http1(now) + "] - Current [" + http1(now) + "]",
		},
		{
			"expired without start", change(func(r *blobserver.TokenRequest) { r.From, r.To = time.Time{}, now.Add(-day) }),
			"AuthenticationFailed", "Signed expiry time [" + http1(now.Add(-day)) +
				"] must be after signed start time [" + http1(now) + "]",
		},
		{
			"not yet", change(func(r *blobserver.TokenRequest) { r.From = now.Add(time.Second) }),
			"AuthenticationFailed",
			"Signature not valid in the specified time frame: Start [" +
				http1(now.Add(time.Second)),
		},
		{
			"other signature", edit("sig", base64.StdEncoding.EncodeToString(make([]byte, 32))),
			"AuthenticationFailed",
			"Signature did not match. String to sign used was cw\n",
		},
		{"short signature", edit("sig", "abcd"), "AuthenticationFailed", "Signature size is invalid"},
		{"no signature", drop("sig"), "AuthenticationFailed", "sig is mandatory. Cannot be empty"},
		{"no expiry", drop("se"), "AuthenticationFailed", "se is mandatory. Cannot be empty"},
		{"no rights", drop("sp"), "AuthenticationFailed", "sp is mandatory. Cannot be empty"},
		{"no resource", drop("sr"), "AuthenticationFailed", "sr is mandatory. Cannot be empty"},
		{"no version", drop("sv"), "AuthenticationFailed", "sv is mandatory. Cannot be empty"},
		{"more rights than signed", edit("sp", "racwdl"), "AuthenticationFailed", "Signature did not match"},
		{"later than signed", edit("se", "2099-01-01"), "AuthenticationFailed", "Signature did not match"},
		{"expiry is no date", edit("se", "tomorrow"), "AuthenticationFailed", "Signature fields not well formed."},
		{"user delegation", edit("skoid", "x"), "AuthenticationFailed", "User delegation"},
		{"no query at all", strings.SplitN(good, "?", 2)[0] + "?", "NoAuthenticationInformation", ""},
		{"read only", change(func(r *blobserver.TokenRequest) { r.Rights = "rl" }), "AuthorizationPermissionMismatch", ""},
		{"https only", change(func(r *blobserver.TokenRequest) { r.HTTPSOnly = true }), "AuthorizationProtocolMismatch", ""},
		{"this address", change(func(r *blobserver.TokenRequest) { r.IP = "127.0.0.1" }), "", ""},
		{"this range", change(func(r *blobserver.TokenRequest) { r.IP = "127.0.0.0-127.0.0.9" }), "", ""},
		{"other address", change(func(r *blobserver.TokenRequest) { r.IP = "10.0.0.1" }), "AuthorizationSourceIPMismatch", "127.0.0.1"},
		{"policy and own dates", change(func(r *blobserver.TokenRequest) { r.Policy = "empty" }), "", ""},
		{"policy with all", in.sign(blobserver.TokenRequest{Policy: "full"}), "", ""},
		{
			"policy twice", change(func(r *blobserver.TokenRequest) { r.Policy = "full" }),
			"AuthenticationFailed",
			"Access policy fields can be associated with signature or SAS identifier but not both",
		},
		{
			"policy without end", in.sign(blobserver.TokenRequest{Policy: "empty"}),
			"AuthenticationFailed",
			"Access without signed expiry invalid",
		},
		{"policy is over", in.sign(blobserver.TokenRequest{Policy: "old"}), "AuthenticationFailed", "Signed expiry time ["},
		{
			"policy removed", in.sign(blobserver.TokenRequest{Policy: "gone"}),
			"AuthenticationFailed",
			"SAS identifier cannot be found for specified signed identifier",
		},
		{"other container", change(func(r *blobserver.TokenRequest) { r.Container = "practice-2" }), "ContainerNotFound", ""},
		{
			"climbs into another container", strings.Replace(good, "?",
				"/../../"+in.Account()+"/practice-2?", 1),
			"AuthenticationFailed", "Signature did not match",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, code, body := in.do(http.MethodPut, named(test.link, "x.txt"), blockBlob, "x")
			if code != test.code || test.code == "" && status != http.StatusCreated {
				t.Fatalf("%d %q, want %q\n%s", status, code, test.code, body)
			}
			if test.code != "" && (!strings.Contains(body, "<Code>"+test.code+"</Code>") ||
				!strings.Contains(strings.ReplaceAll(body, "&#xA;", "\n"), test.detail)) {
				t.Errorf("body does not say %q:\n%s", test.detail, body)
			}
			if sig := url.QueryEscape(sigOf(t, test.link)); len(sig) > 8 &&
				strings.Contains(body, sig) {
				t.Errorf("the signature is in the body")
			}
		})
	}
}

func sigOf(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("sig")
}

// TestRights tries every operation with tokens of few rights: what each needs is in the service's
// table.
func TestRights(t *testing.T) {
	list := "<BlockList><Latest>" + blockID("1") + "</Latest></BlockList>"
	ops := []struct{ name, method, query, body string }{
		{"new", "PUT", "", "x"},
		{"over", "PUT", "", "x"},
		{"block", "PUT", "&comp=block&blockid=" + blockID("2"), "x"},
		{"list", "PUT", "&comp=blocklist", list},
		{"read", "GET", "", ""},
		{"head", "HEAD", "", ""},
		{"blocks", "GET", "&comp=blocklist", ""},
		{"names", "GET", "&restype=container&comp=list", ""},
		{"meta", "PUT", "&comp=metadata", ""},
		{"delete", "DELETE", "", ""},
		{"props", "GET", "&restype=container", ""},
		{"acl", "GET", "&restype=container&comp=acl", ""},
	}
	const no, overwrite = "AuthorizationPermissionMismatch", "UnauthorizedBlobOverwrite"
	for rights, want := range map[string]map[string]string{
		"c":      {"new": "", "over": overwrite},
		"w":      {"new": "", "over": "", "block": "", "list": "", "meta": ""},
		"cw":     {"new": "", "over": "", "block": "", "list": "", "meta": ""},
		"r":      {"read": "", "head": "", "blocks": ""},
		"l":      {"names": ""},
		"d":      {"delete": ""},
		"a":      {},
		"racwdl": {"new": "", "over": "", "block": "", "list": "", "read": "", "head": "", "blocks": "", "names": "", "meta": "", "delete": ""},
	} {
		t.Run(rights, func(t *testing.T) {
			in := start(t, t.TempDir(), nil)
			link, all := in.token(rights), in.token("racwdl")
			for _, op := range ops {
				if op.name != "new" {
					if status, _, body := in.do("PUT", named(all, "there"), blockBlob,
						"old"); status != 201 {
						t.Fatal(body)
					}
				}
				if op.name == "list" {
					if status, _, body := in.do("PUT", named(all,
						"there")+"&comp=block&blockid="+blockID("1"), nil, "x"); status != 201 {
						t.Fatal(body)
					}
				}
				at := named(link, "there")
				if strings.Contains(op.query, "restype=container") {
					at = link
				}
				code, ok := want[op.name]
				switch {
				case !ok && (op.name == "props" || op.name == "acl"):
					code = "AuthorizationFailure" // never with a service SAS
				case !ok:
					code = no
				}
				status, got, body := in.do(op.method, at+op.query, blockBlob, op.body)
				if got != code || code == "" && status >= 300 {
					t.Errorf("%s: %d %q, want %q\n%s", op.name, status, got, code, body)
				}
				if op.method == "HEAD" && body != "" {
					t.Errorf("%s: an answer to HEAD has a body", op.name)
				}
			}
		})
	}
}

func TestDirectoryAndBlobTokens(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	to := in.clock.now().Add(time.Hour)
	dir := in.sign(blobserver.TokenRequest{Rights: "cwl", To: to, Folder: "a/b"})
	one := in.sign(blobserver.TokenRequest{Rights: "cw", To: to, Blob: "a/one.txt"})
	base := in.url + "/" + in.Account() + "/" + box
	query := func(link string) string { return link[strings.IndexByte(link, '?'):] }
	for _, test := range []struct{ name, link, code string }{
		{"below the folder", base + "/a/b/x.txt" + query(dir), ""},
		{"deep below the folder", base + "/a/b/c/d.txt" + query(dir), ""},
		{"beside the folder", base + "/a/c/x.txt" + query(dir), "AuthenticationFailed"},
		{"above the folder", base + "/x.txt" + query(dir), "AuthenticationFailed"},
		{"a longer name", base + "/a/bb/x.txt" + query(dir), "AuthenticationFailed"},
		{"out of the folder", base + "/a/b/../x.txt" + query(dir), "AuthenticationFailed"},
		{"out of the folder, escaped", base + "/a%2Fb%2F%2E%2E%2F..%2Fx.txt" + query(dir), "AuthenticationFailed"},
		{"out of the folder, backslash", base + `/a/b/..%5C..%5Cx.txt` + query(dir), "AuthenticationFailed"},
		{"the blob", one, ""},
		{"another blob", base + "/a/two.txt" + query(one), "AuthenticationFailed"},
	} {
		if _, code, body := in.do("PUT", test.link, blockBlob, "x"); code != test.code {
			t.Errorf("%s: %q, want %q\n%s", test.name, code, test.code, body)
		}
	}
	if _, code, _ := in.do("PUT", named(in.token("cw"), "a/bc.txt"), blockBlob, "x"); code != "" {
		t.Fatal(code)
	}
	_, code, body := in.do("GET", base+query(dir)+"&restype=container&comp=list&prefix=a/b", nil,
		"")
	if code != "" || strings.Contains(body, "bc.txt") || !strings.Contains(body, "a/b/x.txt") {
		t.Errorf("list with a folder's token: %q\n%s", code, body)
	}
}

// TestSDKTokens has the SDK sign: what it makes must be accepted.
func TestSDKTokens(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	cred, err := container.NewSharedKeyCredential(in.Account(),
		base64.StdEncoding.EncodeToString(in.Key()))
	if err != nil {
		t.Fatal(err)
	}
	now := in.clock.now()
	service := sas.BlobSignatureValues{
		Protocol: sas.ProtocolHTTPSandHTTP, StartTime: now.Add(-time.Hour).UTC(),
		ExpiryTime:  now.Add(time.Hour).UTC(),
		Permissions: "racwdl", ContainerName: box, ContentType: "text/plain",
		EncryptionScope: "scope",
	}
	account := sas.AccountSignatureValues{
		ExpiryTime: now.Add(time.Hour).UTC(), Permissions: "racwdl", ResourceTypes: "sco",
	}
	narrow := account
	narrow.ResourceTypes = "s"
	for name, test := range map[string]struct {
		sign func() (sas.QueryParameters, error)
		code string
	}{
		"service":        {func() (sas.QueryParameters, error) { return service.SignWithSharedKey(cred) }, ""},
		"account":        {func() (sas.QueryParameters, error) { return account.SignWithSharedKey(cred) }, ""},
		"account narrow": {func() (sas.QueryParameters, error) { return narrow.SignWithSharedKey(cred) }, "AuthorizationResourceTypeMismatch"},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := test.sign()
			if err != nil {
				t.Fatal(err)
			}
			c := in.at(in.url + "/" + in.Account() + "/" + box + "?" + q.Encode())
			_, err = c.NewBlockBlobClient("x").Upload(t.Context(), body([]byte("x")), nil)
			if code := codeOf(t, err); code != test.code {
				t.Errorf("%q, want %q: %v", code, test.code, err)
			}
		})
	}
}

func TestOwnerRequestsAreVerified(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	link := in.url + "/" + in.Account() + "/" + box + "?restype=container"
	date := in.clock.now().UTC().Format(http.TimeFormat)
	old := in.clock.now().Add(-16 * time.Minute).UTC().Format(http.TimeFormat)
	for _, test := range []struct{ name, auth, date, detail string }{
		{"wrong signature", "SharedKey " + in.Account() + ":AAAA", date, "string to sign"},
		{"wrong account", "SharedKey other:AAAA", date, "string to sign"},
		{"old date", "SharedKey " + in.Account() + ":AAAA", old, "Request date header too old"},
		{"no date", "SharedKey " + in.Account() + ":AAAA", "", "Date header"},
		{"bearer", "Bearer abc", date, "not supported"},
	} {
		h := map[string]string{"Authorization": test.auth}
		if test.date != "" {
			h["x-ms-date"] = test.date
		}
		_, code, body := in.do("GET", link, h, "")
		if code != "AuthenticationFailed" || !strings.Contains(body, test.detail) {
			t.Errorf("%s: %q\n%s", test.name, code, body)
		}
	}
}
