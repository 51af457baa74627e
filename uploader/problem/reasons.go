package problem

// Reason names one case of a sentinel: precise enough to choose the words for a person, and stable,
// so that it can stand in JSON output and in the journal.
type Reason string

// What can be wrong with a pasted text.
const (
	NotAToken         Reason = "not-a-token"
	NoSignature       Reason = "no-signature"
	NoAddress         Reason = "no-address"
	InsecureAddress   Reason = "insecure-address"
	PortInvalid       Reason = "port-invalid"
	UnknownHost       Reason = "unknown-host"
	SignatureSize     Reason = "signature-size"
	CannotWrite       Reason = "cannot-write"
	NoContainer       Reason = "no-container"
	FieldsContradict  Reason = "fields-contradict"
	WrongService      Reason = "wrong-service"
	TokenDateUnclear  Reason = "date-unclear"
	SeveralTokens     Reason = "several-tokens"
	TokenTextTooLarge Reason = "text-too-large"
	TokenIncomplete   Reason = "token-incomplete"
)

// What the service can say of a token. The texts behind them are in docs/DESIGN.md, "What the
// service says".
const (
	Expired                Reason = "expired"
	NotYetValid            Reason = "not-yet-valid"
	SignatureRefused       Reason = "signature-refused"
	WrongPlace             Reason = "wrong-place"
	PolicyRefused          Reason = "policy-refused"
	PermissionMissing      Reason = "permission-missing"
	PermissionCreateOnly   Reason = "permission-create-only"
	HTTPSRequired          Reason = "https-required"
	AddressRefused         Reason = "address-refused"
	FirewallRefused        Reason = "firewall-refused"
	WrongTokenKind         Reason = "wrong-token-kind"
	TokensNotAccepted      Reason = "tokens-not-accepted" //nolint:gosec // the name of a reason, no credential
	EncryptionScopeRefused Reason = "encryption-scope-refused"
	VersionRefused         Reason = "version-refused"
	DeniedUnknown          Reason = "denied"
	InboxGone              Reason = "inbox-gone"
	AccountGone            Reason = "account-gone"
	NetworkInspected       Reason = "network-inspected"
	ProxySignIn            Reason = "proxy-sign-in"
	ProxySignInKind        Reason = "proxy-sign-in-kind"
	NotTheService          Reason = "not-the-service"
)

// TokenNeeded is that what waits for an inbox has no token here, as after a restart where none was
// kept.
const TokenNeeded Reason = "token-needed"

// HostNotAllowed is that neither the person nor an administrator allows the address of a token any
// more.
const HostNotAllowed Reason = "host-not-allowed"

// What an administrator may forbid.
const (
	HostForbidden    Reason = "host-forbidden"
	ReplaceForbidden Reason = "replace-forbidden"
)

// What can happen to one file.
const (
	AlreadyThere       Reason = "already-there"
	ChangedSinceSent   Reason = "changed-since-sent"
	AlreadyThereByUs   Reason = "already-there-probably-ours"
	MayNotReplace      Reason = "may-not-replace"
	NameLocked         Reason = "name-locked"
	NameIsFolder       Reason = "name-is-folder"    // in an account with folders: of a blob, or of a part of its name
	WrittenOtherwise   Reason = "written-otherwise" // what is there is of a kind that Put Blob and its like don't replace
	ForeignBlocks      Reason = "foreign-blocks"
	NameTooLong        Reason = "name-too-long"
	NameTooDeep        Reason = "name-too-deep"
	NameDots           Reason = "name-dots"
	NameRefused        Reason = "name-refused"
	NameTaken          Reason = "name-taken"
	NameTakenAccents   Reason = "name-taken-accents"
	OneFileOnly        Reason = "one-file-only"
	SourceMissing      Reason = "source-missing" // where a person named it, nothing is
	SourceGone         Reason = "source-gone"
	SourceAway         Reason = "source-away"
	SourceUnreadable   Reason = "source-unreadable"
	SourceIsFolder     Reason = "source-is-folder"
	SourceNotAFile     Reason = "source-not-a-file"
	SourceLinked       Reason = "source-linked"
	SourceReplaced     Reason = "source-replaced"
	PatternInvalid     Reason = "pattern-invalid"
	FolderInvalid      Reason = "folder-invalid"
	ListUnreadable     Reason = "list-unreadable"
	ListOutside        Reason = "list-outside"
	ManifestDiffers    Reason = "manifest-differs"
	SourceChanged      Reason = "source-changed"
	TooLarge           Reason = "too-large"
	TooLargeCreateOnly Reason = "too-large-create-only"
	Corrupted          Reason = "corrupted"
	BlocksLost         Reason = "blocks-lost"
	Refused            Reason = "refused"
	GivenUp            Reason = "cancelled"
	GaveUp             Reason = "gave-up" // nothing was confirmed within the time that was set
	Unexpected         Reason = "unexpected"
)

