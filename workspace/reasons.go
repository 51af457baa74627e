package workspace

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"inboxuploader/uploader/problem"
)

// The sentinels. Every error that leaves this package is a context's cause or an [*Error] that
// wraps exactly one of them.
var (
	// ErrRequest: the request is not possible as it is. Nothing was sent.
	ErrRequest = errors.New("request not possible")
	// ErrDenied: the storage refuses the key, this computer's clock or this network.
	ErrDenied = errors.New("denied")
	// ErrNotFound: the account or the token does not exist.
	ErrNotFound = errors.New("not found")
	// ErrBusy: throttling, or a fault of the service or the network. A few retries have already
	// failed; retrying later helps.
	ErrBusy = errors.New("busy")
	// ErrFile: this one file can't be fetched, but others can.
	ErrFile = errors.New("file not fetched")
	// ErrFolder: this computer can't write the fetched files.
	ErrFolder = errors.New("folder not usable")
	// ErrInternal: everything else. It counts as a defect of this program.
	ErrInternal = errors.New("internal error")
)

// Reason names one case of a sentinel. It is stable and selects the words for a person.
type Reason string

// What can be wrong with a request.
const (
	ReasonMissing              Reason = "reason-missing"
	ReasonTooLong              Reason = "reason-too-long"
	ReasonUnreadable           Reason = "reason-unreadable"
	StartsInPast               Reason = "starts-in-past"
	EndsInPast                 Reason = "ends-in-past"
	EndsBeforeStart            Reason = "ends-before-start"
	PeriodTooShort             Reason = "period-too-short"
	PeriodTooLong              Reason = "period-too-long"
	RightsUnknown              Reason = "rights-unknown"
	RightsCannotWrite          Reason = "rights-cannot-write"
	AddressRangeInvalid        Reason = "address-range-invalid"
	FolderInvalid              Reason = "folder-invalid"
	WorkspaceNameInvalid       Reason = "workspace-name-invalid"
	KeyMissing                 Reason = "key-missing"
	KeyDamaged                 Reason = "key-damaged"
	KeyIsSignature             Reason = "key-is-signature"
	ConnectionStringIncomplete Reason = "connection-string-incomplete"
	AddressMissing             Reason = "address-missing"
	AddressUnknown             Reason = "address-unknown"
	AddressInsecure            Reason = "address-insecure"
	AccountMismatch            Reason = "account-mismatch"
	TokensForbidden            Reason = "tokens-forbidden"
)

// What the service or the network can say.
const (
	KeyRefused       Reason = "key-refused"
	ClockWrong       Reason = "clock-wrong"
	KeysNotAccepted  Reason = "keys-not-accepted"
	EmulatorUnusable Reason = "emulator-unusable"
	NotPermitted     Reason = "not-permitted"
	FirewallRefused  Reason = "firewall-refused"
	AccountGone      Reason = "account-gone"
	AccountDisabled  Reason = "account-disabled"
	TokenUnknown     Reason = "token-unknown"
	TokenRevoked     Reason = "token-revoked"
	NameTaken        Reason = "name-taken"
	ContainersFull   Reason = "containers-full"
	ServiceBusy      Reason = "service-busy"
	NetworkDown      Reason = "network-down"
	NetworkInspected Reason = "network-inspected"
	ProxySignIn      Reason = "proxy-sign-in"
	ProxySignInKind  Reason = "proxy-sign-in-kind"
	ProxyRefused     Reason = "proxy-refused"
	NotTheService    Reason = "not-the-service"
	VersionRefused   Reason = "version-refused"
	Unexpected       Reason = "unexpected"
)

// What can go wrong with a fetch.
const (
	FileGone       Reason = "file-gone"
	FileChanged    Reason = "file-changed"
	FileDamaged    Reason = "file-damaged"
	FileDiffers    Reason = "file-differs"
	NameImpossible Reason = "name-impossible"
	PlaceTaken     Reason = "place-taken"
	CannotWrite    Reason = "cannot-write"
	FolderUnusable Reason = "folder-unusable"
	NoRoom         Reason = "no-room"
)

