package main

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/workspace"
)

// foundJSON is a difference as --json shows it.
type foundJSON struct {
	Name       string               `json:"name"`
	Difference workspace.Difference `json:"difference"`
	Bytes      *int64               `json:"bytes"`        // in the inbox; null for what is missing
	Stated     *int64               `json:"stated_bytes"` // null if no size is stated
	Agrees     bool                 `json:"checksum_agrees,omitempty"`
	Reason     string               `json:"reason,omitempty"`
	Message    string               `json:"message,omitempty"`
}

// verifiedJSON is a comparison as --json shows it.
type verifiedJSON struct {
	TID          string                         `json:"tid"`
	WsID         string                         `json:"wsid"`
	Container    string                         `json:"container"`
	AsStated     bool                           `json:"as_stated"`
	Deep         bool                           `json:"deep"`
	ComparedWith []string                       `json:"compared_with"` // named, or in the inbox
	Files        int64                          `json:"files"`
	Bytes        int64                          `json:"bytes"`
	Stated       int64                          `json:"stated"`
	Same         int64                          `json:"same"`
	SameETag     int64                          `json:"same_etag"`
	SumsAgree    int64                          `json:"checksums_agree"`
	NotCompared  int64                          `json:"not_compared"`
	NoSum        int64                          `json:"no_checksum"`
	Harmless     int64                          `json:"touched_same_content"`
	BytesRead    int64                          `json:"bytes_read"`
	Papers       []string                       `json:"papers"` // notes and lists in the inbox
	Unread       []string                       `json:"unread_papers"`
	Others       int64                          `json:"of_other_inboxes"`
	Differences  map[workspace.Difference]int64 `json:"differences"`
	Found        []foundJSON                    `json:"found"`
	Notes        []listedNote                   `json:"notes"`
}

func (o *inboxVerify) describe(v *workspace.Verified) verifiedJSON {
	d := verifiedJSON{
		TID: fmt.Sprint(o.tid), WsID: o.w.ID(), Container: fmt.Sprintf("%s-%d", o.w.ID(), o.tid),
		AsStated: !v.Differs() && len(o.unread) == 0, Deep: o.deep,
		ComparedWith: append(append([]string{}, o.papers.receipts...), o.papers.manifests...),
		Files:        v.Files, Bytes: v.Bytes, Stated: v.Stated, Same: v.Same, SameETag: v.ByETag,
		SumsAgree: v.BySum, NotCompared: v.NotCompared, NoSum: v.NoSum, Harmless: v.Harmless,
		BytesRead: v.ReadBytes, Papers: append([]string{}, o.arrived.Papers()...),
		Unread: append([]string{}, o.unread...), Others: o.papers.others,
		Differences: map[workspace.Difference]int64{}, Found: append([]foundJSON{}, o.found...),
		Notes: describeNotes(o.arrived.Notes),
	}
	for _, of := range workspace.Differences() {
		d.Differences[of] = v.Differences[of]
	}
	if len(d.ComparedWith) == 0 {
		d.ComparedWith = d.Papers
	}
	return d
}

func describeFinding(f workspace.Finding) foundJSON {
	d := foundJSON{Name: f.Name, Difference: f.Difference, Agrees: f.Agrees}
	if f.Size >= 0 {
		d.Bytes = &f.Size
	}
	if f.Stated >= 0 {
		d.Stated = &f.Stated
	}
	if f.Err != nil {
		d.Reason, d.Message = string(f.Err.Reason), explain(f.Err).String()
	}
	return d
}

// arrivedWords are the words that begin a line, by the kind of difference.
var arrivedWords = map[workspace.Difference]string{
	workspace.Missing: "missing", workspace.Additional: "additional",
	workspace.SizeDiffers: "different size", workspace.ChecksumDiffers: "different checksum",
	workspace.Replaced: "replaced", workspace.Touched: "touched",
	workspace.Contradicted: "contradictory", workspace.Unread: "not read",
}

