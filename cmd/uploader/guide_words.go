package main

import (
	"io"
	"regexp"
	"slices"
	"strings"

	"inboxuploader/uploader/problem"
)

// namesCommand matches an option or a command of this program.
var namesCommand = regexp.MustCompile(`--[a-z]|\buploader [a-z]`)

// guidedInstead is what the guided mode says where the command line names options.
var guidedInstead = strings.NewReplacer(
	commandLine[problem.ReplaceOrRename], "Send it again and choose “Keep both”, or “Replace the "+
		"one in the inbox”.",
	commandLine[problem.SendFolder], "",
	"Run the same command again, or “uploader resume” with a token, to continue where it stopped",
	"Start the guided mode again to continue where it stopped",
	"Once that is solved, “uploader resume” with a token continues where it stopped",
	"Once that is solved, start the guided mode again to continue where it stopped",
	" To send them: uploader resume", " Start the guided mode again to send them.",
	"Run the same command again", "Start the guided mode again",
)

// guidedText removes the advice that names options from the command line's messages: in the guided
// mode nobody types options. It breaks lines between words. Lines that begin with a space are names
// of files and stay as they are.
type guidedText struct {
	to    io.Writer
	width func() int // of the terminal, in columns
}

func (g guidedText) Write(text []byte) (int, error) {
	words := guidedLine(string(text))
	if line, ended := strings.CutSuffix(words, "\n"); ended && !strings.Contains(line, "\n") {
		words = strings.Join(wrap(line, g.width()), "\n") + "\n"
	}
	if _, err := io.WriteString(g.to, words); err != nil {
		return 0, err
	}
	return len(text), nil
}

func guidedLine(line string) string {
	if strings.HasPrefix(line, " ") {
		return line
	}
	line = guidedInstead.Replace(line)
	if !namesCommand.MatchString(line) {
		return line
	}
	var sentences []string
	for sentence := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), ". ") {
		clauses := slices.DeleteFunc(strings.Split(sentence, "; "), namesCommand.MatchString)
		if len(clauses) > 0 {
			sentences = append(sentences, strings.TrimSuffix(strings.Join(clauses, "; "), "."))
		}
	}
	if len(sentences) == 0 {
		return ""
	}
	return strings.Join(sentences, ". ") + ".\n"
}
