package azure

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
)

// action is what the queue does with an answer, in the words of docs/DESIGN.md.
type action string

const (
	holdsInbox  action = "holds"
	leavesAlone action = "leaves this file alone"
	fileWaits   action = "this file waits"
	plansAnew   action = "plans the job anew"
	sendsAgain  action = "sends again"
	triesAgain  action = "tries again"
	failsFile   action = "fails this file"
)

const frame = "Signature not valid in the specified time frame: Start [%s] - Expiry [%s] - Current [Mon, 02 Mar 2026 10:00:00 GMT]"

// saying is one answer and what becomes of it.
type saying struct {
	name     string
	answer   refusal
	broken   func(net.Conn) // in place of an answer, once the request was read
	token    func(*token.Token)
	reason   problem.Reason
	sentinel error
	action   action
	sentence string // part of what a person reads
}

// said is everything that can be answered, with what becomes of it: the table of docs/DESIGN.md,
// "What the service says", in its order.
var said = []saying{
	{name: "not begun", answer: refusal{status: 403, code: "AuthenticationFailed", detail: strings.NewReplacer("%s]", "Tue, 03 Mar 2026 00:00:00 GMT]").Replace(frame)}, reason: problem.NotYetValid, sentinel: problem.ErrTokenNotYetValid, action: holdsInbox, sentence: "not valid yet; it starts working on "},
	{name: "over", answer: refusal{status: 403, code: "AuthenticationFailed", detail: strings.NewReplacer("%s]", "Sun, 01 Mar 2026 00:00:00 GMT]").Replace(frame)}, reason: problem.Expired, sentinel: problem.ErrTokenExpired, action: holdsInbox, sentence: "This upload token expired on "},
	{name: "over, without a start", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signed expiry time [Sun, 01 Mar 2026 00:00:00 GMT] must be after signed start time [Mon, 02 Mar 2026 10:00:00 GMT]"}, reason: problem.Expired, sentinel: problem.ErrTokenExpired, action: holdsInbox, sentence: "Ask the workspace for a new one."},
	{name: "another place", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "The signed resource is not allowed for this resource level"}, reason: problem.WrongPlace, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "for a different place from its address"},
	{name: "another depth", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Directory Depth Invalid"}, reason: problem.WrongPlace, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "for a different place from its address"},
	{name: "policy", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Policy violated by no signed start"}, reason: problem.PolicyRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "storage policy rejects this token"},
	{name: "signature", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signature did not match. String to sign used was cw"}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "revoked, or changed while copying"},
	{name: "signature's size", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signature size is invalid"}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "Copy it again"},
	{name: "fields", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "Signature fields not well formed."}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "revoked"},
	{name: "mandatory", answer: refusal{status: 403, code: "AuthenticationFailed", detail: "sr is mandatory. Cannot be empty"}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "revoked"},
	{name: "no detail", answer: refusal{status: 403, code: "AuthenticationFailed"}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "revoked"},
	{name: "no detail, over", answer: refusal{status: 403, code: "AuthenticationFailed"}, token: func(t *token.Token) { t.ValidTo = on("2026-03-01T00:00:00Z") }, reason: problem.Expired, sentinel: problem.ErrTokenExpired, action: holdsInbox, sentence: "expired on "},
	{name: "no authentication", answer: refusal{status: 401, code: "NoAuthenticationInformation"}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "revoked"},
	{name: "odd authentication", answer: refusal{status: 400, code: "InvalidAuthenticationInfo"}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "revoked"},
	{name: "public", answer: refusal{status: 409, code: "PublicAccessNotPermitted"}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "revoked"},
	{name: "a part of the token", answer: refusal{status: 400, code: "InvalidQueryParameterValue", more: "<QueryParameterName>se</QueryParameterName>"}, reason: problem.SignatureRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "revoked"},
	{name: "firewall", answer: refusal{status: 403, code: "AuthorizationFailure"}, reason: problem.FirewallRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "firewall blocks this network"},
	{name: "rights", answer: refusal{status: 403, code: "AuthorizationPermissionMismatch"}, reason: problem.PermissionMissing, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "does not allow this. It allows: cw"},
	{name: "account's rights", answer: refusal{status: 403, code: "InsufficientAccountPermissions"}, reason: problem.PermissionMissing, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "does not allow this"},
	{name: "create only", answer: refusal{status: 403, code: "AuthorizationPermissionMismatch"}, token: func(t *token.Token) { t.Rights.Letters = "c" }, reason: problem.PermissionCreateOnly, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "only new files of up to 5,000 MiB."},
	{name: "protocol", answer: refusal{status: 403, code: "AuthorizationProtocolMismatch"}, reason: problem.HTTPSRequired, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "only over https"},
	{name: "account's protocol", answer: refusal{status: 400, code: "AccountRequiresHttps"}, reason: problem.HTTPSRequired, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "only over https"},
	{name: "address", answer: refusal{status: 403, code: "AuthorizationSourceIPMismatch"}, reason: problem.AddressRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "accepted only from 192.0.2.7"},
	{name: "service", answer: refusal{status: 403, code: "AuthorizationServiceMismatch"}, reason: problem.WrongTokenKind, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "This kind of token does not open this inbox"},
	{name: "resource", answer: refusal{status: 403, code: "AuthorizationResourceTypeMismatch"}, reason: problem.WrongTokenKind, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "This kind of token does not open this inbox"},
	{name: "keys", answer: refusal{status: 403, code: "KeyBasedAuthenticationNotPermitted"}, reason: problem.TokensNotAccepted, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "no longer accepts tokens of this kind"},
	{name: "encryption", answer: refusal{status: 403, code: "RequestForbiddenByContainerEncryptionPolicy"}, reason: problem.EncryptionScopeRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "requires a different encryption"},
	{name: "feature", answer: refusal{status: 409, code: "FeatureVersionMismatch"}, reason: problem.VersionRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "refuses this program's protocol"},
	{name: "version", answer: refusal{status: 400, code: "InvalidHeaderValue", more: "<HeaderName>x-ms-version</HeaderName>"}, reason: problem.VersionRefused, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "refuses this program's protocol"},
	{name: "any other 403", answer: refusal{status: 403, code: "SomethingNew"}, reason: problem.DeniedUnknown, sentinel: problem.ErrDenied, action: holdsInbox, sentence: "The storage refused the token."},
	{name: "container", answer: refusal{status: 404, code: "ContainerNotFound"}, reason: problem.InboxGone, sentinel: problem.ErrInboxNotFound, action: holdsInbox, sentence: "inbox for this token no longer exists"},
	{name: "container going", answer: refusal{status: 409, code: "ContainerBeingDeleted"}, reason: problem.InboxGone, sentinel: problem.ErrInboxNotFound, action: holdsInbox, sentence: "no longer exists"},
	{name: "container closed", answer: refusal{status: 409, code: "ContainerDisabled"}, reason: problem.InboxGone, sentinel: problem.ErrInboxNotFound, action: holdsInbox, sentence: "no longer exists"},
	{name: "resource gone", answer: refusal{status: 404, code: "ResourceNotFound"}, reason: problem.InboxGone, sentinel: problem.ErrInboxNotFound, action: holdsInbox, sentence: "no longer exists"},
	{name: "any other 404", answer: refusal{status: 404, code: "SomethingNew"}, reason: problem.InboxGone, sentinel: problem.ErrInboxNotFound, action: holdsInbox, sentence: "no longer exists"},
	{name: "account closed", answer: refusal{status: 403, code: "AccountIsDisabled"}, reason: problem.AccountGone, sentinel: problem.ErrInboxNotFound, action: holdsInbox, sentence: "The storage at 127.0.0.1:"},
	{name: "there", answer: refusal{status: 409, code: "BlobAlreadyExists"}, reason: problem.AlreadyThere, sentinel: problem.ErrExists, action: leavesAlone, sentence: "already in the inbox"},
	{name: "condition", answer: refusal{status: 412, code: "ConditionNotMet"}, reason: problem.AlreadyThere, sentinel: problem.ErrExists, action: leavesAlone, sentence: "already in the inbox"},
	{name: "target condition", answer: refusal{status: 412, code: "TargetConditionNotMet"}, reason: problem.AlreadyThere, sentinel: problem.ErrExists, action: leavesAlone, sentence: "already in the inbox"},
	{name: "any other 409", answer: refusal{status: 409, code: "SomethingNew"}, reason: problem.Refused, sentinel: problem.ErrRefused, action: fileWaits, sentence: "refused this file (SomethingNew)"},
	{name: "any other 412", answer: refusal{status: 412, code: "SomethingNew"}, reason: problem.Refused, sentinel: problem.ErrRefused, action: fileWaits, sentence: "refused this file (SomethingNew)"},
	{name: "overwrite", answer: refusal{status: 403, code: "UnauthorizedBlobOverwrite"}, reason: problem.MayNotReplace, sentinel: problem.ErrExists, action: fileWaits, sentence: "the token may not replace it"},
	{name: "blob type", answer: refusal{status: 409, code: "InvalidBlobType"}, reason: problem.WrittenOtherwise, sentinel: problem.ErrExists, action: fileWaits, sentence: "another program wrote it"},
	{name: "another interface", answer: refusal{status: 409, code: "BlobOperationNotSupported"}, reason: problem.WrittenOtherwise, sentinel: problem.ErrExists, action: fileWaits, sentence: "another program wrote it"},
	{name: "a folder's name", answer: refusal{status: 409, code: "ResourceTypeMismatch"}, reason: problem.NameIsFolder, sentinel: problem.ErrName, action: fileWaits, sentence: "A folder in the inbox has this name"},
	{name: "below a file", answer: refusal{status: 409, code: "PathConflict"}, reason: problem.NameIsFolder, sentinel: problem.ErrName, action: fileWaits, sentence: "a file there has the name of one of its folders"},
	{name: "immutable", answer: refusal{status: 409, code: "BlobImmutableDueToPolicy"}, reason: problem.NameLocked, sentinel: problem.ErrExists, action: fileWaits, sentence: "locked against changes"},
	{name: "lease", answer: refusal{status: 412, code: "LeaseIdMissing"}, reason: problem.NameLocked, sentinel: problem.ErrExists, action: fileWaits, sentence: "locked against changes"},
	{name: "archived", answer: refusal{status: 409, code: "BlobArchived"}, reason: problem.NameLocked, sentinel: problem.ErrExists, action: fileWaits, sentence: "locked against changes"},
	{name: "rehydrated", answer: refusal{status: 409, code: "BlobBeingRehydrated"}, reason: problem.NameLocked, sentinel: problem.ErrExists, action: fileWaits, sentence: "locked against changes"},
	{name: "copied to", answer: refusal{status: 409, code: "PendingCopyOperation"}, reason: problem.NameLocked, sentinel: problem.ErrExists, action: fileWaits, sentence: "locked against changes"},
	{name: "foreign blocks", answer: refusal{status: 400, code: "InvalidBlobOrBlock"}, reason: problem.ForeignBlocks, sentinel: problem.ErrExists, action: fileWaits, sentence: "Another program left a half-sent file of this name"},
	{name: "too many blocks", answer: refusal{status: 409, code: "BlockCountExceedsLimit"}, reason: problem.ForeignBlocks, sentinel: problem.ErrExists, action: fileWaits, sentence: "Another program left"},
	{name: "name", answer: refusal{status: 400, code: "InvalidResourceName"}, reason: problem.NameRefused, sentinel: problem.ErrName, action: fileWaits, sentence: "does not accept this name"},
	{name: "address's form", answer: refusal{status: 400, code: "InvalidUri"}, reason: problem.NameRefused, sentinel: problem.ErrName, action: fileWaits, sentence: "does not accept this name"},
	{name: "address unreadable", answer: refusal{status: 400, code: "RequestUrlFailedToParse"}, reason: problem.NameRefused, sentinel: problem.ErrName, action: fileWaits, sentence: "does not accept this name"},
	{name: "range", answer: refusal{status: 400, code: "OutOfRangeInput"}, reason: problem.NameRefused, sentinel: problem.ErrName, action: fileWaits, sentence: "does not accept this name"},
	{name: "outermost layer", answer: refusal{status: 400, header: map[string]string{"Server": "Microsoft-HTTPAPI/2.0"}, body: "<h2>Bad Request</h2>"}, reason: problem.NameRefused, sentinel: problem.ErrName, action: fileWaits, sentence: "does not accept this name"},
	{name: "blocks lost", answer: refusal{status: 400, code: "InvalidBlockList"}, reason: problem.BlocksLost, sentinel: problem.ErrBlocksLost, action: plansAnew, sentence: "dropped parts that it had confirmed"},
	{name: "blob lost", answer: refusal{status: 404, code: "BlobNotFound"}, reason: problem.BlocksLost, sentinel: problem.ErrBlocksLost, action: plansAnew, sentence: "Nothing incomplete was delivered."},
	{name: "crc", answer: refusal{status: 400, code: "Crc64Mismatch"}, reason: problem.Corrupted, sentinel: problem.ErrCorrupt, action: sendsAgain, sentence: "received different bytes from those sent"},
	{name: "md5", answer: refusal{status: 400, code: "Md5Mismatch"}, reason: problem.Corrupted, sentinel: problem.ErrCorrupt, action: sendsAgain, sentence: "No damaged file was delivered."},
	{name: "list damaged", answer: refusal{status: 400, code: "InvalidXmlDocument"}, reason: problem.Corrupted, sentinel: problem.ErrCorrupt, action: sendsAgain, sentence: "received different bytes from those sent"},
	{name: "list's value damaged", answer: refusal{status: 400, code: "InvalidXmlNodeValue"}, reason: problem.Corrupted, sentinel: problem.ErrCorrupt, action: sendsAgain, sentence: "received different bytes from those sent"},
	{name: "another checksum", answer: refusal{status: 201, body: "-", header: map[string]string{"x-ms-request-id": "1", "x-ms-content-crc64": "AAAAAAAAAAA="}}, reason: problem.Corrupted, sentinel: problem.ErrCorrupt, action: sendsAgain, sentence: "received different bytes from those sent"},
	{name: "busy", answer: refusal{status: 503, code: "ServerBusy"}, reason: problem.ServiceBusy, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage is busy."},
	{name: "timed out", answer: refusal{status: 500, code: "OperationTimedOut"}, reason: problem.ServiceBusy, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage is busy."},
	{name: "internal", answer: refusal{status: 500, code: "InternalError"}, reason: problem.ServiceFault, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage reports an internal error."},
	{name: "account new", answer: refusal{status: 503, code: "AccountBeingCreated"}, reason: problem.ServiceBusy, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage is busy."},
	{name: "modified", answer: refusal{status: 409, code: "BlobModifiedWhileReading"}, reason: problem.ServiceBusy, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage is busy."},
	{name: "in use", answer: refusal{status: 409, code: "SystemInUse"}, reason: problem.ServiceBusy, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage is busy."},
	{name: "408", answer: refusal{status: 408, body: "-"}, reason: problem.ServiceBusy, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage is busy."},
	{name: "429", answer: refusal{status: 429, body: "-"}, reason: problem.ServiceBusy, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage is busy."},
	{name: "407", answer: refusal{status: 407, body: "-"}, reason: problem.ProxySignInLapsed, sentinel: problem.ErrBusy, action: triesAgain, sentence: "asks you to sign in again"},
	{name: "any other 5xx", answer: refusal{status: 599, body: "-"}, reason: problem.ServiceBusy, sentinel: problem.ErrBusy, action: triesAgain, sentence: "the program retries by itself"},
	{name: "closed", broken: func(net.Conn) {}, reason: problem.NetworkDown, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The storage can't be reached."},
	{name: "silence", broken: func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) }, reason: problem.NoProgress, sentinel: problem.ErrBusy, action: triesAgain, sentence: "The connection stalled."},
	{
		name: "half an answer", broken: func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nhalf")
		}, reason: problem.AnswerGarbled, sentinel: problem.ErrBusy, action: triesAgain,
		sentence: "answer could not be read",
	},
	{name: "no HTTP", broken: func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH\r\n\r\n") }, reason: problem.AnswerGarbled, sentinel: problem.ErrBusy, action: triesAgain, sentence: "answer could not be read"},
	{name: "another request's", answer: refusal{status: 201, body: "-", header: map[string]string{"x-ms-request-id": requestID, "x-ms-client-request-id": "other"}}, reason: problem.AnswerForeign, sentinel: problem.ErrBusy, action: triesAgain, sentence: "does not belong to the request."},
	{name: "a page", answer: refusal{status: 200, body: "<html>Sign in</html>"}, reason: problem.NotTheService, sentinel: problem.ErrBusy, action: triesAgain, sentence: "Open a web browser and sign in to the network"},
	{name: "created, by no service", answer: refusal{status: 201, body: "-"}, reason: problem.NotTheService, sentinel: problem.ErrBusy, action: triesAgain, sentence: "answered in its place"},
	{name: "a page that says so", answer: refusal{status: 511, body: "-"}, reason: problem.NotTheService, sentinel: problem.ErrBusy, action: triesAgain, sentence: "sign in to the network"},
	{name: "a redirect", answer: refusal{status: 302, body: "-", header: map[string]string{"Location": "/elsewhere"}}, reason: problem.NotTheService, sentinel: problem.ErrBusy, action: triesAgain, sentence: "answered in its place"},
	{name: "a block page", answer: refusal{status: 403, body: "<html>Blocked</html>"}, reason: problem.NotTheService, sentinel: problem.ErrBusy, action: triesAgain, sentence: "answered in its place"},
	{name: "anything else", answer: refusal{status: 413, code: "RequestBodyTooLarge"}, reason: problem.Unexpected, sentinel: problem.ErrInternal, action: failsFile, sentence: "unexpected"},
}

// fickle is a server that answers one way as long as it is bad, and confirms everything afterwards.
type fickle struct {
	bad  atomic.Int64 // requests to answer badly
	seen atomic.Int64
}

func (f *fickle) handle(answer refusal, broken func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.seen.Add(1)
		if f.bad.Add(-1) < 0 {
			_, _ = io.Copy(io.Discard, r.Body)
			created(w)
			return
		}
		if broken == nil {
			answer.serve(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		broken(conn)
	}
}

// TestEachAnswerHasItsSentinelActionAndSentence goes through all that the service can say, over the
// wire: what the error is, what a person reads, and what the queue does.
func TestEachAnswerHasItsSentinelActionAndSentence(t *testing.T) {
	for _, c := range said {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := &fickle{}
			server := serve(t, f.handle(c.answer, c.broken))
			tok := testToken(server.URL)
			if c.token != nil {
				c.token(&tok)
			}
			silence := c.reason == problem.NoProgress

			// The error and its words.
			s := openTest(t, tok, Options{})
			if !silence { // what the engine itself says, below
				f.bad.Store(1)
				_, err := operations[0].call(t.Context(), s, "file")
				if e, ok := errors.AsType[*problem.Error](err); !ok || e.Reason != c.reason ||
					!errors.Is(err, c.sentinel) {
					t.Fatalf("error %v, want %s and %v", err, c.reason, c.sentinel)
				}
				noSecret(t, err)
				words(t, err, c.sentence)
			}

			// What the queue does.
			config := uploader.Config{
				Open: func(token token.Token) (store.Store,
					error,
				) {
					return open(token, secretQuery, Options{})
				},
				Connections: 1, Steady: time.Millisecond,
			}
			if silence {
				config.NoProgress = 500 * time.Millisecond
			}
			queue, err := uploader.NewQueue(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := queue.Close(); err != nil {
					t.Error(err)
				}
			}()
			if err := queue.Use(tok); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
				t.Fatal(err)
			}
			f.seen.Store(0)
			f.bad.Store(1)
			if c.action == triesAgain {
				f.bad.Store(3) // after so many a person is told
			}
			if _, err := queue.Add(t.Context(), tok.Inbox, []string{path},
				ledger.AddOptions{}); err != nil {
				t.Fatal(err)
			}
			if c.action == triesAgain {
				words(t, troubleOf(t.Context(), queue), c.sentence)
			}
			err = queue.Wait(t.Context())
			if c.action == holdsInbox {
				if !errors.Is(err, c.sentinel) || queue.Status().Files[ledger.Delivered] != 0 {
					t.Errorf("the queue waits for %v", err)
				}
				words(t, err, c.sentence)
				if n := f.seen.Load(); n != 1 {
					t.Errorf("%d requests with a token that is refused", n)
				}
				if err := queue.Use(tok); err != nil {
					t.Fatal(err)
				}
				err = queue.Wait(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			want := map[action]ledger.JobState{leavesAlone: ledger.LeftAlone, fileWaits: ledger.Attention, failsFile: ledger.Failed}
			state, ends := want[c.action]
			if !ends {
				state = ledger.Delivered
			}
			rows, err := queue.Rows(t.Context(), ledger.Filter{}, 0, 2)
			if err != nil || len(rows) != 1 || rows[0].State != state {
				t.Fatalf("%v, %v; want %v", rows, err, state)
			}
			if ends {
				words(t, rows[0].Problem, c.sentence)
			}
		})
	}
}

// troubleOf waits until the queue says why it has to try again and again.
func troubleOf(ctx context.Context, q *uploader.Queue) error {
	for {
		for _, in := range q.Status().Inboxes {
			if in.Trouble != nil {
				return in.Trouble
			}
		}
		select {
		case <-q.Changed():
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// words checks what a person reads.
func words(t *testing.T, err error, part string) {
	t.Helper()
	text := problem.Explain(err).String()
	if !strings.Contains(text, part) {
		t.Errorf("the words are %q, without %q", text, part)
	}
	if strings.ContainsAny(text, "{}<>") ||
		regexp.MustCompile(`\b[1-5]\d\d\b`).MatchString(strings.ReplaceAll(text, "5,000", "")) &&
			!strings.Contains(text, "127.0.0.1") && !strings.Contains(text, "192.0.2.7") {
		t.Errorf("not for a person: %q", text)
	}
}

// TestTheDesignPageSaysWhatTheServiceSays compares the table of docs/DESIGN.md with the cases
// above: each code that it names is tested with the reason and the action of its row.
func TestTheDesignPageSaysWhatTheServiceSays(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "DESIGN.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(page), "\n## What the service says\n")
	if !ok {
		t.Fatal("no such part")
	}
	table, _, _ = strings.Cut(table, "\n## ")
	code := regexp.MustCompile(`\b[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+\b`)
	reason := regexp.MustCompile("`([a-z-]+)`")
	rows, tested := 0, map[problem.Reason]bool{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || strings.Contains(line, "---") ||
			strings.Contains(line, "| answer |") {
			continue
		}
		rows++
		var reasons []problem.Reason
		for _, m := range reason.FindAllStringSubmatch(cells[2], -1) {
			reasons = append(reasons, problem.Reason(m[1]))
		}
		acts := func(a action) bool { return strings.HasPrefix(strings.TrimSpace(cells[3]), string(a)) }
		found := false
		for _, c := range said {
			if slices.Contains(reasons, c.reason) && acts(c.action) {
				found = true
				tested[c.reason] = true
			}
		}
		// TestFaultsOfTLS, TestFailuresWithoutAnAnswer and proxy_test.go are about these.
		for _, elsewhere := range []problem.Reason{
			problem.NetworkInspected, problem.ProxyRefused, problem.ProxySignIn,
			problem.ProxySignInKind, problem.ProxyTicket, problem.ProxyDown,
			problem.ProxyUnknown, problem.CertificateDates,
		} {
			found = found || slices.Contains(reasons, elsewhere)
		}
		if !found {
			t.Errorf("no case for %s", line)
		}
		for _, name := range code.FindAllString(cells[1], -1) {
			if !slices.ContainsFunc(said, func(c saying) bool {
				return c.answer.code == name && slices.Contains(reasons, c.reason) && acts(c.action)
			}) {
				t.Errorf("no case for %s of %s", name, line)
			}
		}
	}
	if rows < 30 {
		t.Errorf("%d rows", rows)
	}
	for _, c := range said {
		if !tested[c.reason] {
			t.Errorf("%s is not in the page", c.reason)
		}
	}
	for code, r := range codes {
		if !strings.Contains(table, code) {
			t.Errorf("%s (%s) is not in the page", code, r)
		}
	}
}
