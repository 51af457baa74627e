package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"inboxuploader/internal/show"
	"inboxuploader/uploader"
	"inboxuploader/uploader/problem"
)

// progressParts returns the parts of the progress line, the most important first.
func progressParts(s uploader.Status, now time.Time) []string {
	parts := []string{filesWords(s), bytesWords(s)}
	if trouble, _ := troubleWords(s, now); trouble != "" {
		return append(parts, trouble)
	}
	if s.Speed >= 1 && s.BytesLeft() > 0 {
		parts = append(parts, humanize.Bytes(uint64(s.Speed))+"/s")
	}
	if s.Left > 0 {
		parts = append(parts, leftWords(s.Left))
	}
	if words := wayWords(s); words != "" {
		parts = append(parts, words)
	}
	return parts
}

// wayWords says how much is in transit, given to the network but not yet confirmed, if that is
// enough to mention.
func wayWords(s uploader.Status) string {
	total := s.BytesDone + s.BytesLeft()
	switch {
	case s.FilesLeft() == 0 || total == 0:
		return ""
	case s.BytesDone+s.BytesOnWay == 0:
		if s.Busy > 0 {
			return "starting"
		}
		return ""
	case s.BytesOnWay >= s.BytesLeft():
		return "waiting for the storage to confirm"
	case s.BytesOnWay > 0 && (s.Percent() == 0 || s.BytesOnWay >= total/100):
		return humanize.Bytes(unsigned(s.BytesOnWay)) + " on the way"
	default:
		return ""
	}
}

// filesWords says how many of all files are finished.
func filesWords(s uploader.Status) string {
	total := s.FilesTotal()
	done := total - s.FilesLeft()
	if s.Scanning {
		return fmt.Sprintf("%s of %s files, still counting", humanize.Comma(done),
			humanize.Comma(total))
	}
	return fmt.Sprintf("%s of %s", humanize.Comma(done), fileCount(total))
}

// bytesWords says how many bytes are acknowledged of those that can be delivered, and what share of
// all is done.
func bytesWords(s uploader.Status) string {
	share := show.Percent(s.Percent()).String()
	total := s.BytesDone + s.BytesLeft()
	words := humanize.Bytes(unsigned(s.BytesDone)) + " of " + humanize.Bytes(unsigned(total))
	switch {
	case s.Scanning:
		return words
	case total == 0:
		return share
	default:
		return words + ", " + share
	}
}

// troubleWords says what the upload waits for, or nothing, and what a person can do if words does
// not include that.
func troubleWords(s uploader.Status, now time.Time) (words, do string) {
	if s.Journal != nil {
		return waitingWords(s.Journal), ""
	}
	for _, in := range s.Inboxes {
		if h := in.Hold; in.Unfinished > 0 && h != nil && h.Reason == problem.OutsideHours {
			return strings.TrimSuffix(explain(in.Hold).What, "."), ""
		}
		if in.Trouble != nil && in.Unfinished > 0 {
			x := explain(in.Trouble)
			if problem.NeedsPerson(in.Trouble) {
				do = x.Do
			}
			return fmt.Sprintf("%s; trying again in %s", strings.TrimSuffix(x.What, "."),
				show.Duration(max(in.Until.Sub(now), time.Second))), do
		}
	}
	for i := range s.Transfers {
		if e := s.Transfers[i].Away; e != nil && !s.Transfers[i].Finished() {
			return waitingWords(e), ""
		}
	}
	return "", ""
}

// waitingWords says what is wrong and what a person can do, after which the upload continues.
func waitingWords(e *problem.Error) string {
	x := explain(e)
	return x.What + " " + strings.TrimSuffix(x.Do, ".")
}

// leftWords says about how much time is left.
func leftWords(d time.Duration) string {
	switch {
	case d > 99*24*time.Hour:
		return "a long time left"
	case d < 10*time.Second:
		return "a few seconds left"
	default:
		return "about " + show.Duration(d).String() + " left"
	}
}

// fit joins as many parts as fit in a line of width columns. The last column stays free, since
// writing there makes some terminals begin a new line. A first part that is too long is cut.
func fit(parts []string, width int) string {
	line := ""
	for i, part := range parts {
		joined := part
		if i > 0 {
			joined = line + " · " + part
		}
		if utf8.RuneCountInString(joined) >= width {
			if i == 0 && width > 1 {
				return string([]rune(part)[:width-1])
			}
			return line
		}
		line = joined
	}
	return line
}

// wrap breaks a sentence at spaces so that each line fits in a terminal of width columns, and is
// short enough to read. A line that begins with a space is a name and stays whole, so that you can
// copy it.
func wrap(line string, width int) []string {
	if strings.HasPrefix(line, " ") || width >= plainWidth {
		return []string{line}
	}
	width = min(max(width-1, 20), 100)
	var lines []string
	current := ""
	for _, word := range strings.Split(line, " ") {
		switch {
		case current == "":
			current = word
		case utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, current)
			current = word
		default:
			current += " " + word
		}
	}
	return append(lines, current)
}

// fileCount says a number of files.
func fileCount(n int64) string {
	if n == 1 {
		return "1 file"
	}
	return humanize.Comma(n) + " files"
}

func unsigned(n int64) uint64 { return uint64(max(n, 0)) }
