package azure

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// refusal is what a server of a test answers.
type refusal struct {
	status int
	code   string
	detail string            // AuthenticationErrorDetail
	more   string            // further elements of the body
	header map[string]string // over the usual
	body   string            // in place of the usual; "-" for none
}

const requestID = "0a1b2c3d-001e-0042-1234-56789a000000"

// clock is the service's time in these tests.
const clock = "Mon, 02 Mar 2026 10:00:00 GMT"

func (f refusal) serve(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	h := w.Header()
	h.Set("Date", clock)
	if f.code != "" {
		h.Set("x-ms-request-id", requestID)
		h.Set("x-ms-error-code", f.code)
		h.Set("Content-Type", "application/xml")
	}
	for k, v := range f.header {
		h.Set(k, v)
		if v == "" {
			h.Del(k)
		}
	}
	w.WriteHeader(f.status)
	switch {
	case f.body == "-":
	case f.body != "":
		_, _ = io.WriteString(w, f.body)
	case f.code != "":
		detail := ""
		if f.detail != "" {
			var b strings.Builder
			_ = xml.EscapeText(&b, []byte(f.detail))
			detail = "<AuthenticationErrorDetail>" + b.String() + "</AuthenticationErrorDetail>"
		}
		_, _ = fmt.Fprintf(w,
			"\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>%s</Code><Message>Words.\nRequestId:%s\nTime:2026-03-02T10:00:00Z</Message>%s%s</Error>",
			f.code, requestID, detail, f.more)
	}
}

