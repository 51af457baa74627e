//go:build unix && !race

package sim

import (
	"slices"
	"strings"
	"testing"

	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/problem"
)

// What the sentences promise that a person reads.

// itself is how a sentence says that nobody has to do anything but mend the cause.
const itself = "by itself"

// judged says how each sentence about what is safe is looked at, where that is not with the file
// that it is said of.
var judged = map[string]string{
	"Files already delivered stay delivered.":                                 "look: what a person was told is delivered stays so",
	"Nothing is lost; files already delivered stay delivered.":                "the same; and judgeFiles: each file is there, or a row says why not",
	"Nothing more is sent; files already delivered stay delivered.":           "the same; and allowed: no request while the list is gone",
	"Nothing more is sent there; files already delivered stay delivered.":     "the same; and allowed: no request to an address that was taken back",
	"It was ignored; files already delivered stay delivered.":                 "judgeRow: what is delivered was in the inbox",
	"Sending pauses; nothing is lost.":                                        "allowed: no request while the list can't be written; judgeFiles",
	"What is there was not touched.":                                          "took: no stranger's blob is replaced unless asked for",
	"What is in the inbox was not touched; the other files go on.":            "the same; judgeRow: no file is left over",
	"The other files go on.":                                                  "judgeRow: no file is left over",
	"Nothing that the link leads to was sent.":                                "read: no byte of what lies outside of the roots",
	"No mixture of old and new was delivered.":                                "wholeVersion: each blob is what its file was at one moment",
	"No damaged file was delivered.":                                          "the same",
	"Nothing incomplete was delivered.":                                       "the same",
	"Nothing of it was delivered.":                                            "no world refuses a body: TestEachAnswerHasItsSentinelActionAndSentence",
	"All is kept; files already delivered stay delivered.":                    "no world gives up: TestGivingUpIsCountedFromTheLastConfirmation",
	"Nothing was sent there.":                                                 "addRefused and allowed; hosts: TestEveryFaultEndsDeliveredOrWaitsWithTheRightReason",
	"It was not touched.":                                                     "no world has a newer version: package journal's tests",
	"It was not used.":                                                        "no world has a keyring: package vault's tests",
	"The token is kept only until this program ends, and is written nowhere.": "secretless: no file or log holds a signature",
	"Nothing was changed.":                                                    "judgeKept: names of inboxes are as they were put",
	"It was not changed.":                                                     "judgeKept: the same",
	"Nothing was changed or sent.":                                            "judgeKept: the same",
}

// untrue says what is not so of what a file's row promises, empty where it is so. It is for the
// sentences that are about that one file.
func (w *world) untrue(j *ledger.Job, rows []ledger.Job) string {
	x := problem.Explain(j.Problem)
	switch {
	case strings.Contains(x.Do, itself):
		return "it goes on by itself, and waits for a person"
	case x.Safe == "Nothing was sent.":
		return w.wasSent(j, rows)
	case x.Safe == "The other file is sent, this one is not.":
		if f := w.disk.fileAt(j.Source); f != nil && !w.forgot && !w.moved && !w.hasWinner(f, j, rows) {
			return "no other file has its name"
		}
		return w.wasSent(j, rows)
	case x.Safe != "" && judged[x.Safe] == "":
		return "nobody looks whether that is so"
	}
	return ""
}

// untrueNow is untrue before a person does anything.
func (w *world) untrueNow(j *ledger.Job) string {
	if strings.Contains(problem.Explain(j.Problem).Do, itself) {
		return "it goes on by itself, and waits for a person"
	}
	return ""
}

// wasSent says whether something of a file was sent, of which nothing was to be.
func (w *world) wasSent(j *ledger.Job, rows []ledger.Job) string {
	f := w.disk.fileAt(j.Source)
	others := slices.ContainsFunc(rows, func(o ledger.Job) bool {
		return o.ID != j.ID && (f != nil && w.disk.fileAt(o.Source) == f || o.Source == j.Source ||
			o.Blob == j.Blob && j.Blob != "")
	})
	if f == nil || others || w.forgot || w.moved {
		return "" // another row has sent it
	}
	for _, c := range w.storage.containers {
		for name, all := range c.effects {
			for _, e := range all {
				if slices.Contains(w.disk.known[e.sum], f) && e.size > 0 {
					return "it stands in the inbox as " + name
				}
			}
		}
		if j.Blob != "" && w.storage.bodies[c.name+"/"+j.Blob] > 0 {
			return "bytes of it were sent"
		}
	}
	return ""
}

// hasWinner reports whether another file of an upload has the name that a file would have.
func (w *world) hasWinner(f *file, j *ledger.Job, rows []ledger.Job) bool {
	known := false // else a process was killed before it could say that it was added
	for _, a := range w.adds {
		if a.id != j.Transfer {
			continue
		}
		known = true
		for _, name := range a.names(f) {
			if slices.ContainsFunc(rows, func(o ledger.Job) bool {
				return o.ID != j.ID && o.Transfer == j.Transfer &&
					ledger.OriginalName(o.Blob, o.Copy) == name
			}) || slices.ContainsFunc(rows, func(o ledger.Job) bool { return o.Blob == name }) {
				return true
			}
		}
	}
	return !known
}

// TestEverySentenceIsJudged: for each sentence that says what is safe there is somebody who looks
// whether it is so.
func TestEverySentenceIsJudged(t *testing.T) {
	said := map[string]bool{}
	for _, reason := range problem.Reasons() {
		said[problem.Explain(problem.New("", "", reason)).Safe] = true
	}
	here := []string{"", "Nothing was sent.", "The other file is sent, this one is not."}
	for safe := range said {
		if judged[safe] == "" && !slices.Contains(here, safe) {
			t.Errorf("nobody looks whether it is so: %q", safe)
		}
	}
	for safe := range judged {
		if !said[safe] {
			t.Errorf("no problem says %q", safe)
		}
	}
}
