package problem

import (
	"maps"
	"slices"
)

// Action is something that a person can do about a problem, and that each face of the program words
// in its own way: the command line names a flag where the window has a button.
type Action string

// The actions.
const (
	AllowHost         Action = "allow-host"
	AllowHostAgain    Action = "allow-host-again"
	ReplaceOrRename   Action = "replace-or-rename" // what is there may be replaced
	SendRenamed       Action = "send-renamed"      // what is there stays
	SendFolder        Action = "send-folder"
	GiveToken         Action = "give-token"
	GiveTokenLater    Action = "give-token-later" // it is kept only as long as the program runs
	ChooseStateFolder Action = "choose-state-folder"
	ChooseInbox       Action = "choose-inbox"
	WaitLonger        Action = "wait-longer"
	TrustCertificate  Action = "trust-certificate" // in a file, besides the system's
	UseMoreMemory     Action = "use-more-memory"

	ChooseLocalFolder  Action = "choose-local-folder" // for the state, on this computer's own disk
	ConnectWithHost    Action = "connect-with-host"   // the account, though its host is not known
	ConnectTrusting    Action = "connect-trusting"    // the account, with a certificate in a file
	StartPracticeInbox Action = "start-practice-inbox"
)

// actions are the words for actions that suit every face; an empty one says nothing where a face
// has no words of its own.
var actions = map[Action]string{ //nolint:gosec // words for people, no credentials
	AllowHost: "Ask the workspace whether this is its address before you allow it.",
	AllowHostAgain: "If the workspace confirms that this is its address, allow it again in " +
		"the settings.",
	ReplaceOrRename:   "Replace what is there, or send it under another name.",
	SendRenamed:       "Send it under another name, or ask the workspace.",
	SendFolder:        "Add it as a folder.",
	GiveToken:         "Paste it to continue, or ask the workspace for a new one.",
	GiveTokenLater:    "You'll need the token again at the next start.",
	ChooseStateFolder: "",
	ChooseInbox:       "Choose another inbox.",
	WaitLonger:        "",
	TrustCertificate:  "",
	UseMoreMemory:     "Allow more memory.",

	ChooseLocalFolder:  "",
	ConnectWithHost:    "",
	ConnectTrusting:    "",
	StartPracticeInbox: "",
}

// actionOf is what a person can do about a problem, besides what its reason's own sentence says.
var actionOf = map[Reason]Action{
	UnknownHost:       AllowHost,
	HostNotAllowed:    AllowHostAgain,
	AlreadyThere:      ReplaceOrRename,
	ChangedSinceSent:  ReplaceOrRename,
	MayNotReplace:     SendRenamed,
	NameLocked:        SendRenamed,
	WrittenOtherwise:  SendRenamed,
	ForeignBlocks:     SendRenamed,
	SourceIsFolder:    SendFolder,
	TokenNeeded:       GiveToken,
	VaultAbsent:       GiveTokenLater,
	VaultLocked:       GiveTokenLater,
	VaultRefused:      GiveTokenLater,
	VaultTooLarge:     GiveTokenLater,
	JournalUnwritable: ChooseStateFolder,
	JournalNewer:      ChooseStateFolder,
	InboxUnknown:      ChooseInbox,
	GaveUp:            WaitLonger,
	NetworkInspected:  TrustCertificate,
	StreamTooLong:     UseMoreMemory,
	StreamGaveUp:      WaitLonger,
}

// Words are how a face of the program words actions. In them {value} stands for Error.Value. What
// it leaves out has words that suit every face.
type Words map[Action]string

// For returns the words for an action, or "". Other packages that explain something add it to what
// their own sentence says.
func (w Words) For(a Action) string {
	if words, ok := w[a]; ok {
		return words
	}
	return actions[a]
}

// Actions returns all actions, sorted. The slice is the caller's.
func Actions() []Action { return slices.Sorted(maps.Keys(actions)) }
