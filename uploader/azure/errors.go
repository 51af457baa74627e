package azure

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"inboxuploader/uploader/problem"
)

// translate turns any failure of an operation into the error that callers see. It keeps nothing of
// the SDK's or the transport's error, whose text may hold the whole URL.
func (s *Store) translate(ctx context.Context, k *call, err error) error {
	if ctx.Err() != nil {
		cause := context.Cause(ctx)
		if e, ok := errors.AsType[*problem.Error](cause); ok {
			return k.finish(*e)
		}
		return cause
	}
	if own := k.failure(); own != nil {
		// The body's owner gave up, so nobody else is at fault.
		if e, ok := errors.AsType[*problem.Error](own); ok {
			return k.finish(*e)
		}
		return own
	}
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		var body []byte
		if e.RawResponse != nil {
			// An unreadable body leaves the status. wire limits its size.
			body, _ = runtime.Payload(e.RawResponse)
		}
		return s.refused(k, body)
	}
	if k.status != 0 {
		// An answer broke off, or one of its headers makes no sense.
		e := s.refusal(k, problem.AnswerGarbled, "")
		e.Unanswered = k.delivered()
		return e
	}
	if !k.sent {
		// The SDK did not even send a request.
		return problem.New(k.op, k.name, problem.Unexpected)
	}
	return s.unanswered(k, err)
}

// finish fills in the fields that an error from outside lacks.
func (k *call) finish(e problem.Error) error {
	if e.Op == "" {
		e.Op = k.op
	}
	if e.Path == "" {
		e.Path = k.name
	}
	e.Unanswered = k.delivered()
	return &e
}

// refusal returns an error with everything that the answer's headers say.
func (s *Store) refusal(k *call, reason problem.Reason, code string) *problem.Error {
	e := problem.New(k.op, k.name, reason)
	e.Status = k.status
	e.Code = s.clean(code)
	e.RequestID = s.clean(k.header.Get(requestIDHeader))
	e.Date = date(k.header)
	return e
}

// refused translates an answer other than 201.
func (s *Store) refused(k *call, body []byte) error {
	said := parseServiceError(body)
	if code := k.header.Get("x-ms-error-code"); code != "" {
		said.Code = code
	}
	e := s.refusal(k, problem.Unexpected, said.Code)
	s.classify(e, k, said)
	e = withReason(e)
	switch e.Reason {
	case problem.ServiceBusy, problem.ServiceFault:
		e.RetryAfter = retryAfter(k.header, e.Date)
		// A 500 may come after the work, and "OperationTimedOut" says so in its documentation.
		// ServerBusy, 429 and 408 mean that the service did not begin.
		e.Unanswered = k.status >= 500 && said.Code != "ServerBusy" && k.delivered()
	case problem.NotTheService:
		// The server that answered may have passed the request on first.
		e.Unanswered = k.delivered()
	case problem.PermissionMissing:
		e.Value = s.token.Rights.Letters
		if s.token.Rights.CreateOnly() {
			e.Reason = problem.PermissionCreateOnly
		}
	case problem.AddressRefused:
		e.Value = s.token.IP
	case problem.AccountGone:
		e.Value = s.inbox.Host
	case problem.AlreadyThere:
		if k.replaces {
			e.Reason = problem.MayNotReplace
		}
	case problem.Refused:
		e.Value = e.Code
	}
	return e
}

// withReason returns e with the sentinel of its reason.
func withReason(e *problem.Error) *problem.Error {
	e.Err = problem.New("", "", e.Reason).Err
	return e
}