// Error says what could not be done and why. It contains no secret, so it is safe to log.
type Error struct {
	Op     string // what was being done: "create container", "read key"
	Err    error  // the sentinel
	Reason Reason // which case of it

	Value     string        // what the words are about
	Off       time.Duration // of ClockWrong: by how much this computer's clock is ahead of the storage's; negative if behind
	Status    int           // the HTTP status, 0 if the service did not answer
	Code      string        // the service's error code
	RequestID string        // the service's id of the request, for its support
	Cause     string        // for logs, where no service answered: what broke
	Safe      string        // a sentence in place of the reason's own about what is safe, where that would not be true
	Left      string        // a container that may have been left behind, of which Safe speaks as {left}
}

// Error returns one line for logs. It is not meant for people; [Explain] is.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s)", e.Op, e.Err, e.Reason)
	if e.Status != 0 {
		fmt.Fprintf(&b, " [%d %s %s]", e.Status, e.Code, e.RequestID)
	}
	if e.Cause != "" {
		b.WriteString(": " + e.Cause)
	}
	return b.String()
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

func newError(op string, r Reason) *Error { return &Error{Op: op, Reason: r, Err: reasons[r].err} }

// refuse returns the error for a request that breaks a rule.
func refuse(r Reason, value string) *Error {
	e := newError("issue token", r)
	e.Value = value
	return e
}

const (
	safeNothing = "Nothing was changed."
	safeNotKept = "Nothing was kept and nothing was sent."
	safeOthers  = "Nothing was overwritten; the other files are not affected."

	safeLinkUnclear    = "It is not known whether the earlier link still works; what arrived is not affected."
	safeNoLink         = "The earlier link no longer works, and there is no new one yet; what arrived is not affected."
	safeRevokedUnclear = "It is not known whether the token is revoked."
	safeRevokedUnseen  = "The token is revoked, but the table does not say so yet."
	safeLeft           = "No token was issued. An empty container “{left}” may have been left behind; it does no harm."

	doTryLater   = "Try again in a minute."
	doTryAgain   = "Try again; if it happens again, report it."
	doCopyKey    = "Copy the whole key or connection string again from the storage account's page “Access keys”."
	doAskAdmin   = "Ask whoever administers the storage account."
	doFetchAgain = "Fetch again to get it as it is now."
)

