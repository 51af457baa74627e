package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxHostsFile is how much of the administrator's file is read, in bytes.
const maxHostsFile = 64 << 10

// administratorsHosts is the file in which an administrator allows hosts for everybody on this computer, one a line in the
// form of --allow-host; what follows a # is a comment.
var administratorsHosts = hostsFile()

// allowedHosts returns the hosts of the administrator's file. problem says, as a sentence, why the file is there and not
// used: whoever may write to it could send everybody's files to a stranger.
func allowedHosts() (hosts []string, problem string) {
	path := administratorsHosts
	if path == "" {
		return nil, ""
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ""
	}
	unused := "The list of allowed hosts in “" + shown(path) + "” is not used: "
	if err != nil {
		return nil, unused + "it can't be read."
	}
	defer func() { _ = f.Close() }() // it was only read
	if why := othersMayWrite(f); why != "" {
		return nil, unused + why
	}
	text, err := io.ReadAll(io.LimitReader(f, maxHostsFile+1))
	if err != nil || len(text) > maxHostsFile {
		return nil, unused + "it can't be read, or is larger than 64 KiB."
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			hosts = append(hosts, line)
		}
	}
	return hosts, ""
}
