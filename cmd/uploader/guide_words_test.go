package main

import "testing"

func TestTheGuidedModeNamesNoOptions(t *testing.T) {
	for said, want := range map[string]string{
		"Delivered both files (3 B) to inbox in 1 s.\n":              "Delivered both files (3 B) to inbox in 1 s.\n",
		"Skipped: 1 link. To follow links, add --follow-symlinks.\n": "Skipped: 1 link.\n",
		"Unchanged since you sent it on 1 May 2026: 1 file. It was not sent again; " +
			"--overwrite=true sends it.\n": "Unchanged since you sent it on 1 May 2026: 1 file. It " +
			"was not sent again.\n",
		"Not sent: 3 files. Run the same command again, or “uploader resume” with a token, to " +
			"continue where it stopped.\n": "Not sent: 3 files. Start the guided mode again to " +
			"continue where it stopped.\n",
		"Left from earlier uploads: 3 files. To send them: uploader resume\n": "Left from earlier " +
			"uploads: 3 files. Start the guided mode again to send them.\n",
		"  folder/a --b.txt\n":        "  folder/a --b.txt\n",
		"To send: uploader resume.\n": "",
	} {
		if got := guidedLine(said); got != want {
			t.Errorf("%q becomes %q, want %q", said, got, want)
		}
	}
}
