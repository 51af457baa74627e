package workspace

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/problem"
)

// call is one request to the account's service.
type call struct {
	op        string // for errors
	method    string
	container string // "" for the account
	blob      string // "" for the container
	query     string // parameters, encoded
	header    http.Header
	body      string // XML; "" for none
	want      int    // the status of success
}

// do sends the request and returns the answer; the caller closes its body. Any answer other than
// success is an error.
func (w *Workspace) do(ctx context.Context, c call) (*http.Response, error) {
	address := w.account.Address() + "/" + c.container
	if c.blob != "" {
		address += "/" + url.PathEscape(c.blob)
	}
	req, err := runtime.NewRequest(ctx, c.method, address)
	if err != nil {
		return nil, newError(c.op, Unexpected)
	}
	req.Raw().URL.RawQuery = c.query
	for name, values := range c.header {
		req.Raw().Header[name] = values // as it is: a metadata's name keeps its case
	}
	runtime.SkipBodyDownload(req)
	if c.body != "" {
		if err := req.SetBody(streaming.NopCloser(strings.NewReader(c.body)),
			"application/xml"); err != nil {
			return nil, newError(c.op, Unexpected)
		}
	}
	resp, err := w.pipeline.Do(req)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, w.unanswered(c.op, err)
	case resp.StatusCode != c.want:
		return nil, w.refused(c.op, resp)
	case resp.Header.Get("x-ms-request-id") == "":
		_ = resp.Body.Close()
		return nil, w.answered(c.op, NotTheService, resp)
	}
	return resp, nil
}

// send is do for answers without a useful body.
func (w *Workspace) send(ctx context.Context, c call) (http.Header, error) {
	resp, err := w.do(ctx, c)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, refusalLimit)) // so that the connection can be used again
	_ = resp.Body.Close()
	return resp.Header, nil
}

// read is do for answers whose body is XML. It returns the answer's headers.
func (w *Workspace) read(ctx context.Context, c call, into any) (http.Header, error) {
	resp, err := w.do(ctx, c)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	_ = resp.Body.Close()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, w.unanswered(c.op, err)
	case xml.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), into) != nil: // the service begins with that mark
		return nil, w.answered(c.op, NotTheService, resp)
	}
	return resp.Header, nil
}

// unanswered translates a failure without an answer.
func (w *Workspace) unanswered(op string, err error) *Error {
	if errors.Is(err, context.DeadlineExceeded) { // a try's own, as the caller's context is not over
		e := newError(op, NetworkDown)
		e.Cause = "timed out"
		return e
	}
	reason, cause := azure.Category(err, w.account.inbox.Host)
	own, ok := map[problem.Reason]Reason{
		problem.AccountGone: AccountGone, problem.NetworkInspected: NetworkInspected,
		problem.ProxySignIn: ProxySignIn, problem.ProxySignInKind: ProxySignInKind,
		problem.ProxyRefused: ProxyRefused,
		problem.ProxyTicket:  ProxySignIn, problem.ProxySignInLapsed: ServiceBusy,
		problem.NotTheService: NotTheService, problem.AnswerGarbled: NotTheService,
	}[reason]
	if !ok {
		own = NetworkDown
	}
	e := newError(op, own)
	e.Cause, e.Value = cause, w.account.inbox.Host
	return e
}

// maxSkew is how far a request's date may differ from the service's clock
// (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key, "Specifying the Date
// header").
const maxSkew = 15 * time.Minute

// codes are the service's error codes that mean the same for every request ("Common REST API error
// codes" and "Blob service error codes" in its documentation).
var codes = map[string]Reason{
	"NoAuthenticationInformation":        KeyRefused,
	"InvalidAuthenticationInfo":          KeyRefused,
	"KeyBasedAuthenticationNotPermitted": KeysNotAccepted,
	"AuthorizationPermissionMismatch":    NotPermitted,
	"InsufficientAccountPermissions":     NotPermitted,
	"AuthorizationSourceIPMismatch":      FirewallRefused,
	"AuthorizationProtocolMismatch":      AddressInsecure,
	"AccountRequiresHttps":               AddressInsecure,
	"AccountIsDisabled":                  AccountDisabled,
	"ContainerDisabled":                  AccountDisabled,
	"ResourceNotFound":                   AccountGone,
	"ContainerNotFound":                  TokenUnknown,
	"ContainerBeingDeleted":              TokenUnknown,
	"ContainerAlreadyExists":             NameTaken,
	"BlobNotFound":                       FileGone,
	"ConditionNotMet":                    FileChanged,
	"FeatureVersionMismatch":             VersionRefused,
	"ServerBusy":                         ServiceBusy,
	"OperationTimedOut":                  ServiceBusy,
	"InternalError":                      ServiceBusy,
	"AccountBeingCreated":                ServiceBusy,
}

// refused translates an answer that is not success, and closes its body. The code is in a header,
// so refused ignores the body, which repeats the signed text.
func (w *Workspace) refused(op string, resp *http.Response) *Error {
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, refusalLimit))
	_ = resp.Body.Close()
	code := resp.Header.Get("x-ms-error-code")
	reason, known := codes[code]
	switch {
	case known:
	case code == "AuthenticationFailed":
		reason = KeyRefused
		// The service refuses a request whose date is off by more than that before it checks the
		// signature.
		if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil &&
			w.now().Sub(at).Abs() > maxSkew {
			e := w.answered(op, ClockWrong, resp)
			e.Off = w.now().Sub(at)
			return e
		}
	case code == "AuthorizationFailure":
		// The firewall. Azurite has none and says this of a wrong key.
		if reason = FirewallRefused; isEmulator(resp.Header) {
			reason = KeyRefused
		}
	case strings.Contains(code, "ExceedsAccountLimit"), strings.Contains(code, "LimitExceeded"),
		strings.Contains(code, "QuotaExceeded"):
		reason = ContainersFull
	case resp.StatusCode == http.StatusProxyAuthRequired:
		reason = ProxySignIn
	case resp.StatusCode == http.StatusRequestTimeout,
		resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode >= 500:
		reason = ServiceBusy
	case code == "" && resp.Header.Get("x-ms-request-id") == "":
		reason = NotTheService
	case resp.StatusCode == http.StatusForbidden, resp.StatusCode == http.StatusUnauthorized:
		reason = NotPermitted
	default:
		reason = Unexpected
	}
	return w.answered(op, reason, resp)
}

// answered returns an error with details from the answer's headers.
func (w *Workspace) answered(op string, reason Reason, resp *http.Response) *Error {
	e := newError(op, reason)
	e.Status, e.Value = resp.StatusCode, w.account.inbox.Host
	e.Code, e.RequestID = clean(resp.Header.Get("x-ms-error-code")),
		clean(resp.Header.Get("x-ms-request-id"))
	return e
}

// clean returns the other side's code or id, or "" if the text can't be one.
func clean(text string) string {
	if len(text) > 64 || strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-'
	}) {
		return ""
	}
	return text
}

// addressError translates the engine's error about an address.
func addressError(err error, address string) *Error {
	reason := AddressUnknown
	if e, ok := errors.AsType[*problem.Error](err); ok && e.Reason == problem.InsecureAddress {
		reason = AddressInsecure
	}
	e := newError("read address", reason)
	e.Value = shorten(address)
	if looksSecret(address) {
		e.Value = "…"
	}
	return e
}

// looksSecret reports whether a text that should be an address may be a key, a connection string or
// a token.
func looksSecret(s string) bool {
	return strings.Contains(s, "sig=") || strings.Contains(strings.ToLower(s), "accountkey") ||
		!strings.Contains(s, "://") && len(s) > 40
}
