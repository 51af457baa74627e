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
	doCopyAgain   = "Copy the whole token again from where you received it."
	doAskNew      = "Ask the workspace for a new one."
	doTellOwner   = "Tell the person who gave you the token; the storage's administrator must act."
	safeNoPart    = "Nothing of it was delivered."
	doStreamAgain = "Run the whole command again; this kind of data can't be continued."
	doRetryLater  = "You need not do anything: the program retries by itself."
	doRename      = "Rename it and add it again."
	doReportFault = "Try again. If it happens again, report it with the log."
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
	NotAToken:         {ErrTokenInvalid, Explanation{"This text is not an upload token.", safeNotSent, "Paste the link from the workspace; it begins with https:// and contains sig=."}},
	NoSignature:       {ErrTokenInvalid, Explanation{"This link is incomplete: its signature is missing.", safeNotSent, doCopyAgain}},
	NoAddress:         {ErrTokenInvalid, Explanation{"This is only the second half of a token: the address before the question mark is missing.", safeNotSent, doCopyAgain}},
	InsecureAddress:   {ErrTokenInvalid, Explanation{"This token's address begins with http://, so others on the network could read the token and the files.", safeNotSent, "Ask the workspace for a token that begins with https://."}},
	PortInvalid:       {ErrTokenInvalid, Explanation{"The address has an invalid port: “{value}”. Ports are 1 to 65535.", safeNotSent, doCopyAgain}},
	UnknownHost:       {ErrTokenInvalid, Explanation{"“{value}” is not a known storage address. A forged token could send your files to a stranger.", safeNotSent, ""}},
	SignatureSize:     {ErrTokenInvalid, Explanation{"The token's signature is incomplete, or was changed while copying.", safeNotSent, doCopyAgain}},
	CannotWrite:       {ErrTokenInvalid, Explanation{"This token does not allow uploads. It allows: {value}.", safeNotSent, "Ask the workspace for an upload token."}},
	NoContainer:       {ErrTokenInvalid, Explanation{"This token's address names a storage account but no inbox.", safeNotSent, doCopyAgain}},
	FieldsContradict:  {ErrTokenInvalid, Explanation{"The parts of this token contradict each other: {value}.", safeNotSent, doCopyAgain}},
	WrongService:      {ErrTokenInvalid, Explanation{"This token is for a different kind of storage, not for files ({value}).", safeNotSent, "Ask the workspace for an upload token for blob storage."}},
	TokenDateUnclear:  {ErrTokenInvalid, Explanation{"A date in this token can't be read: {value}.", safeNotSent, doCopyAgain}},
	SeveralTokens:     {ErrTokenInvalid, Explanation{"This text contains more than one token.", safeNotSent, "Paste one at a time."}},
	TokenTextTooLarge: {ErrTokenInvalid, Explanation{"This text is too long to be an upload token.", safeNotSent, "Paste the token alone."}},
	TokenIncomplete:   {ErrTokenInvalid, Explanation{"A part of this token is missing: {value}.", safeNotSent, doCopyAgain}},

	Expired:                {ErrTokenExpired, Explanation{"This upload token expired{when on}.", safeFinished, doAskNew}},
	NotYetValid:            {ErrTokenNotYetValid, Explanation{"This token is not valid yet; it starts working{when on}.", safeFinished, "Wait until then, and check this computer's clock."}},
	SignatureRefused:       {ErrDenied, Explanation{"The storage does not accept this token: it was revoked, or changed while copying.", safeFinished, "Copy it again from where you received it, or ask the workspace for a new one."}},
	WrongPlace:             {ErrDenied, Explanation{"The token is for a different place from its address.", safeFinished, doCopyAgain}},
	PolicyRefused:          {ErrDenied, Explanation{"The workspace's storage policy rejects this token.", safeFinished, "Its administrator must issue a new one."}},
	PermissionMissing:      {ErrDenied, Explanation{"The token does not allow this. It allows: {value}.", safeFinished, "Ask the workspace for an upload token."}},
	PermissionCreateOnly:   {ErrDenied, Explanation{"The token allows only new files of up to 5,000 MiB.", safeFinished, "Ask the workspace for a token that allows writing."}},
	HTTPSRequired:          {ErrDenied, Explanation{"The token can be used only over https.", safeFinished, "Use the address that begins with https://."}},
	AddressRefused:         {ErrDenied, Explanation{"The token is accepted only from {value}; the storage sees another address for this computer.", safeFinished, "Connect to that network or VPN."}},
	FirewallRefused:        {ErrDenied, Explanation{"The storage's firewall blocks this network.", safeFinished, "Connect to the network or VPN that the workspace expects, or ask it to allow this one."}},
	WrongTokenKind:         {ErrDenied, Explanation{"This kind of token does not open this inbox.", safeFinished, doAskNew}},
	TokensNotAccepted:      {ErrDenied, Explanation{"The storage account no longer accepts tokens of this kind.", safeFinished, doTellOwner}},
	EncryptionScopeRefused: {ErrDenied, Explanation{"The inbox requires a different encryption from the token's.", safeFinished, doTellOwner}},
	VersionRefused:         {ErrDenied, Explanation{"The storage refuses this program's protocol version.", safeFinished, doTellOwner}},
	DeniedUnknown:          {ErrDenied, Explanation{"The storage refused the token.", safeFinished, doAskNew}},
	InboxGone:              {ErrInboxNotFound, Explanation{"The inbox for this token no longer exists.", safeFinished, doAskNew}},
	AccountGone:            {ErrInboxNotFound, Explanation{"The storage at {value} can't be found: it is closed, the address is misspelt, or it is reachable only from a private network.", safeFinished, "Check the token and the network or VPN."}},
	NetworkInspected:       {ErrDenied, Explanation{"Your organisation's network inspects encrypted traffic, and its certificate is not trusted here.", safeFinished, "Ask your IT for the certificate or for an exception for {value}."}},
	ProxySignIn:            {ErrDenied, Explanation{"Your proxy needs a sign-in.", safeFinished, "Put the name and password into the proxy's address, for example in UPLOADER_PROXY: http://NAME:PASSWORD@HOST:PORT."}},
	ProxySignInKind:        {ErrDenied, Explanation{"Your proxy needs a kind of sign-in that this program does not support ({value}).", safeFinished, "Ask your IT for an exception for the storage, or for a proxy that takes a name and a password."}},
	TokenNeeded:            {ErrDenied, Explanation{"The remaining files for this inbox need its upload token again.", safeAll, ""}},
	HostForbidden:          {ErrDenied, Explanation{"Your administrator does not allow uploads to “{value}”.", "Nothing was sent there.", "Ask your administrator to allow this address, or use another token."}},
	ReplaceForbidden:       {ErrDenied, Explanation{"Your administrator does not allow replacing files in an inbox.", safeNotSent, "Skip your file, or keep both."}},
	HostNotAllowed:         {ErrDenied, Explanation{"“{value}” is no longer an allowed storage address.", "Nothing more is sent there; files already delivered stay delivered.", ""}},
	NotTheService:          {ErrBusy, Explanation{"Something between this computer and the storage answered in its place, such as a hotel's or airport's sign-in page.", safeFinished, "Open a web browser and sign in to the network; the upload then continues by itself."}},

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
	NameTaken:          {ErrName, Explanation{"Another file would have the same name in the inbox: {value}.", "The other file is sent, this one is not.", doRename}},
	NameTakenAccents:   {ErrName, Explanation{"Two names look the same, but their accents are stored differently: {value}. The inbox can hold one of them.", "The other file is sent, this one is not.", doRename}},
	OneFileOnly:        {ErrName, Explanation{"This token is for a single file, but there are several.", safeNotSent, "Send one file, such as a zip archive."}},
	SourceAway:         {ErrSourceAway, Explanation{"The disk with “{value}” is not connected.", safeFinished, "Reconnect it; the upload then continues by itself."}},
	SourceMissing:      {ErrSource, Explanation{"There is no file or folder of this name.", "The other files go on.", "Check the spelling, or connect its disk, then send it again."}},
	SourceGone:         {ErrSource, Explanation{"The file is no longer there.", "The other files go on.", "Put it back, or connect its disk, then try again."}},
	SourceUnreadable:   {ErrSource, Explanation{"The file can't be read: {value}.", "The other files go on.", "Close the program that is using it, or ask for the right to read it, then try again."}},
	SourceIsFolder:     {ErrSource, Explanation{"This is a folder.", safeNotSent, ""}},
	SourceNotAFile:     {ErrSource, Explanation{"This is not a file, but {value}.", safeNotSent, "Copy its contents to a file and send that."}},
	SourceLinked:       {ErrSource, Explanation{"This is now a link; it was a file or folder when it was listed: {value}.", "Nothing that the link leads to was sent.", "Find out who put it there. Put the file or folder back and try again, or add it again as it is now."}},
	SourceReplaced:     {ErrSource, Explanation{"The file has been replaced by {value}.", "Nothing incomplete was delivered.", "Put the file back and try again."}},
	PatternInvalid:     {ErrSource, Explanation{"The pattern “{value}” is not valid.", safeNotSent, "Check its brackets and braces; * is any name, ** any folders."}},
	FolderInvalid:      {ErrSource, Explanation{"“{value}” can't be a folder in this inbox.", safeNotSent, "Write it as names with slashes between them, such as project/run 7. A link to a single file's name takes no folder."}},
	ListUnreadable:     {ErrSource, Explanation{"The file list “{value}” can't be read, or is larger than 256 MiB.", safeNotSent, "Check that it exists and that you may read it."}},
	ManifestDiffers:    {ErrSource, Explanation{"The file does not match its manifest.", "Nothing of it was delivered.", "Find out which one is right, then send the file again."}},
	ListOutside:        {ErrSource, Explanation{"The file list contains “{value}”, which leads out of the folder.", safeNotSent, "Write paths below the folder, one per line, without .. and without a drive or a leading slash."}},
	SourceChanged:      {ErrSourceChanged, Explanation{"The file keeps changing while it is being sent.", "No mixture of old and new was delivered.", "Wait until the program that writes it has finished, then try again."}},
	TooLarge:           {ErrName, Explanation{"The file is too large for the storage ({value}).", safeNotSent, "Split it and send the parts."}},
	TooLargeCreateOnly: {ErrName, Explanation{"The token allows only files of up to 5,000 MiB, and this one is larger.", safeNotSent, "Ask the workspace for a token that allows writing."}},
	Corrupted:          {ErrCorrupt, Explanation{"The storage received different bytes from those sent, several times in a row.", "No damaged file was delivered.", "Something on the network alters data: try another network, and tell your IT."}},
	BlocksLost:         {ErrBlocksLost, Explanation{"The storage dropped parts that it had confirmed.", "Nothing incomplete was delivered.", doRetryLater}},
	Refused:            {ErrRefused, Explanation{"The storage refused this file ({value}).", "What is in the inbox was not touched; the other files go on.", "Try again. If it happens again, tell the person who gave you the token what the storage said."}},
	GaveUp:             {ErrGaveUp, Explanation{"The storage confirmed nothing within the time you set. {value}", "All is kept; files already delivered stay delivered.", "Once the cause is gone, start the same upload again: it continues where it stopped."}},
	GivenUp:            {ErrSource, Explanation{"It was cancelled before it was delivered.", safeFinished, "To send it after all, retry it."}},
	Unexpected:         {ErrInternal, Explanation{"Something unexpected went wrong.", safeFinished, doReportFault}},

	StreamEmpty:      {ErrSource, Explanation{"There was no data.", safeNotSent, "Check the program that should write it."}},
	StreamShort:      {ErrSource, Explanation{"The data ended too early: {value}.", safeNoPart, "Check the program that writes it, then run the whole command again."}},
	StreamLong:       {ErrSource, Explanation{"There was more data than expected: {value}.", safeNoPart, "Check the size and the program that writes it, then run the whole command again."}},
	StreamUnreadable: {ErrSource, Explanation{"The data could not be read to the end.", safeNoPart, doStreamAgain}},
	StreamCut:        {ErrSource, Explanation{"The data was not sent to the end.", safeNoPart, doStreamAgain}},
	StreamTooLong:    {ErrName, Explanation{"The data is too long for the memory limit, which allows about {value}.", safeNoPart, ""}},
	StreamCreateOnly: {ErrName, Explanation{"The token allows only what fits into one request, and the data is longer than the memory for that ({value}).", safeNoPart, "Ask the workspace for a token that allows writing, or send a file."}},
	StreamGaveUp:     {ErrGaveUp, Explanation{"The storage confirmed nothing within the time you set. {value}", safeNoPart, doStreamAgain}},
	CommandFailed:    {ErrSource, Explanation{"“{value}” failed, so its output was discarded.", safeNoPart, "Read its messages, then run the whole command again."}},

	VaultAbsent:   {ErrVault, Explanation{"This computer has no keyring for the token.", safeInMemory, "Start a keyring, such as GNOME Keyring or KWallet on Linux, and try again."}},
	VaultLocked:   {ErrVault, Explanation{"This computer's keyring is locked, has never been set up, or does not answer.", safeInMemory, "Unlock it and try again."}},
	VaultRefused:  {ErrVault, Explanation{"This computer's keyring refused the request.", safeInMemory, "Try again."}},
	VaultMissing:  {ErrVault, Explanation{"This computer's keyring holds no token for this inbox.", safeFinished, "Give the token again."}},
	VaultDamaged:  {ErrVault, Explanation{"This inbox's entry in this computer's keyring is incomplete or was changed.", "It was not used.", "Give the token again."}},
	VaultTooLarge: {ErrVault, Explanation{"This token is too long for a keyring.", safeInMemory, ""}},

	InboxNameInvalid: {ErrInboxName, Explanation{"This name can't be used for an inbox: {value}.", "Nothing was changed.", "Choose 1 to 64 characters, in any script."}},
	InboxNameTaken:   {ErrInboxName, Explanation{"There is already an inbox named “{value}”.", "It was not changed.", "Choose another name."}},
	InboxUnknown:     {ErrInboxName, Explanation{"There is no inbox named “{value}”.", "Nothing was changed or sent.", ""}},

	ServiceBusy:       {ErrBusy, Explanation{"The storage is busy.", safeFinished, doRetryLater}},
	ServiceFault:      {ErrBusy, Explanation{"The storage reports an internal error.", safeFinished, "The program retries by itself. If it keeps happening, tell the person who gave you the token."}},
	NetworkDown:       {ErrBusy, Explanation{"The storage can't be reached.", safeFinished, "Check the network; the program retries by itself."}},
	ProxyTicket:       {ErrBusy, Explanation{"Your proxy ({proxy}) needs a Kerberos ticket, and there is no valid one.", safeAll, "Run “{value}” in a terminal; the upload then continues by itself."}},
	ProxySignInLapsed: {ErrBusy, Explanation{"Your proxy asks you to sign in again.", safeAll, doRetryLater}},

	ProxyDown:        {ErrBusy, Explanation{"Your proxy ({proxy}) does not respond.", safeFinished, "Check the network and the proxy's address; the program retries by itself."}},
	ProxyUnknown:     {ErrBusy, Explanation{"This computer's proxy script or proxy setting gives no answer.", safeFinished, "Ask your IT for the proxy's address or script; the program retries by itself."}},
	CertificateDates: {ErrBusy, Explanation{"By this computer's clock, the certificate of {value} has expired or is not valid yet.", safeFinished, "Check this computer's date and time; the upload then continues by itself. If they are right, tell your IT."}},
	OutsideHours:     {ErrBusy, Explanation{"Nothing is sent outside the hours you set; uploading continues{when on}.", safeAll, ""}},

	ProxyRefused:  {ErrBusy, Explanation{"Your proxy ({proxy}) refused to connect this computer to the storage at {value}.", safeAll, "Ask your IT to allow {value} through the proxy; the upload then continues by itself."}},
	NoProgress:    {ErrBusy, Explanation{"The connection stalled.", safeFinished, doRetryLater}},
	AnswerGarbled: {ErrBusy, Explanation{"The storage's answer could not be read.", safeFinished, doRetryLater}},
	AnswerForeign: {ErrBusy, Explanation{"An answer arrived that does not belong to the request.", "It was ignored; files already delivered stay delivered.", "The program retries by itself. If it keeps happening, ask your IT what is between this computer and the storage."}},

	JournalFull:       {ErrJournal, Explanation{"The disk with the upload list is full.", "Sending pauses; nothing is lost.", "Free some space on it; sending then continues by itself."}},
	JournalBusy:       {ErrJournal, Explanation{"Another program is using the upload list.", "Sending pauses; nothing is lost.", doRetryLater}},
	NotAddedFull:      {ErrJournal, Explanation{"Nothing was added: the disk with the upload list is full.", safeNotSent, "Free some space on it, then send again."}},
	NotAddedBusy:      {ErrJournal, Explanation{"Nothing was added: another program is using the upload list.", safeNotSent, "Wait a moment, then send again."}},
	JournalDamaged:    {ErrJournal, Explanation{"The upload list is damaged.", safeFinished, "Start the program again: it saves what can be read and tells you what could not."}},
	JournalUnwritable: {ErrJournal, Explanation{"The upload list can't be written.", safeFinished, "Check that you may write to the program's state folder and that its disk is connected."}},
	JournalGone:       {ErrJournal, Explanation{"The folder with the upload list, or its disk, was removed.", "Nothing more is sent; files already delivered stay delivered.", "Start the program again, and send the rest once more: files already in the inbox are skipped."}},
	TooFewFiles:       {ErrJournal, Explanation{"The system allows this program only {value} open files, which is too few.", safeNotSent, "Raise the limit, for example with “ulimit -n 1024”, and run the command again."}},
	JournalNewer:      {ErrJournal, Explanation{"The upload list was written by a newer version of this program.", "It was not touched.", "Use the newer version."}},
}

// sentinel returns the reason's sentinel, ErrInternal for one that is not in the table.
func (r Reason) sentinel() error {
	if x, ok := reasons[r]; ok {
		return x.err
	}
	return ErrInternal
}