// reasons is the one table of every reason: its sentinel and its words. In the words {value} stands
// for Error.Value.
var reasons = map[Reason]struct {
	err  error
	text problem.Explanation
}{
	ReasonMissing:       {ErrRequest, problem.Explanation{What: "A token needs a reason, so that others see later what it was for.", Safe: safeNothing, Do: "Give a reason of up to 256 characters."}},
	ReasonTooLong:       {ErrRequest, problem.Explanation{What: "The reason has {value} characters; 256 are possible.", Safe: safeNothing, Do: "Shorten it."}},
	ReasonUnreadable:    {ErrRequest, problem.Explanation{What: "The reason contains line breaks or characters that can't be shown.", Safe: safeNothing, Do: "Write it in one line of plain text."}},
	StartsInPast:        {ErrRequest, problem.Explanation{What: "The token would be valid from a moment that is past ({value}).", Safe: safeNothing, Do: "Let it begin now or later; up to 15 minutes ago is possible."}},
	EndsInPast:          {ErrRequest, problem.Explanation{What: "The token would be over already ({value}).", Safe: safeNothing, Do: "Choose a later end."}},
	EndsBeforeStart:     {ErrRequest, problem.Explanation{What: "The token would end before it begins.", Safe: safeNothing, Do: "Choose an end that is later than the beginning."}},
	PeriodTooShort:      {ErrRequest, problem.Explanation{What: "The token would be valid for less than a minute.", Safe: safeNothing, Do: "Choose a later end."}},
	PeriodTooLong:       {ErrRequest, problem.Explanation{What: "The token would be valid for longer than 30 days, which is the most.", Safe: safeNothing, Do: "Choose an earlier end, and make another token when this one is over."}},
	RightsUnknown:       {ErrRequest, problem.Explanation{What: "The rights contain “{value}”, which is none of a (add), c (create), d (delete), l (list), r (read), w (write).", Safe: safeNothing, Do: "Use w, which is enough to upload, or cw."}},
	RightsCannotWrite:   {ErrRequest, problem.Explanation{What: "With these rights nothing could be uploaded.", Safe: safeNothing, Do: "Add w (write), or c (create) for new files alone."}},
	AddressRangeInvalid: {ErrRequest, problem.Explanation{What: "“{value}” is no IPv4 address and no range of two with a hyphen between them.", Safe: safeNothing, Do: "Write it as 198.51.100.7 or 198.51.100.1-198.51.100.20, as the storage sees the sender: the address of its network's gateway."}},
	FolderInvalid:       {ErrRequest, problem.Explanation{What: "The destination folder “{value}” can't be one.", Safe: safeNothing, Do: "Use a relative path with / between the folders, of up to 256 characters."}},
	WorkspaceNameInvalid: {ErrRequest, problem.Explanation{
		What: "“{value}” can't be a workspace's name here, since containers are named after it.",
		Safe: safeNothing,
		Do:   "Use 1 to 53 small letters (a to z), digits, and single hyphens between them.",
	}},
	KeyMissing:                 {ErrRequest, problem.Explanation{What: "There is no account key in what was given.", Safe: safeNotKept, Do: doCopyKey}},
	KeyDamaged:                 {ErrRequest, problem.Explanation{What: "This is no account key: it is incomplete or was altered while copying.", Safe: safeNotKept, Do: doCopyKey}},
	KeyIsSignature:             {ErrRequest, problem.Explanation{What: "This connection string holds a shared access signature in place of the account's key. Tokens can be issued with the key alone.", Safe: safeNotKept, Do: doCopyKey}},
	ConnectionStringIncomplete: {ErrRequest, problem.Explanation{What: "This connection string lacks the account's name or its key.", Safe: safeNotKept, Do: doCopyKey}},
	AddressMissing:             {ErrRequest, problem.Explanation{What: "A key alone does not say which storage account it opens.", Safe: safeNotKept, Do: "Give the account's address beside it, such as https://NAME.blob.core.windows.net, or the whole connection string."}},
	AddressUnknown:             {ErrRequest, problem.Explanation{What: "“{value}” is not a storage address that this program knows.", Safe: safeNotKept, Do: "Give an address such as https://NAME.blob.core.windows.net."}},
	AddressInsecure:            {ErrRequest, problem.Explanation{What: "The storage account's address begins with http://, over which anyone on the way could read tokens and files.", Safe: safeNotKept, Do: "Use the address that begins with https://."}},
	AccountMismatch:            {ErrRequest, problem.Explanation{What: "The key is for another storage account than the address.", Safe: safeNotKept, Do: "Give the key and the address of one account."}},
	TokensForbidden:            {ErrRequest, problem.Explanation{What: "Your administrator does not allow upload tokens to be created on this computer.", Safe: safeNothing, Do: "Ask your administrator."}},

	KeyRefused:       {ErrDenied, problem.Explanation{What: "The storage does not accept this account key: it was renewed, altered while copying, or belongs to another account.", Safe: safeNothing, Do: doCopyKey}},
	ClockWrong:       {ErrDenied, problem.Explanation{What: "This computer's clock is {value} the storage's, which therefore refuses its requests.", Safe: safeNothing, Do: "Set the clock right and try again."}},
	KeysNotAccepted:  {ErrDenied, problem.Explanation{What: "This storage account accepts no account keys, so it accepts no tokens that are made with them either.", Safe: safeNothing, Do: "Its administrator can allow “storage account key access” in its configuration."}},
	EmulatorUnusable: {ErrRequest, problem.Explanation{What: "This storage is Azurite, an emulator, which refuses the tokens that are issued here: it takes no dates and rights from a link whose storage policy states none.", Safe: safeNotKept, Do: "Use an account of Azure's, or for practice the local inbox."}},
	NotPermitted:     {ErrDenied, problem.Explanation{What: "The storage does not permit this with the key that was given.", Safe: safeNothing, Do: doAskAdmin}},
	FirewallRefused:  {ErrDenied, problem.Explanation{What: "The storage account's firewall refused this network.", Safe: safeNothing, Do: "Connect to the network or VPN that it admits, or let its administrator admit this one."}},
	AccountGone:      {ErrNotFound, problem.Explanation{What: "The storage account at {value} can't be found: it is closed, the address is misspelt, or it is reachable from inside a private network only.", Safe: safeNothing, Do: "Check the address and the network or VPN."}},
	AccountDisabled:  {ErrDenied, problem.Explanation{What: "The storage account is disabled.", Safe: safeNothing, Do: doAskAdmin}},
	TokenUnknown:     {ErrNotFound, problem.Explanation{What: "This workspace has no token {value}.", Safe: safeNothing, Do: "Look at the table of tokens."}},
	TokenRevoked:     {ErrRequest, problem.Explanation{What: "Token {value} was revoked.", Safe: safeNothing, Do: "Make a new one."}},
	NameTaken:        {ErrRequest, problem.Explanation{What: "The container “{value}” exists already, and it is not this token's.", Safe: safeNothing, Do: "Choose another number or another workspace name."}},
	ContainersFull:   {ErrRequest, problem.Explanation{What: "The storage account takes no more containers, and each token needs one.", Safe: safeNothing, Do: "Remove containers of tokens that are over, or use another storage account."}},
	ServiceBusy:      {ErrBusy, problem.Explanation{What: "The storage is busy.", Safe: safeNothing, Do: doTryLater}},
	NetworkDown:      {ErrBusy, problem.Explanation{What: "The storage can't be reached.", Safe: safeNothing, Do: "Check the network and try again."}},
	NetworkInspected: {ErrDenied, problem.Explanation{What: "Your organisation's network inspects encrypted traffic, and its certificate is not trusted here.", Safe: safeNothing, Do: "Ask your IT for the certificate or for an exception for {value}."}},
	ProxySignIn:      {ErrDenied, problem.Explanation{What: "Your proxy needs a sign-in.", Safe: safeNothing, Do: "Put the name and password into the proxy's address, for example in UPLOADER_PROXY: http://NAME:PASSWORD@HOST:PORT."}},
	ProxySignInKind:  {ErrDenied, problem.Explanation{What: "Your proxy needs a kind of sign-in that this program does not know.", Safe: safeNothing, Do: "Ask your IT for an exception for the storage, or for a proxy that takes a name and a password."}},
	ProxyRefused:     {ErrBusy, problem.Explanation{What: "Your proxy refused to connect this computer to the storage at {value}.", Safe: safeNothing, Do: "Ask your IT to let {value} through the proxy."}},
	NotTheService:    {ErrBusy, problem.Explanation{What: "Something that is not the storage answered in its place, such as a hotel's or airport's sign-in page.", Safe: safeNothing, Do: "Open a web browser, sign in to the network, and try again."}},
	VersionRefused:   {ErrDenied, problem.Explanation{What: "The storage refuses this program's protocol version.", Safe: safeNothing, Do: doAskAdmin}},
	Unexpected:       {ErrInternal, problem.Explanation{What: "Something unexpected went wrong.", Safe: "", Do: doTryAgain}},

	FileGone:       {ErrFile, problem.Explanation{What: "It was removed from the inbox in the meantime.", Safe: safeOthers, Do: ""}},
	FileChanged:    {ErrFile, problem.Explanation{What: "It was replaced in the inbox while it was being fetched.", Safe: safeOthers, Do: doFetchAgain}},
	FileDamaged:    {ErrFile, problem.Explanation{What: "What was received differs from the checksum that the inbox holds.", Safe: safeOthers, Do: "Fetch again; if it happens again, the sender has to send it again."}},
	FileDiffers:    {ErrFile, problem.Explanation{What: "What is in the inbox differs from what the sender's receipt or list says.", Safe: safeOthers, Do: "Ask the sender which of the two is right. To have it all the same, fetch it without the receipt."}},
	NameImpossible: {ErrFile, problem.Explanation{What: "Its name can't be a file's name on this computer.", Safe: safeOthers, Do: "Fetch it on another system, such as Linux."}},
	PlaceTaken:     {ErrFile, problem.Explanation{What: "Something else of this name is already in the folder.", Safe: safeOthers, Do: "Fetch into another folder."}},
	CannotWrite:    {ErrFile, problem.Explanation{What: "It can't be written to this folder ({value}).", Safe: safeOthers, Do: "Fetch into another folder."}},
	FolderUnusable: {ErrFolder, problem.Explanation{What: "The folder can't be used ({value}).", Safe: "Nothing was fetched.", Do: "Choose another folder."}},
	NoRoom:         {ErrFolder, problem.Explanation{What: "There is no room left for what is fetched.", Safe: "Files that were fetched are whole.", Do: "Make room and fetch again; it goes on with the rest."}},
}
