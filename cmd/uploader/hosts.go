package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
)

// maxAdministrators is the limit of an administrator's file, in bytes.
const maxAdministrators = 64 << 10

// administratorsHosts is the file in which an administrator allows hosts for everybody on this
// computer, one per line in the form of --allow-host. A # starts a comment.
var administratorsHosts = hostsFile()

// hostsProblem is why the program does not use an existing administrator's file: anyone who may
// write to it could send everybody's files to a stranger. The zero hostsProblem is no problem.
type hostsProblem struct{ path, why string }

// The values of {why}.
const (
	valueUnreadable   = "it can't be read."
	valueTooLong      = "it can't be read, or is larger than 64 KiB."
	valueFolderUnread = "its folder can't be read."
	valueNotAFile     = "it is not a file."
	valueNotRoots     = "it and its folder must belong to root, and nobody else may write to " +
		"them."
	valueOwnerUnread = "its owner can't be read."
	valueNotAdmins   = "it and its folder must belong to the administrators."
)

// in returns the problem as a translated sentence; "" if there is none.
func (p hostsProblem) in(translate problem.Translate) string {
	if p == (hostsProblem{}) {
		return ""
	}
	return strings.NewReplacer("{value}", show.Text(p.path), "{why}", translate(p.why)).
		Replace(translate("The list of allowed hosts in “{value}” is not used: {why}"))
}

// String returns the sentence in English.
func (p hostsProblem) String() string { return p.in(problem.English) }

// allowedHosts returns the hosts that the administrator allows: those of the hosts file, or why it
// is not used, and those of the policy.
func allowedHosts() (hosts []string, problem hostsProblem) {
	hosts, problem = listedHosts()
	if p, err := readPolicy(); err == nil {
		hosts = append(hosts, p.AllowedHosts...)
	}
	return hosts, problem
}

// listedHosts returns the hosts of the administrator's file, or why it is not used.
func listedHosts() (hosts []string, problem hostsProblem) {
	text, why := readAdministrators(administratorsHosts)
	if why != "" {
		return nil, hostsProblem{administratorsHosts, why}
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if host := bareHost(line); host != "" {
			hosts = append(hosts, host)
		}
	}
	return hosts, hostsProblem{}
}

// readAdministrators returns the content of a file that only administrators can have written, or
// why it is unusable, as the rest of a sentence. It returns nil if path is empty or has no file.
func readAdministrators(path string) (text []byte, why string) {
	if path == "" {
		return nil, ""
	}
	f, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ""
	case err != nil:
		return nil, valueUnreadable
	}
	defer func() { _ = f.Close() }() // it was only read
	if why := othersMayWrite(f); why != "" {
		return nil, why
	}
	text, err = io.ReadAll(io.LimitReader(f, maxAdministrators+1))
	if err != nil || len(text) > maxAdministrators {
		return nil, valueTooLong
	}
	return text, ""
}

// bareHost returns the host in a line. The line may be a whole address, as people copy it, or begin
// with an editor's byte order mark.
func bareHost(text string) string {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	host, _, _ := strings.Cut(text, "/")
	return host
}