// codes are the service's error codes that mean one thing wherever they appear. The documentation's
// lists are "Common REST API error codes" and "Blob service error codes".
var codes = map[string]problem.Reason{
	"AuthorizationPermissionMismatch":             problem.PermissionMissing,
	"InsufficientAccountPermissions":              problem.PermissionMissing,
	"AuthorizationProtocolMismatch":               problem.HTTPSRequired,
	"AccountRequiresHttps":                        problem.HTTPSRequired,
	"AuthorizationSourceIPMismatch":               problem.AddressRefused,
	"AuthorizationServiceMismatch":                problem.WrongTokenKind,
	"AuthorizationResourceTypeMismatch":           problem.WrongTokenKind,
	"KeyBasedAuthenticationNotPermitted":          problem.TokensNotAccepted,
	"RequestForbiddenByContainerEncryptionPolicy": problem.EncryptionScopeRefused,
	"FeatureVersionMismatch":                      problem.VersionRefused,
	"NoAuthenticationInformation":                 problem.SignatureRefused,
	"InvalidAuthenticationInfo":                   problem.SignatureRefused,
	"PublicAccessNotPermitted":                    problem.SignatureRefused,

	"ContainerNotFound":     problem.InboxGone,
	"ContainerBeingDeleted": problem.InboxGone,
	"ContainerDisabled":     problem.InboxGone,
	"ResourceNotFound":      problem.InboxGone,
	"AccountIsDisabled":     problem.AccountGone,

	"UnauthorizedBlobOverwrite": problem.MayNotReplace,
	"InvalidBlobType":           problem.WrittenOtherwise,
	"BlobOperationNotSupported": problem.WrittenOtherwise,
	"ResourceTypeMismatch":      problem.NameIsFolder,
	"PathConflict":              problem.NameIsFolder,
	"BlobAlreadyExists":         problem.AlreadyThere,
	"ConditionNotMet":           problem.AlreadyThere,
	"TargetConditionNotMet":     problem.AlreadyThere,
	"BlobImmutableDueToPolicy":  problem.NameLocked,
	"LeaseIdMissing":            problem.NameLocked,
	"BlobArchived":              problem.NameLocked,
	"BlobBeingRehydrated":       problem.NameLocked,
	"PendingCopyOperation":      problem.NameLocked,
	"InvalidBlobOrBlock":        problem.ForeignBlocks,
	"BlockCountExceedsLimit":    problem.ForeignBlocks,
	"InvalidBlockList":          problem.BlocksLost,
	"BlobNotFound":              problem.BlocksLost,
	"Crc64Mismatch":             problem.Corrupted,
	"Md5Mismatch":               problem.Corrupted,
	"InvalidXmlDocument":        problem.Corrupted, // ours is none; it was changed on the way
	"InvalidXmlNodeValue":       problem.Corrupted,
	"InvalidResourceName":       problem.NameRefused,
	"InvalidUri":                problem.NameRefused,
	"RequestUrlFailedToParse":   problem.NameRefused,
	"OutOfRangeInput":           problem.NameRefused,
	"ServerBusy":                problem.ServiceBusy,
	"OperationTimedOut":         problem.ServiceBusy,
	"InternalError":             problem.ServiceFault,
	"AccountBeingCreated":       problem.ServiceBusy,
	"BlobModifiedWhileReading":  problem.ServiceBusy,
	"SystemInUse":               problem.ServiceBusy,
}

// classify sets the reason of a refusal and the moment to which it refers.
func (s *Store) classify(e *problem.Error, k *call, said serviceError) {
	switch said.Code {
	case "AuthenticationFailed":
		s.classifyToken(e, said, problem.SignatureRefused)
		return
	case "AuthorizationFailure":
		// The firewall. Azurite has none and answers this for every bad token; the dates decide then.
		otherwise := problem.FirewallRefused
		if strings.HasPrefix(k.header.Get("Server"), "Azurite") {
			otherwise = problem.SignatureRefused
		}
		s.classifyToken(e, said, otherwise)
		return
	case "InvalidHeaderValue":
		if strings.EqualFold(said.HeaderName, "x-ms-version") {
			e.Reason = problem.VersionRefused
		}
		return
	case "InvalidQueryParameterValue", "MissingRequiredQueryParameter", "UnsupportedQueryParameter":
		switch said.QueryParameterName {
		case "comp", "blockid", "timeout", "":
		default: // a part of the token
			e.Reason = problem.SignatureRefused
		}
		return
	}
	if reason, ok := codes[said.Code]; ok {
		e.Reason = reason
		return
	}
	ours := said.Code != "" || k.header.Get(requestIDHeader) != ""
	switch {
	case k.status == http.StatusProxyAuthRequired:
		// From a proxy that inspects traffic. The next connection signs in again.
		e.Reason = problem.ProxySignInLapsed
	case k.status == http.StatusNetworkAuthenticationRequired && !ours: // RFC 6585: a sign-in page that says so
		e.Reason = problem.NotTheService
	case k.status == http.StatusInternalServerError:
		e.Reason = problem.ServiceFault
	case k.status == http.StatusRequestTimeout, k.status == http.StatusTooManyRequests,
		k.status >= 500:
		e.Reason = problem.ServiceBusy
	case k.status < 400:
		// A page instead of "created", or a redirect. The service sends neither.
		e.Reason = problem.NotTheService
	case k.status == http.StatusBadRequest && strings.HasPrefix(k.header.Get("Server"),
		"Microsoft-HTTPAPI"):
		// The service's outermost layer, which knows no codes: it refuses paths with characters
		// that HTTP forbids.
		e.Reason = problem.NameRefused
	case !ours:
		e.Reason = problem.NotTheService
	case k.status == http.StatusUnauthorized:
		e.Reason = problem.SignatureRefused
	case k.status == http.StatusForbidden:
		e.Reason = problem.DeniedUnknown
	case k.status == http.StatusNotFound:
		e.Reason = problem.InboxGone
	case k.status == http.StatusConflict, k.status == http.StatusPreconditionFailed:
		e.Reason = problem.Refused
	}
}