// What can happen to data that is read from standard input or from another program.
const (
	StreamEmpty      Reason = "stream-empty"
	StreamShort      Reason = "stream-short" // than what was announced
	StreamLong       Reason = "stream-long"  // likewise
	StreamUnreadable Reason = "stream-unreadable"
	StreamCut        Reason = "stream-cut" // before its end, as by an interrupt
	StreamTooLong    Reason = "stream-too-long"
	StreamCreateOnly Reason = "stream-create-only" // longer than what goes in one request
	StreamGaveUp     Reason = "stream-gave-up"     // as GaveUp
	CommandFailed    Reason = "command-failed"
)

// What passes by itself.
const (
	ServiceBusy   Reason = "service-busy"
	ServiceFault  Reason = "service-fault"
	NetworkDown   Reason = "network-down"
	ProxyRefused  Reason = "proxy-refused"
	ProxyDown     Reason = "proxy-down" // it can't be reached, or breaks off before it connected us
	NoProgress    Reason = "no-progress"
	AnswerGarbled Reason = "answer-garbled"
	AnswerForeign Reason = "answer-foreign"
	OutsideHours  Reason = "outside-hours" // in which a person wants nothing to be sent

	ProxyTicket       Reason = "proxy-ticket"
	ProxySignInLapsed Reason = "proxy-sign-in-lapsed"
	ProxyUnknown      Reason = "proxy-unknown"     // nothing says which proxy leads to the storage
	CertificateDates  Reason = "certificate-dates" // by this computer's clock
)

// What can happen to the list of what is to be sent, which is on this computer's disk.
const (
	JournalFull       Reason = "journal-full"
	JournalBusy       Reason = "journal-busy"
	JournalDamaged    Reason = "journal-damaged"
	JournalUnwritable Reason = "journal-unwritable"
	JournalNewer      Reason = "journal-newer"
	JournalGone       Reason = "journal-gone"
	TooFewFiles       Reason = "too-few-open-files" // the system lets the program open

	NotAddedFull Reason = "not-added-disk-full" // what was to be sent was not taken into the list
	NotAddedBusy Reason = "not-added-list-busy"
)

// What can be wrong with the keyring that tokens are kept in.
const (
	VaultAbsent   Reason = "vault-absent"    // there is none, or none that this program reaches
	VaultLocked   Reason = "vault-locked"    // it is locked, was never set up, or has not answered in time
	VaultRefused  Reason = "vault-refused"   // it failed, ended while it was asked, or said no
	VaultMissing  Reason = "vault-missing"   // it holds nothing under this reference
	VaultDamaged  Reason = "vault-damaged"   // what it holds is not what was put there
	VaultTooLarge Reason = "vault-too-large" // the secret is longer than any token
)

// What can be wrong with the name of an inbox.
const (
	InboxNameInvalid Reason = "inbox-name-invalid"
	InboxNameTaken   Reason = "inbox-name-taken"
	InboxUnknown     Reason = "inbox-unknown"
)

const (
	safeFinished  = "Files already delivered stay delivered."
	safeAll       = "Nothing is lost; files already delivered stay delivered."
	safeNotSent   = "Nothing was sent."
	safeThere     = "What is there was not touched."
	safeInMemory  = "The token is kept only until this program ends, and is written nowhere."
	doCopyAgain   = "Copy the whole token again from where you got it."
	doAskNew      = "Ask the workspace for a new one."
	doTellOwner   = "Tell the person who gave you the token; its administrator has to act."
	safeNoPart    = "Nothing of it was delivered."
	doStreamAgain = "Run the whole command again: such data can't be continued."
	doRetryLater  = "Nothing to do: it is tried again by itself."
	doRename      = "Rename it and add it again."
	doReportFault = "Try again; if it happens again, report it with the log."
)

