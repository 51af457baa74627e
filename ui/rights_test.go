package ui

import (
	"testing"

	"inboxuploader/uploader/token"
)

// TestTheRightsAreTrueInWords: what the sentence says holds for all letters that people ask about,
// together with those that permit a part of the same.
func TestTheRightsAreTrueInWords(t *testing.T) {
	const (
		replaces = "You can add files and replace files of the same name. "
		adds     = "You can add files. You can't replace files of the same name. "
	)
	for letters, want := range map[string]string{
		"c":       adds + "You can't see, open or delete what is there.",
		"cr":      adds + "You can also open what is there. You can't see or delete what is there.",
		"cl":      adds + "You can also see what is there. You can't open or delete what is there.",
		"cd":      adds + "You can also delete what is there. You can't see or open what is there.",
		"crl":     adds + "You can also see and open what is there. You can't delete what is there.",
		"crd":     adds + "You can also open and delete what is there. You can't see what is there.",
		"cld":     adds + "You can also see and delete what is there. You can't open what is there.",
		"crld":    adds + "You can also see, open and delete what is there.",
		"w":       replaces + "You can't see, open or delete what is there.",
		"cw":      replaces + "You can't see, open or delete what is there.",
		"wr":      replaces + "You can also open what is there. You can't see or delete what is there.",
		"wl":      replaces + "You can also see what is there. You can't open or delete what is there.",
		"wd":      replaces + "You can also delete what is there. You can't see or open what is there.",
		"wrl":     replaces + "You can also see and open what is there. You can't delete what is there.",
		"wrd":     replaces + "You can also open and delete what is there. You can't see what is there.",
		"wld":     replaces + "You can also see and delete what is there. You can't open what is there.",
		"racwdl":  replaces + "You can also see, open and delete what is there.",
		"cwx":     replaces + "You can't see or open what is there.",
		"cwm":     replaces + "You can't see or open what is there.",
		"cwf":     replaces + "You can't open or delete what is there.",
		"rcwldxy": replaces + "You can also see, open and delete what is there.",
	} {
		x := token.Token{Rights: token.Rights{Letters: letters}}
		if got := rightsSentence(x); got != want {
			t.Errorf("%s: %q\nwant %q", letters, got, want)
		}
	}
	one := token.Token{Inbox: token.Inbox{Blob: "a.dat"}, Rights: token.Rights{Letters: "c"}}
	if got := rightsSentence(one); got != "You can send one file. You can't replace it. "+
		"You can't see, open or delete what is there." {
		t.Errorf("for one file: %q", got)
	}
	unknown := token.Token{Rights: token.Rights{Unknown: true}}
	if got := rightsSentence(unknown); got != "Only the storage knows what this token permits." {
		t.Errorf("by a policy: %q", got)
	}
}