// findingWords says what is known about a difference besides its kind.
func findingWords(f workspace.Finding, deep bool) string {
	sizes := fmt.Sprintf("expected %s, found %s", byteCount(f.Stated), byteCount(f.Size))
	switch f.Difference {
	case workspace.Additional:
		return fmt.Sprintf(" (%s)", byteCount(f.Size))
	case workspace.SizeDiffers:
		return " (" + sizes + ")"
	case workspace.Replaced:
		if f.Stated >= 0 && f.Stated != f.Size {
			return " (written since: " + sizes + ")"
		}
		return " (written since, with other content)"
	case workspace.Touched:
		switch {
		case f.Same:
			return " (written or edited since; its content is the same)"
		case f.Agrees:
			return " (written or edited since; the storage's MD5 is as stated)"
		case deep:
			return " (written or edited since; no checksum of its content is stated)"
		default:
			return " (written or edited since; --deep compares its content)"
		}
	case workspace.Contradicted:
		return " (two receipts, notes or lists contradict each other)"
	case workspace.Unread:
		return ": " + explain(f.Err).String()
	case workspace.Missing, workspace.ChecksumDiffers:
	}
	return ""
}

func byteCount(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return humanize.Comma(n) + " bytes"
}

// sum sums up the comparison, and says what it can't know.
func (o *inboxVerify) sum(v *workspace.Verified) {
	o.say(fmt.Sprintf("As stated: %s of %s. In the inbox: %s, %s.", humanize.Comma(v.Same+v.Harmless),
		fileCount(v.Stated), fileCount(v.Files), humanize.Bytes(unsigned(v.Bytes))))
	var kinds []string
	for _, of := range workspace.Differences() {
		if n := v.Differences[of]; n > 0 {
			kinds = append(kinds, humanize.Comma(n)+" "+arrivedWords[of])
		}
	}
	if kinds != nil {
		o.say("Differences: " + strings.Join(kinds, ", ") + ".")
	}
	switch {
	case v.BySum > 0 && o.deep:
		o.say(fmt.Sprintf("Content read and compared: %s.", fileCount(v.BySum)))
	case v.BySum > 0:
		o.say(fmt.Sprintf("Content compared by the storage's MD5: %s.",
			fileCount(v.BySum)))
	}
	if v.ByETag > 0 {
		o.say(fmt.Sprintf("Not written since delivery, by ETag: %s.", fileCount(v.ByETag)))
	}
	if v.NotCompared > 0 {
		o.say(fmt.Sprintf("Not compared: the checksums of %s, because the storage keeps none of "+
			"that kind. To read and compare the files, add --deep.", fileCount(v.NotCompared)))
	}
	if v.NoSum > 0 {
		o.say(fmt.Sprintf("No checksum is stated for %s.", fileCount(v.NoSum)))
	}
	if v.Papers > 0 {
		o.say(fmt.Sprintf("There are also %s with notes or checksums.", fileCount(v.Papers)))
	}
	if o.papers.others > 0 {
		o.say(fmt.Sprintf("Not checked: %s that the receipt lists for other inboxes.",
			fileCount(o.papers.others)))
	}
	for _, name := range o.unread {
		o.say("“" + show.Text(name) + "” in the inbox is not a readable note or list, or is too " +
			"long, so it was not compared.")
	}
}

// mostOfANote is how many characters of a sender's message are shown.
const mostOfANote = 2000

// showNotes shows the delivery notes in the inbox.
func (o *inboxVerify) showNotes() {
	for _, n := range o.arrived.Notes {
		words := "something was not delivered"
		if n.Complete {
			words = "complete"
		}
		if n.NotDelivered > 0 {
			words += ": " + fileCount(n.NotDelivered)
		}
		o.printf("Note from the sender, %s\n", show.Text(n.Name))
		for _, line := range [][2]string{
			{"From", n.From},
			{"Written", localTime(n.Written)},
			{"Delivered", fmt.Sprintf("%s, %s", fileCount(n.Files), humanize.Bytes(unsigned(n.Bytes)))},
			{"It says", words},
		} {
			if line[1] != "" {
				o.printf("  %-9s  %s\n", line[0], show.Text(cut(line[1])))
			}
		}
		if n.Message != "" {
			for text := range strings.Lines(cut(n.Message)) {
				o.printf("  | %s\n", show.Text(strings.TrimRight(text, "\r\n")))
			}
		}
		o.printf("\n")
	}
}

// cut shortens a sender's text.
func cut(text string) string {
	if all := []rune(text); len(all) > mostOfANote {
		return string(all[:mostOfANote]) + "…"
	}
	return text
}