// classifyToken sets the reason why a token was refused. The answer's detail decides; if it says
// nothing, the token's dates by the service's clock; if these are fine, the reason is otherwise.
func (s *Store) classifyToken(e *problem.Error, said serviceError, otherwise problem.Reason) {
	detail := strings.ToLower(said.Detail)
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(detail, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("not valid in the specified time frame"):
		start, expiry, current := moment(said.Detail, "Start"), moment(said.Detail, "Expiry"),
			moment(said.Detail, "Current")
		if current.IsZero() {
			current = e.Date
		}
		if !start.IsZero() && current.Before(start) {
			e.Reason, e.When = problem.NotYetValid, start
			return
		}
		e.Reason, e.When = problem.Expired, s.ended(expiry, current)
	case has("signed expiry time"):
		// If a token has no start, the service assumes "now", so "expiry must be after start" means
		// that it has expired.
		e.Reason, e.When = problem.Expired, s.ended(moment(said.Detail, "Signed expiry time"),
			e.Date)
	case has("resource level", "directory depth", "resource is not allowed"):
		e.Reason = problem.WrongPlace
	case has("policy violated"):
		e.Reason = problem.PolicyRefused
	case has("signature did not match", "signature size", "well formed", "is mandatory"):
		e.Reason = problem.SignatureRefused
	case !e.Date.IsZero() && !s.token.ValidTo.IsZero() && !e.Date.Before(s.token.ValidTo):
		e.Reason, e.When = problem.Expired, s.token.ValidTo
	case !e.Date.IsZero() && e.Date.Before(s.token.ValidFrom):
		e.Reason, e.When = problem.NotYetValid, s.token.ValidFrom
	default:
		e.Reason = otherwise
	}
}

// ended returns when the token ended: as the service says, or else as the token says. It returns
// the zero time if the service ended the token earlier, since nothing says when.
func (s *Store) ended(said, now time.Time) time.Time {
	if said.IsZero() {
		said = s.token.ValidTo
	}
	if !now.IsZero() && said.After(now) {
		return time.Time{}
	}
	return said
}

// longestWait is the longest Retry-After that the program obeys.
const longestWait = time.Hour

// retryAfter reads how long the service asks to wait, 0 if it does not say. A date is compared with
// the service's own clock.
func retryAfter(h http.Header, now time.Time) time.Duration {
	wait := time.Duration(0)
	for _, key := range []string{"x-ms-retry-after-ms", "retry-after-ms"} {
		if ms, err := strconv.ParseInt(h.Get(key), 10, 32); err == nil {
			return min(max(time.Duration(ms)*time.Millisecond, 0), longestWait)
		}
	}
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		if now.IsZero() {
			now = time.Now()
		}
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}

// date returns the service's clock, zero if the answer does not tell it.
func date(h http.Header) time.Time {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return t
}

// clean returns what the other side sent as a code or an id, or "" if it can't be one: a hostile or
// broken answer must not carry the secret, or a page of text, into a log.
func (s *Store) clean(text string) string {
	if len(text) > 64 {
		return ""
	}
	for _, r := range text {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' &&
			r != '_' {
			return ""
		}
	}
	// No part of it either: what surrounds a stolen piece says nothing.
	for i := 0; i+piece <= len(text); i++ {
		if s.pieces[text[i:i+piece]] {
			return ""
		}
	}
	return text
}

// piece is how many consecutive characters of the query count as leaked.
const piece = 12

// pieces returns all pieces of the query.
func pieces(query string) map[string]bool {
	all := make(map[string]bool, len(query))
	for i := 0; i+piece <= len(query); i++ {
		all[query[i:i+piece]] = true
	}
	return all
}
