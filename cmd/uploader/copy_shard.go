package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"inboxuploader/uploader/scan"
)

// shardFlag is --shard I/N: which of N equal parts of the files to send.
type shardFlag struct{ scan.Shard }

// Set implements pflag.Value.
func (s *shardFlag) Set(text string) error {
	number, of, ok := strings.Cut(text, "/")
	i, ierr := strconv.ParseUint(number, 10, 32)
	n, nerr := strconv.ParseUint(of, 10, 32)
	if !ok || ierr != nil || nerr != nil || i < 1 || i > n || n > scan.MaxShards {
		return wanted("a number of how many, such as 1/4, 2/4, 3/4 or 4/4")
	}
	s.Shard = scan.Shard{Number: int(i), Of: int(n)}
	return nil
}

// String implements pflag.Value. It is empty for the default.
func (s *shardFlag) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Number, s.Of)
}

// Type implements pflag.Value.
func (s *shardFlag) Type() string { return "I/N" }

// shardWords says for each sent shard how many files belong to other shards. It is empty if the
// work was not split.
func (o *outcome) shardWords() string {
	var words []string
	for _, t := range o.status.Transfers {
		s := shardFlag{t.Options.Scan.Shard}
		switch n := t.Skipped[scan.SkipOtherShard]; {
		case s.Of == 0 || n == 0:
		case n == 1:
			words = append(words, fmt.Sprintf("Shard %s: 1 more file belongs to another shard.", &s))
		default:
			words = append(words, fmt.Sprintf("Shard %s: %s more files belong to other shards.", &s,
				humanize.Comma(n)))
		}
	}
	return strings.Join(words, " ")
}
