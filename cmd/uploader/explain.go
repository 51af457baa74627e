package main

import (
	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// commandLine is the advice in the words of the command line: its flags and commands.
var commandLine = problem.Words{
	problem.AllowHost: "Ask the workspace whether this is its address; if so, allow it with " +
		"--allow-host {value}.",
	problem.AllowHostAgain: "If the workspace confirms that this is its address, allow it again " +
		"with --allow-host {value}.",
	problem.ReplaceOrRename: "Send it with --overwrite=true to replace it, or with --keep-both " +
		"under another name.",
	problem.SendRenamed:       "Rename it and send it again.",
	problem.SendFolder:        "Add --recursive to send it with everything in it.",
	problem.GiveToken:         "Give the token again, or ask the workspace for a new one.",
	problem.GiveTokenLater:    "Give the token again each time, for example with --token-file.",
	problem.ChooseStateFolder: "Or name another folder with --state-dir.",
	problem.ChooseInbox:       "“uploader inbox list” shows the names.",
	problem.WaitLonger:        "--give-up-after sets that time.",
	problem.TrustCertificate:  "To trust a certificate in a file, use --ca-file FILE.",
	problem.UseMoreMemory:     "Allow more with --memory.",

	problem.ChooseLocalFolder: "Name one with --state-dir.",
	problem.ConnectWithHost:   "If you mean this one, allow its host with --allow-host.",
	problem.ConnectTrusting: "To trust a certificate in a file, connect the account with " +
		"--ca-file FILE.",
	problem.StartPracticeInbox: "To run one: uploader inbox serve --help",
}

// explain returns what a person at a terminal reads of an error.
func explain(err error) problem.Explanation {
	return workspace.ExplainAs(err, commandLine, problem.English)
}
