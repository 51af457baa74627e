package main

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"

	"inboxuploader/uploader"
	"inboxuploader/uploader/ledger"
)

// mostYoung is how many young files the summary in words names.
const mostYoung = 5

// sentFile is a file that was delivered, as --json names it.
type sentFile struct {
	jsonSource
	Blob string `json:"blob"`
}

func sentFiles(jobs []ledger.Job) []sentFile {
	files := make([]sentFile, 0, len(jobs))
	for _, j := range jobs {
		files = append(files, sentFile{sourceInJSON(j.Source), j.Blob})
	}
	return files
}

// lookAtYoung checks the files again that changed shortly before they were sent. It does not make a
// person wait who interrupts.
func (r *delivery) lookAtYoung(ctx context.Context, q *uploader.Queue) uploader.Young {
	y, err := q.LookAtYoung(ctx, r.transfers...)
	if err != nil {
		r.log.Error("look at young files", "error", err)
	}
	return y
}

// youngWords names the files that changed after they were sent, and those that a program may still
// have been writing.
func youngWords(y uploader.Young) (lines []string) {
	if n := int64(len(y.Changed)); n > 0 {
		lines = append(lines, "", fmt.Sprintf("Changed after being sent: %s. The inbox has the "+
			"earlier content. When the program that writes them has finished, send them again "+
			"with --overwrite=true.", fileCount(n)))
		lines = append(lines, namesOf(y.Changed, n)...)
	}
	if y.Lately > 0 {
		lines = append(lines, "", fmt.Sprintf("Modified in the last minute: %s. If a program is "+
			"still writing them, send them again once it has finished; --min-age 10m leaves such "+
			"files for later.", fileCount(y.Lately)))
		lines = append(lines, namesOf(y.Named, y.Lately)...)
	}
	return lines
}

// namesOf lists the first of n files.
func namesOf(jobs []ledger.Job, n int64) (lines []string) {
	jobs = jobs[:min(len(jobs), mostYoung)]
	for _, j := range jobs {
		lines = append(lines, "  "+shownPath(j.Source))
	}
	if more := n - int64(len(jobs)); more > 0 {
		lines = append(lines,
			fmt.Sprintf("  and %s more (--json lists them)", humanize.Comma(more)))
	}
	return lines
}
