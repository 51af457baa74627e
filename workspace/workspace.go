package workspace

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/problem"
)

// PolicyDelay is how long the service may take to act on a stored access policy that was created or
// removed (learn.microsoft.com/rest/api/storageservices/define-stored-access-policy).
const PolicyDelay = 30 * time.Second

// Options configure a [Workspace]. The zero Options are ready for use.
type Options struct {
	// Connection configures the connections.
	Connection azure.Options
	// Now is this computer's clock; time.Now if nil.
	Now func() time.Time
	// LinkAddress is the account's address in tokens if requests go to another address: a custom
	// domain, or the address from outside. Empty means the account's.
	LinkAddress string
	// NoTokens refuses to issue and to renew tokens, with the reason TokensForbidden.
	NoTokens bool

	// Tests shorten these.
	retryDelay time.Duration // before the first retry
	noProgress time.Duration // after which a download gives up a connection
}

// Workspace issues, lists and revokes the upload tokens of one workspace. Its methods block on the
// network, for up to a minute if the network or the service fails. Any number of goroutines may
// call them at once. Errors are the context's cause or [*Error]s.
type Workspace struct {
	account   Account
	id        string
	links     string // the address in tokens
	noTokens  bool
	now       func() time.Time
	delay     time.Duration // before the first retry
	stall     time.Duration // after which a download gives up a connection
	pieces    pieces
	received  atomic.Int64 // bytes of files
	transport *http.Transport
	pipeline  runtime.Pipeline
}

const (
	maxRetries   = 3 // of a request that does not read a file
	firstRetry   = 800 * time.Millisecond
	longestRetry = 10 * time.Second
	requestLimit = 60 * time.Second // for one try; a page of 5,000 containers with all their metadata has to fit
	noProgress   = 60 * time.Second
	connections  = 32
	cleanupLimit = 20 * time.Second // for removing the container of a token that could not be issued
	answerLimit  = 64 << 20         // bytes; a page of a list with the longest metadata has 40 MiB
	refusalLimit = 64 << 10         // bytes
)

// Open returns the workspace of that name on the account. The containers' names begin with the
// workspace's name: 1 to 53 lower-case letters, digits, and single hyphens between them. Open sends
// nothing; [Workspace.Check] finds out whether the key works. Close the Workspace when it is no
// longer used. Errors are [*Error]s that wrap ErrRequest, or a plain error if the certificate
// authorities of o.Connection can't be read.
func Open(account Account, id string, o Options) (*Workspace, error) {
	if err := CheckName(id); err != nil {
		return nil, err
	}
	if account.key == nil {
		return nil, newError("open workspace", KeyMissing)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.retryDelay == 0 {
		o.retryDelay = firstRetry
	}
	if o.noProgress == 0 {
		o.noProgress = noProgress
	}
	if o.Connection.Connections == 0 {
		o.Connection.Connections = connections
	}
	links := account.Address()
	if o.LinkAddress != "" {
		inbox, err := endpoint(o.LinkAddress, "", account.allow)
		if err != nil {
			return nil, err
		}
		links = strings.TrimSuffix(inbox.URL(), "/")
	}
	transport, err := azure.NewTransport(o.Connection)
	if err != nil {
		return nil, err
	}
	w := &Workspace{account: account, id: id, links: links, noTokens: o.NoTokens, now: o.Now, delay: o.retryDelay, stall: o.noProgress, pieces: newPieces(), transport: transport}
	w.pipeline = runtime.NewPipeline("", "", runtime.PipelineOptions{}, &azcore.ClientOptions{
		Transport:        roundTripper{transport},
		Telemetry:        policy.TelemetryOptions{Disabled: true},
		PerRetryPolicies: []policy.Policy{&signer{account, o.Now}},
		Retry: policy.RetryOptions{
			MaxRetries: maxRetries, TryTimeout: requestLimit, RetryDelay: o.retryDelay,
			MaxRetryDelay: longestRetry,
			ShouldRetry:   w.passes,
		},
	})
	return w, nil
}

// Close closes idle connections.
func (w *Workspace) Close() error {
	w.transport.CloseIdleConnections()
	return nil
}

// Received returns how many bytes of files have been read so far, to show the progress of a long
// fetch or comparison. It never blocks.
func (w *Workspace) Received() int64 { return w.received.Load() }

// ID returns the workspace's name.
func (w *Workspace) ID() string { return w.id }

// Check finds out whether the storage accepts the key and will accept tokens issued with it. It
// changes nothing.
func (w *Workspace) Check(ctx context.Context) error {
	const op = "check key"
	c := call{op: op, method: http.MethodGet, query: "comp=list&maxresults=1", want: http.StatusOK}
	h, err := w.read(ctx, c, &listed{})
	if err == nil && isEmulator(h) {
		return newError(op, EmulatorUnusable)
	}
	return err
}

// isEmulator reports whether Azurite answered. It has no firewall, and reads a token's dates and
// rights only from its policy.
func isEmulator(answer http.Header) bool { return strings.HasPrefix(answer.Get("Server"), "Azurite") }

// passes reports whether a failed request is worth a retry.
func (w *Workspace) passes(resp *http.Response, err error) bool {
	if err != nil {
		reason, cause := azure.Category(err, w.account.inbox.Host)
		// If nobody listens now, nobody will in a few seconds, and a person is waiting.
		down := reason == problem.NetworkDown || reason == problem.ProxyDown ||
			reason == problem.ProxyUnknown
		return down && cause != azure.CauseRefused || reason == problem.AnswerGarbled
	}
	return resp.StatusCode == http.StatusRequestTimeout ||
		resp.StatusCode == http.StatusTooManyRequests ||
		resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented
}

// roundTripper sends a request once and follows no redirect: a signed request goes nowhere else.
type roundTripper struct{ *http.Transport }

// Do implements policy.Transporter.
func (t roundTripper) Do(r *http.Request) (*http.Response, error) { return t.RoundTrip(r) }
