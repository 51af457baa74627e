package main

import (
	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// commandLine is how the command line words what a person can do: with its flags and commands.
var commandLine = problem.Words{
	problem.AllowHost: "Ask the workspace whether this address is theirs; if it is, allow it " +
		"with --allow-host {value}.",
	problem.AllowHostAgain: "If the workspace says that this address is theirs, allow it again " +
		"with --allow-host {value}.",
	problem.ReplaceOrRename: "Send it with --overwrite=true to replace it, or with --keep-both " +
		"under another name.",
	problem.SendRenamed:       "Rename it and send it again.",
	problem.SendFolder:        "Add --recursive to send it with all it contains.",
	problem.GiveToken:         "Give the token again, or ask the workspace for a new one.",
	problem.GiveTokenLater:    "Give the token again each time, for example with --token-file.",
	problem.ChooseStateFolder: "Or name another folder with --state-dir.",
	problem.ChooseInbox:       "“uploader inbox list” shows the names that there are.",
	problem.WaitLonger:        "--give-up-after sets that time.",
	problem.TrustCertificate:  "A certificate in a file is trusted with --ca-file FILE.",
	problem.UseMoreMemory:     "Allow more with --memory.",

	problem.ChooseLocalFolder: "Name one with --state-dir.",
	problem.ConnectWithHost:   "If this one is meant, allow its host with --allow-host.",
	problem.ConnectTrusting: "A certificate in a file is trusted once the account is connected " +
		"with --ca-file FILE.",
	problem.StartPracticeInbox: "To run one: uploader inbox serve --help",
}

// explain returns what a person at a terminal reads of an error.
func explain(err error) problem.Explanation {
	return workspace.ExplainAs(err, commandLine, problem.English)
}