// The ends of what stands for {value} where the parts of a pasted text contradict each other; the
// name of a part stands before them.
const (
	ValueTwice      = " is given twice"
	ValueUnreadable = " can't be read"
)

// valueNoCode stands for {value} where the storage refused a file without a code.
const valueNoCode = "it does not say why"

// reasons is the one table of every reason: its sentinel and its words. In the words {value} stands
// for Error.Value, {proxy} for Error.Proxy, {when on} for Error.When in local time.
var reasons = map[Reason]struct {
	err  error
	text Explanation
}{
	NotAToken:         {ErrTokenInvalid, Explanation{"This text is not an upload token.", safeNotSent, "Paste the link that the workspace gave you; it begins with https:// and contains sig=."}},
	NoSignature:       {ErrTokenInvalid, Explanation{"This link is incomplete: its signature is missing.", safeNotSent, doCopyAgain}},
	NoAddress:         {ErrTokenInvalid, Explanation{"This is only the second half of a token: the address in front of the question mark is missing.", safeNotSent, doCopyAgain}},
	InsecureAddress:   {ErrTokenInvalid, Explanation{"This token's address begins with http://, over which anyone on the way could read the token and the files.", safeNotSent, "Ask the workspace for a token that begins with https://."}},
	PortInvalid:       {ErrTokenInvalid, Explanation{"The address has a port that can't be: “{value}”. Ports are 1 to 65535.", safeNotSent, doCopyAgain}},
	UnknownHost:       {ErrTokenInvalid, Explanation{"“{value}” is not a storage address that this program knows. A forged token could send your files to a stranger.", safeNotSent, ""}},
	SignatureSize:     {ErrTokenInvalid, Explanation{"The token's signature is incomplete or was altered while copying.", safeNotSent, doCopyAgain}},
	CannotWrite:       {ErrTokenInvalid, Explanation{"This token does not permit uploading (it permits: {value}).", safeNotSent, "Ask the workspace for an upload token."}},
	NoContainer:       {ErrTokenInvalid, Explanation{"This token's address names no inbox, only a storage account.", safeNotSent, doCopyAgain}},
	FieldsContradict:  {ErrTokenInvalid, Explanation{"The parts of this token contradict each other: {value}.", safeNotSent, doCopyAgain}},
	WrongService:      {ErrTokenInvalid, Explanation{"This token is for another kind of storage than a file inbox ({value}).", safeNotSent, "Ask the workspace for an upload token for blob storage."}},
	TokenDateUnclear:  {ErrTokenInvalid, Explanation{"A date in this token can't be read: {value}.", safeNotSent, doCopyAgain}},
	SeveralTokens:     {ErrTokenInvalid, Explanation{"This text contains more than one token.", safeNotSent, "Paste one at a time."}},
	TokenTextTooLarge: {ErrTokenInvalid, Explanation{"This text is too long to be an upload token.", safeNotSent, "Paste the token alone."}},
	TokenIncomplete:   {ErrTokenInvalid, Explanation{"A part of this token is missing: {value}.", safeNotSent, doCopyAgain}},

	Expired:                {ErrTokenExpired, Explanation{"This upload token ended{when on}.", safeFinished, doAskNew}},
	NotYetValid:            {ErrTokenNotYetValid, Explanation{"This token is not valid yet; it starts working{when on}.", safeFinished, "Wait until then, and check this computer's clock."}},
	SignatureRefused:       {ErrDenied, Explanation{"The storage no longer accepts this token: it was revoked, or it was altered while copying.", safeFinished, "Copy it again from where you got it, or ask the workspace for a new one."}},
	WrongPlace:             {ErrDenied, Explanation{"The token is for a different place than its address.", safeFinished, doCopyAgain}},
	PolicyRefused:          {ErrDenied, Explanation{"The workspace's storage policy rejects this token.", safeFinished, "Its administrator must issue it anew."}},
	PermissionMissing:      {ErrDenied, Explanation{"The token does not permit this (it permits: {value}).", safeFinished, "Ask the workspace for an upload token."}},
	PermissionCreateOnly:   {ErrDenied, Explanation{"The token permits only files of up to 5,000 MiB that are new.", safeFinished, "Ask the workspace for a token that permits writing."}},
	HTTPSRequired:          {ErrDenied, Explanation{"The token may be used over https only.", safeFinished, "Use the address that begins with https://."}},
	AddressRefused:         {ErrDenied, Explanation{"The token is accepted only from {value}; the storage sees another address for this computer.", safeFinished, "Connect to that network or VPN."}},
	FirewallRefused:        {ErrDenied, Explanation{"The storage's firewall refused this network.", safeFinished, "Connect to the network or VPN that the workspace expects, or ask it to admit this one."}},
	WrongTokenKind:         {ErrDenied, Explanation{"The token is of a kind that does not open this inbox.", safeFinished, doAskNew}},
	TokensNotAccepted:      {ErrDenied, Explanation{"The storage account no longer accepts tokens of this kind.", safeFinished, doTellOwner}},
	EncryptionScopeRefused: {ErrDenied, Explanation{"The inbox demands another encryption than the token allows.", safeFinished, doTellOwner}},
	VersionRefused:         {ErrDenied, Explanation{"The storage refuses the version of the protocol that this program speaks.", safeFinished, doTellOwner}},
	DeniedUnknown:          {ErrDenied, Explanation{"The storage refused the token.", safeFinished, doAskNew}},
	InboxGone:              {ErrInboxNotFound, Explanation{"The inbox for this token no longer exists.", safeFinished, doAskNew}},
	AccountGone:            {ErrInboxNotFound, Explanation{"The storage at {value} can't be found: it is closed, the address is misspelt, or it is reachable from inside a private network only.", safeFinished, "Check the token and the network or VPN."}},
	NetworkInspected:       {ErrDenied, Explanation{"Your organisation's network inspects encrypted traffic, and its certificate is not trusted here.", safeFinished, "Ask your IT for the certificate or for an exception for {value}."}},
	ProxySignIn:            {ErrDenied, Explanation{"Your proxy needs a sign-in.", safeFinished, "Put the name and password into the proxy's address, in UPLOADER_PROXY for example: http://NAME:PASSWORD@HOST:PORT."}},
	ProxySignInKind:        {ErrDenied, Explanation{"Your proxy needs a kind of sign-in that this program does not know ({value}).", safeFinished, "Ask your IT for an exception for the storage, or for a proxy that takes a name and a password."}},
	TokenNeeded:            {ErrDenied, Explanation{"What is left for this inbox needs its upload token again.", safeAll, ""}},
	HostForbidden:          {ErrDenied, Explanation{"Your administrator does not allow uploads to “{value}”.", "Nothing was sent there.", "Ask your administrator to allow this address, or use another token."}},
	ReplaceForbidden:       {ErrDenied, Explanation{"Your administrator does not allow files in an inbox to be replaced.", safeNotSent, "Skip what is there, or keep both."}},
	HostNotAllowed:         {ErrDenied, Explanation{"“{value}” is no longer an allowed storage address.", "Nothing more is sent there; files already delivered stay delivered.", ""}},
	NotTheService:          {ErrBusy, Explanation{"Something between this computer and the storage answered in its place, such as a hotel's or airport's sign-in page.", safeFinished, "Open a web browser and sign in to the network; the upload goes on by itself."}},

	AlreadyThere:       {ErrExists, Explanation{"A file with this name is already in the inbox.", safeThere, ""}},
	ChangedSinceSent:   {ErrExists, Explanation{"The file has changed since you sent it{when on}: {value}.", safeThere, ""}},
	AlreadyThereByUs:   {ErrExists, Explanation{"A file with this name is already in the inbox, probably from this very upload: the connection broke before the storage confirmed it.", safeThere, "Ask the workspace to compare its size."}},
	MayNotReplace:      {ErrExists, Explanation{"A file with this name is already there and the token may not replace it.", safeThere, ""}},
	NameLocked:         {ErrExists, Explanation{"A file with this name is already there and locked against changes.", safeThere, ""}},
	NameIsFolder:       {ErrName, Explanation{"A folder in the inbox has this name, or a file there has the name of one of its folders.", safeThere, doRename}},
	WrittenOtherwise:   {ErrExists, Explanation{"A file with this name is already there, and another program wrote it in a way that this one can't replace.", safeThere, ""}},
	ForeignBlocks:      {ErrExists, Explanation{"Another program left a half-sent file of this name in the inbox, which blocks the name for up to a week.", safeThere, ""}},
	NameTooLong:        {ErrName, Explanation{"The name with its folders is longer than the storage allows (1,024 characters).", safeNotSent, "Shorten it and add it again."}},
	NameTooDeep:        {ErrName, Explanation{"The file lies deeper than the storage allows (254 folders).", safeNotSent, "Move it further up and add it again."}},
	NameDots:           {ErrName, Explanation{"A part of the name consists of dots alone, which the storage would take for another folder.", safeNotSent, doRename}},
	NameRefused:        {ErrName, Explanation{"The storage does not accept this name.", safeNotSent, doRename}},
	NameTaken:          {ErrName, Explanation{"Another file would get the same name in the inbox: {value}.", "The other file is sent, this one is not.", doRename}},
	NameTakenAccents:   {ErrName, Explanation{"Two names look the same, but their accents are stored differently: {value}. The inbox can hold one of them.", "The other file is sent, this one is not.", doRename}},
	OneFileOnly:        {ErrName, Explanation{"This token is for a single file, and more than one was given.", safeNotSent, "Send one file, for example a zip archive of all."}},
	SourceAway:         {ErrSourceAway, Explanation{"The disk with “{value}” is not there at the moment.", safeFinished, "Connect it again; the upload goes on by itself."}},
	SourceMissing:      {ErrSource, Explanation{"There is no file or folder of this name.", "The other files go on.", "Check how it is written, or connect its disk, then send it again."}},
	SourceGone:         {ErrSource, Explanation{"The file is no longer there.", "The other files go on.", "Put it back or connect its disk, then try again."}},
	SourceUnreadable:   {ErrSource, Explanation{"The file can't be read: {value}.", "The other files go on.", "Close the program that uses it or ask for the right to read it, then try again."}},
	SourceIsFolder:     {ErrSource, Explanation{"This is a folder.", safeNotSent, ""}},
	SourceNotAFile:     {ErrSource, Explanation{"This is not a file but {value}.", safeNotSent, "Copy its content to a file and send that."}},
	SourceLinked:       {ErrSource, Explanation{"This is now a link; it was a file or folder when it was listed: {value}.", "Nothing that the link leads to was sent.", "Find out who put it there. Put the file or folder back and try again, or add it again as it is now."}},
	SourceReplaced:     {ErrSource, Explanation{"The file has been replaced by {value}.", "Nothing incomplete was delivered.", "Put the file back and try again."}},
	PatternInvalid:     {ErrSource, Explanation{"The pattern “{value}” can't be understood.", safeNotSent, "Check its brackets and braces; * stands for any name, ** for any folders."}},
	FolderInvalid:      {ErrSource, Explanation{"“{value}” can't be a folder in this inbox.", safeNotSent, "Write it as names with slashes between them, such as project/run 7. A link to a single file's name takes no folder."}},
	ListUnreadable:     {ErrSource, Explanation{"The list of files “{value}” can't be read, or is larger than 256 MiB.", safeNotSent, "Check that it is there and that you may read it."}},
	ManifestDiffers:    {ErrSource, Explanation{"The file is not what its manifest says.", "Nothing of it was delivered.", "Find out which of the two is right, then send the file again."}},
	ListOutside:        {ErrSource, Explanation{"The list of files names “{value}”, which leads out of the folder.", safeNotSent, "Write paths below the folder, one in each line, without .. and without a disk or a slash in front."}},
	SourceChanged:      {ErrSourceChanged, Explanation{"The file changes while it is being sent.", "No mixture of old and new was delivered.", "Wait until the program that writes it has finished, then try again."}},
	TooLarge:           {ErrName, Explanation{"The file is larger than the storage can hold in one piece ({value}).", safeNotSent, "Split it and send the parts."}},
	TooLargeCreateOnly: {ErrName, Explanation{"The token permits only files of up to 5,000 MiB, and this one is larger.", safeNotSent, "Ask the workspace for a token that permits writing."}},
	Corrupted:          {ErrCorrupt, Explanation{"The storage received other bytes than were sent, several times in a row.", "No damaged file was delivered.", "Something on the way alters data: try another network, and report it to your IT."}},
	BlocksLost:         {ErrBlocksLost, Explanation{"The storage dropped parts that it had confirmed.", "Nothing incomplete was delivered.", doRetryLater}},
	Refused:            {ErrRefused, Explanation{"The storage refused this file ({value}).", "What is in the inbox was not touched; the other files go on.", "Try again; if it happens again, tell the person who gave you the token what the storage said."}},
	GaveUp:             {ErrGaveUp, Explanation{"The storage confirmed nothing within the time that was set. {value}", "All is kept; files already delivered stay delivered.", "When the cause is gone, start the same upload again: it goes on where it stopped."}},
	GivenUp:            {ErrSource, Explanation{"It was cancelled before it was delivered.", safeFinished, "Retry it to send it after all."}},
	Unexpected:         {ErrInternal, Explanation{"Something went wrong that this program did not expect.", safeFinished, doReportFault}},

	StreamEmpty:      {ErrSource, Explanation{"There was no data.", safeNotSent, "Check the program that should write it."}},
	StreamShort:      {ErrSource, Explanation{"The data ended too early: {value}.", safeNoPart, "Check the program that writes it, then run the whole command again."}},
	StreamLong:       {ErrSource, Explanation{"There was more data than announced: {value}.", safeNoPart, "Check the size and the program that writes it, then run the whole command again."}},
	StreamUnreadable: {ErrSource, Explanation{"The data could not be read to its end.", safeNoPart, doStreamAgain}},
	StreamCut:        {ErrSource, Explanation{"The data was not sent to its end.", safeNoPart, doStreamAgain}},
	StreamTooLong:    {ErrName, Explanation{"The data is too long for the memory that may be used: it allows about {value}.", safeNoPart, ""}},
	StreamCreateOnly: {ErrName, Explanation{"The token permits only what is sent in one request, and the data is longer than the memory for that ({value}).", safeNoPart, "Ask the workspace for a token that permits writing, or send a file."}},
	StreamGaveUp:     {ErrGaveUp, Explanation{"The storage confirmed nothing within the time that was set. {value}", safeNoPart, doStreamAgain}},
	CommandFailed:    {ErrSource, Explanation{"“{value}” failed, so what it wrote counts for nothing.", safeNoPart, "See what it says, then run the whole command again."}},

	VaultAbsent:   {ErrVault, Explanation{"This computer has no keyring that the token could be kept in.", safeInMemory, "Start a keyring, such as GNOME Keyring or KWallet on Linux, and try again."}},
	VaultLocked:   {ErrVault, Explanation{"This computer's keyring is locked, has never been set up, or does not answer.", safeInMemory, "Unlock it and try again."}},
	VaultRefused:  {ErrVault, Explanation{"This computer's keyring did not do what it was asked.", safeInMemory, "Try again."}},
	VaultMissing:  {ErrVault, Explanation{"This computer's keyring holds no token for this inbox.", safeFinished, "Give the token again."}},
	VaultDamaged:  {ErrVault, Explanation{"What this computer's keyring holds for this inbox is incomplete or was altered.", "It was not used.", "Give the token again."}},
	VaultTooLarge: {ErrVault, Explanation{"This token is too long for a keyring.", safeInMemory, ""}},

	InboxNameInvalid: {ErrInboxName, Explanation{"This name can't be used for an inbox: {value}.", "Nothing was changed.", "Choose one of 1 to 64 characters, in any script."}},
	InboxNameTaken:   {ErrInboxName, Explanation{"There is already an inbox named “{value}”.", "It was not changed.", "Choose another name."}},
	InboxUnknown:     {ErrInboxName, Explanation{"There is no inbox named “{value}”.", "Nothing was changed or sent.", ""}},

	ServiceBusy:       {ErrBusy, Explanation{"The storage is busy.", safeFinished, doRetryLater}},
	ServiceFault:      {ErrBusy, Explanation{"The storage reports an internal error.", safeFinished, "It is tried again by itself. If this stays, tell the person who gave you the token."}},
	NetworkDown:       {ErrBusy, Explanation{"The storage can't be reached.", safeFinished, "Check the network; it is tried again by itself."}},
	ProxyTicket:       {ErrBusy, Explanation{"Your proxy ({proxy}) needs a Kerberos ticket, and this program finds none that is valid.", safeAll, "Run “{value}” in a terminal; the upload then goes on by itself."}},
	ProxySignInLapsed: {ErrBusy, Explanation{"Your proxy asks for its sign-in again.", safeAll, doRetryLater}},

	ProxyDown:        {ErrBusy, Explanation{"Your proxy ({proxy}) does not answer.", safeFinished, "Check the network and the proxy's address; it is tried again by itself."}},
	ProxyUnknown:     {ErrBusy, Explanation{"This computer's proxy script, or its proxy setting, gives no answer.", safeFinished, "Ask your IT for the proxy's address or its script; it is tried again by itself."}},
	CertificateDates: {ErrBusy, Explanation{"The certificate of {value} is expired or not valid yet, by this computer's clock.", safeFinished, "Check this computer's date and time; the upload then goes on by itself. If they are right, tell your IT."}},
	OutsideHours:     {ErrBusy, Explanation{"Nothing is sent outside the hours that were set; it goes on{when on}.", safeAll, ""}},

	ProxyRefused:  {ErrBusy, Explanation{"Your proxy ({proxy}) refused to connect this computer to the storage at {value}.", safeAll, "Ask your IT to let {value} through the proxy; the upload then goes on by itself."}},
	NoProgress:    {ErrBusy, Explanation{"The connection stood still.", safeFinished, doRetryLater}},
	AnswerGarbled: {ErrBusy, Explanation{"The storage's answer could not be read.", safeFinished, doRetryLater}},
	AnswerForeign: {ErrBusy, Explanation{"An answer came that does not belong to what was sent.", "It counts for nothing; files already delivered stay delivered.", "It is tried again by itself. If this stays, ask your IT what stands between this computer and the storage."}},

	JournalFull:       {ErrJournal, Explanation{"The disk that keeps the list of what is to be sent is full.", "Sending pauses; nothing is lost.", "Make some room on it; sending then goes on by itself."}},
	JournalBusy:       {ErrJournal, Explanation{"Another program holds the list of what is to be sent.", "Sending pauses; nothing is lost.", doRetryLater}},
	NotAddedFull:      {ErrJournal, Explanation{"Nothing was added: the disk that keeps the list of what is to be sent is full.", safeNotSent, "Make some room on it, then send again."}},
	NotAddedBusy:      {ErrJournal, Explanation{"Nothing was added: another program holds the list of what is to be sent.", safeNotSent, "Wait a moment, then send again."}},
	JournalDamaged:    {ErrJournal, Explanation{"The list of what is to be sent is damaged.", safeFinished, "Start the program again: it saves what can be read and says what could not."}},
	JournalUnwritable: {ErrJournal, Explanation{"The list of what is to be sent can't be written.", safeFinished, "Check that you may write to the program's state folder and that its disk is there."}},
	JournalGone:       {ErrJournal, Explanation{"The folder with the list of what is to be sent was removed, or its disk was.", "Nothing more is sent; files already delivered stay delivered.", "Start the program again, and send the rest once more: what is in the inbox already is left alone."}},
	TooFewFiles:       {ErrJournal, Explanation{"The system lets this program open only {value} files at once, which is too few.", safeNotSent, "Raise the limit, for example with “ulimit -n 1024”, and run the command again."}},
	JournalNewer:      {ErrJournal, Explanation{"The list of what is to be sent was written by a newer version of this program.", "It was not touched.", "Use the newer version."}},
}

// sentinel returns the reason's sentinel, ErrInternal for one that is not in the table.
func (r Reason) sentinel() error {
	if x, ok := reasons[r]; ok {
		return x.err
	}
	return ErrInternal
}