func on(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestServiceErrors(t *testing.T) {
	const page = "<html><head><title>Sign in</title></head><body>Welcome to the hotel</body></html>"
	frame := func(start, expiry, current string) string {
		return fmt.Sprintf("Signature not valid in the specified time frame: Start [%s] - Expiry [%s] - Current [%s]", start, expiry, current)
	}
	yes := true
	cases := []struct {
		name       string
		answer     refusal
		token      func(*token.Token)
		reason     problem.Reason
		value      string
		when       time.Time
		retry      time.Duration
		unanswered bool
	}{
		{name: "expired", answer: refusal{status: 403, code: "AuthenticationFailed", detail: frame("Sun, 01 Feb 2026 00:00:00 GMT", "Sun, 01 Mar 2026 00:00:00 GMT", clock)}, reason: problem.Expired, when: on("2026-03-01T00:00:00Z")},
		{name: "expired, without a start", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signed expiry time [Sun, 01 Mar 2026 00:00:00 GMT] must be after signed start time [Mon, 02 Mar 2026 10:00:00 GMT]"}, reason: problem.Expired, when: on("2026-03-01T00:00:00Z")},
		{name: "not yet valid", answer: refusal{status: 403, code: "AuthenticationFailed", detail: frame("Tue, 03 Mar 2026 00:00:00 GMT", "Wed, 01 Apr 2026 00:00:00 GMT", clock)}, reason: problem.NotYetValid, when: on("2026-03-03T00:00:00Z")},
		{name: "ended before its time", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signature not valid in the specified time frame"}, token: func(t *token.Token) { t.ValidTo = on("2027-02-01T00:00:00Z") }, reason: problem.Expired},
		{name: "a time frame without dates", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signature not valid in the specified time frame"}, token: func(t *token.Token) { t.ValidTo = on("2026-02-01T00:00:00Z") }, reason: problem.Expired, when: on("2026-02-01T00:00:00Z")},
		{name: "signature", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signature did not match. String to sign used was cw\n\n2026"}, reason: problem.SignatureRefused},
		{name: "signature size", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signature size is invalid"}, reason: problem.SignatureRefused},
		{name: "fields", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signature fields not well formed."}, reason: problem.SignatureRefused},
		{name: "mandatory", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "sr is mandatory. Cannot be empty"}, reason: problem.SignatureRefused},
		{name: "level", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "The signed resource is not allowed for the this resource level"}, reason: problem.WrongPlace},
		{name: "depth", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Directory Depth Invalid"}, reason: problem.WrongPlace},
		{name: "policy", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Policy violated by no signed start"}, reason: problem.PolicyRefused},
		{name: "no detail, the dates say it", answer: refusal{status: 403, code: "AuthenticationFailed"}, token: func(t *token.Token) { t.ValidTo = on("2026-03-02T10:00:00Z") }, reason: problem.Expired, when: on("2026-03-02T10:00:00Z")},
		{name: "no detail, dates in order", answer: refusal{status: 403, code: "AuthenticationFailed"}, token: func(t *token.Token) { t.ValidTo = on("2026-03-02T10:00:01Z") }, reason: problem.SignatureRefused},
		{name: "no detail, not begun", answer: refusal{status: 403, code: "AuthenticationFailed"}, token: func(t *token.Token) { t.ValidFrom = on("2026-03-02T10:00:01Z") }, reason: problem.NotYetValid, when: on("2026-03-02T10:00:01Z")},
		{name: "no body", answer: refusal{status: 403, code: "AuthenticationFailed", body: "-"}, reason: problem.SignatureRefused},
		{name: "code in the body only", answer: refusal{status: 403, code: "AuthorizationPermissionMismatch", header: map[string]string{"x-ms-error-code": ""}}, reason: problem.PermissionMissing, value: "cw"},
		{name: "permission", answer: refusal{status: 403, code: "AuthorizationPermissionMismatch"}, reason: problem.PermissionMissing, value: "cw"},
		{name: "create only", answer: refusal{status: 403, code: "AuthorizationPermissionMismatch"}, token: func(t *token.Token) { t.Rights.Letters = "rc" }, reason: problem.PermissionCreateOnly, value: "rc"},
		{name: "protocol", answer: refusal{status: 403, code: "AuthorizationProtocolMismatch"}, reason: problem.HTTPSRequired},
		{name: "account wants https", answer: refusal{status: 400, code: "AccountRequiresHttps"}, reason: problem.HTTPSRequired},
		{name: "address", answer: refusal{status: 403, code: "AuthorizationSourceIPMismatch", more: "<SourceIP>198.51.100.9</SourceIP>"}, reason: problem.AddressRefused, value: "192.0.2.7"},
		{name: "firewall", answer: refusal{status: 403, code: "AuthorizationFailure"}, reason: problem.FirewallRefused},
		{name: "emulator's revoked", answer: refusal{status: 403, code: "AuthorizationFailure", header: map[string]string{"Server": "Azurite-Blob/3.35.0"}}, reason: problem.SignatureRefused},
		{name: "emulator's expired", answer: refusal{status: 403, code: "AuthorizationFailure"}, token: func(t *token.Token) { t.ValidTo = on("2026-01-01T00:00:00Z") }, reason: problem.Expired, when: on("2026-01-01T00:00:00Z")},
		{name: "service kind", answer: refusal{status: 403, code: "AuthorizationServiceMismatch"}, reason: problem.WrongTokenKind},
		{name: "resource kind", answer: refusal{status: 403, code: "AuthorizationResourceTypeMismatch"}, reason: problem.WrongTokenKind},
		{name: "keys switched off", answer: refusal{status: 403, code: "KeyBasedAuthenticationNotPermitted"}, reason: problem.TokensNotAccepted},
		{name: "encryption scope", answer: refusal{status: 403, code: "RequestForbiddenByContainerEncryptionPolicy"}, reason: problem.EncryptionScopeRefused},
		{name: "feature version", answer: refusal{status: 400, code: "FeatureVersionMismatch"}, reason: problem.VersionRefused},
		{name: "version header", answer: refusal{status: 400, code: "InvalidHeaderValue", more: "<HeaderName>x-ms-version</HeaderName><HeaderValue>2026-12-06</HeaderValue>"}, reason: problem.VersionRefused},
		{name: "another header", answer: refusal{status: 400, code: "InvalidHeaderValue", more: "<HeaderName>Content-Length</HeaderName>"}, reason: problem.Unexpected},
		{name: "a part of the token", answer: refusal{status: 400, code: "InvalidQueryParameterValue", more: "<QueryParameterName>se</QueryParameterName>"}, reason: problem.SignatureRefused},
		{name: "a part of ours", answer: refusal{status: 400, code: "InvalidQueryParameterValue", more: "<QueryParameterName>blockid</QueryParameterName>"}, reason: problem.Unexpected},
		{name: "anonymous", answer: refusal{status: 401, code: "NoAuthenticationInformation"}, reason: problem.SignatureRefused},
		{name: "public access", answer: refusal{status: 409, code: "PublicAccessNotPermitted"}, reason: problem.SignatureRefused},
		{name: "unknown refusal", answer: refusal{status: 403, code: "SomethingNew"}, reason: problem.DeniedUnknown},
		{name: "no container", answer: refusal{status: 404, code: "ContainerNotFound"}, reason: problem.InboxGone},
		{name: "container going", answer: refusal{status: 409, code: "ContainerBeingDeleted"}, reason: problem.InboxGone},
		{name: "container disabled", answer: refusal{status: 409, code: "ContainerDisabled"}, reason: problem.InboxGone},
		{name: "account disabled", answer: refusal{status: 403, code: "AccountIsDisabled"}, reason: problem.AccountGone, value: "HOST"},
		{name: "may not replace", answer: refusal{status: 403, code: "UnauthorizedBlobOverwrite"}, reason: problem.MayNotReplace},
		{name: "another kind of blob", answer: refusal{status: 409, code: "InvalidBlobType"}, reason: problem.WrittenOtherwise},
		{name: "already there", answer: refusal{status: 409, code: "BlobAlreadyExists"}, reason: problem.AlreadyThere},
		{name: "condition", answer: refusal{status: 412, code: "ConditionNotMet"}, reason: problem.AlreadyThere},
		{name: "unknown conflict", answer: refusal{status: 409, code: "SomethingNew"}, reason: problem.Refused, value: "SomethingNew"},
		{name: "unknown condition", answer: refusal{status: 412, code: "SomethingNew"}, reason: problem.Refused, value: "SomethingNew"},
		{name: "conflict without a code", answer: refusal{status: 409, header: map[string]string{"x-ms-request-id": requestID}, body: "-"}, reason: problem.Refused},
		{name: "immutable", answer: refusal{status: 409, code: "BlobImmutableDueToPolicy"}, reason: problem.NameLocked},
		{name: "leased", answer: refusal{status: 412, code: "LeaseIdMissing"}, reason: problem.NameLocked},
		{name: "foreign blocks", answer: refusal{status: 400, code: "InvalidBlobOrBlock"}, reason: problem.ForeignBlocks},
		{name: "too many blocks", answer: refusal{status: 409, code: "BlockCountExceedsLimit"}, reason: problem.ForeignBlocks},
		{name: "blocks lost", answer: refusal{status: 400, code: "InvalidBlockList"}, reason: problem.BlocksLost},
		{name: "crc", answer: refusal{status: 400, code: "Crc64Mismatch"}, reason: problem.Corrupted},
		{name: "a list that arrived damaged", answer: refusal{status: 400, code: "InvalidXmlDocument"}, reason: problem.Corrupted},
		{name: "md5", answer: refusal{status: 400, code: "Md5Mismatch"}, reason: problem.Corrupted},
		{name: "name", answer: refusal{status: 400, code: "InvalidResourceName"}, reason: problem.NameRefused},
		{name: "path that HTTP forbids", answer: refusal{status: 400, header: map[string]string{"Server": "Microsoft-HTTPAPI/2.0"}, body: "<h2>Bad Request - Invalid URL</h2>"}, reason: problem.NameRefused},
		{name: "too large", answer: refusal{status: 413, code: "RequestBodyTooLarge"}, reason: problem.Unexpected},
		{name: "busy", answer: refusal{status: 503, code: "ServerBusy", header: map[string]string{"Retry-After": "7"}}, reason: problem.ServiceBusy, retry: 7 * time.Second},
		{name: "busy, until a date", answer: refusal{status: 503, code: "ServerBusy", header: map[string]string{"Retry-After": "Mon, 02 Mar 2026 10:01:30 GMT"}}, reason: problem.ServiceBusy, retry: 90 * time.Second},
		{name: "busy, since a date", answer: refusal{status: 503, code: "ServerBusy", header: map[string]string{"Retry-After": "Mon, 02 Mar 2026 09:00:00 GMT"}}, reason: problem.ServiceBusy},
		{name: "busy, milliseconds", answer: refusal{status: 503, code: "ServerBusy", header: map[string]string{"x-ms-retry-after-ms": "250", "Retry-After": "7"}}, reason: problem.ServiceBusy, retry: 250 * time.Millisecond},
		{name: "busy for ever", answer: refusal{status: 503, code: "ServerBusy", header: map[string]string{"Retry-After": "99999999"}}, reason: problem.ServiceBusy, retry: time.Hour},
		{name: "busy, nonsense", answer: refusal{status: 503, code: "ServerBusy", header: map[string]string{"Retry-After": "-5"}}, reason: problem.ServiceBusy},
		{name: "timed out", answer: refusal{status: 500, code: "OperationTimedOut"}, reason: problem.ServiceBusy, unanswered: yes},
		{name: "internal", answer: refusal{status: 500, code: "InternalError"}, reason: problem.ServiceFault, unanswered: yes},
		{name: "internal, without words", answer: refusal{status: 500, body: "-"}, reason: problem.ServiceFault, unanswered: yes},
		{name: "gateway", answer: refusal{status: 502, body: page}, reason: problem.ServiceBusy, unanswered: yes},
		{name: "gateway timed out", answer: refusal{status: 504, body: "-"}, reason: problem.ServiceBusy, unanswered: yes},
		{name: "too many", answer: refusal{status: 429, body: "-", header: map[string]string{"Retry-After": "1"}}, reason: problem.ServiceBusy, retry: time.Second},
		{name: "request timeout", answer: refusal{status: 408, body: "-"}, reason: problem.ServiceBusy},
		{name: "proxy", answer: refusal{status: 407, body: page}, reason: problem.ProxySignInLapsed},
		{name: "portal that says so", answer: refusal{status: 511, body: page}, reason: problem.NotTheService, unanswered: yes},
		{name: "portal", answer: refusal{status: 200, body: page}, reason: problem.NotTheService, unanswered: yes},
		{name: "portal without words", answer: refusal{status: 204, body: "-"}, reason: problem.NotTheService, unanswered: yes},
		{name: "created, by no service", answer: refusal{status: 201, body: page}, reason: problem.NotTheService, unanswered: yes},
		{name: "created, without words", answer: refusal{status: 201, body: "-"}, reason: problem.NotTheService, unanswered: yes},
		{name: "portal elsewhere", answer: refusal{status: 302, body: "-", header: map[string]string{"Location": "http://192.0.2.1/login"}}, reason: problem.NotTheService, unanswered: yes},
		{name: "portal elsewhere, keeping the body", answer: refusal{status: 307, body: "-", header: map[string]string{"Location": "http://192.0.2.1/login"}}, reason: problem.NotTheService, unanswered: yes},
		{name: "block page", answer: refusal{status: 403, body: page}, reason: problem.NotTheService, unanswered: yes},
		{name: "not found, by no service", answer: refusal{status: 404, body: page}, reason: problem.NotTheService, unanswered: yes},
		{name: "unknown, by the service", answer: refusal{status: 400, code: "SomethingNew"}, reason: problem.Unexpected},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := serve(t, c.answer.serve)
			token := testToken(server.URL)
			if c.token != nil {
				c.token(&token)
			}
			s := openTest(t, token, Options{})
			for _, op := range operations {
				_, err := op.call(t.Context(), s, "folder/a")
				e, ok := errors.AsType[*problem.Error](err)
				if !ok {
					t.Fatalf("%s: %v (%T)", op.name, err, err)
				}
				noSecret(t, err)
				reason := c.reason
				if reason == problem.AlreadyThere && op.replaces {
					reason = problem.MayNotReplace
				}
				want := problem.New(e.Op, "folder/a", reason)
				want.Status, want.Code, want.Date = c.answer.status, c.answer.code,
					on("2026-03-02T10:00:00Z")
				want.Value, want.When, want.RetryAfter, want.Unanswered = c.value, c.when, c.retry,
					c.unanswered
				if c.value == "HOST" {
					want.Value = token.Inbox.Host
				}
				if c.answer.code != "" || c.answer.header["x-ms-request-id"] != "" {
					want.RequestID = requestID
				}
				if d := cmp.Diff(*want, *e, cmpopts.EquateErrors()); d != "" {
					t.Errorf("%s (-want +got):\n%s", op.name, d)
				}
			}
		})
	}
}

// noSecret checks everything that can be printed of an error.
func noSecret(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		text := fmt.Sprintf("%v|%+v|%#v|%q", e, e, e, e)
		for _, part := range []string{"sig=", signature, strings.TrimSuffix(signature, "%3D"), "spr=https"} {
			if strings.Contains(text, part) {
				t.Errorf("error of type %T holds %q", e, part)
			}
		}
	}
}

func TestAnEndlessAnswerIsReadToItsLimit(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		block := make([]byte, 64<<10)
		for {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	s := openTest(t, testToken(server.URL), Options{})
	_, err := s.PutBlob(t.Context(), "a", uploadertest.NewBody(nil), store.Properties{}, always)
	if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != problem.NotTheService {
		t.Errorf("got %v", err)
	}
}

// FuzzServiceErrorNeverLeaksTheQuery lets a hostile server answer whatever it likes, the request's
// own target included.
func FuzzServiceErrorNeverLeaksTheQuery(f *testing.F) {
	f.Add(403, "AuthenticationFailed", requestID,
		"<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [a] - Expiry [b] - Current [c]</AuthenticationErrorDetail></Error>")
	f.Add(403, signature, signature, secretQuery)
	f.Add(403, strings.TrimSuffix(signature, "%3D"), strings.TrimSuffix(signature, "%3D"), "")
	f.Add(400, "", "", "<Error><Code>"+signature+"</Code></Error>")
	f.Add(200, "", "", "<Error><Code>"+strings.TrimSuffix(signature, "%3D")+"</Code></Error>")
	f.Add(503, "", "", strings.Repeat("<a>", 5000))
	s, err := open(testToken("https://account.blob.core.windows.net"), secretQuery, Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, status int, code, id, body string) {
		k := &call{op: "put blob", name: "a", status: status, header: http.Header{}}
		k.header.Set("x-ms-error-code", code)
		k.header.Set("x-ms-request-id", id)
		err := s.refused(k, []byte(body))
		noSecret(t, err)
		e, ok := errors.AsType[*problem.Error](err)
		if !ok || e.Err == nil || e.Reason == "" {
			t.Fatalf("error %#v", err)
		}
		if !errors.Is(err, problem.New("", "", e.Reason).Err) {
			t.Errorf("reason %s with sentinel %v", e.Reason, e.Err)
		}
		noSecret(t, errors.New(problem.Explain(err).String()))
	})
}
