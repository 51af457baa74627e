package main

import (
	"cmp"
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// job is what a program is to do.
type job struct {
	source      string
	folder      string // that the names of a folder's files begin with; empty for a single file
	sink        *startedSink
	connections int    // for those that don't find the number by themselves
	block       int64  // of the floor; 0: 1 MiB
	home        string // a folder for what the program keeps
}

func (j job) link() string { return j.sink.Inbox + "?" + query }

// program is something that uploads.
type program struct {
	name    string
	path    string // of a peer
	version string // likewise
	command func(job) command
}

// floorProgram is this program once more, see floor.
func floorProgram(self string, checksums bool) program {
	return program{name: "floor", command: func(j job) command {
		return command{name: self, args: []string{
			"floor", "-connections", strconv.Itoa(j.connections), "-block",
			strconv.FormatInt(cmp.Or(j.block, mib), 10),
			"-checksums=" + strconv.FormatBool(checksums), "-ca-file", j.sink.CAFile, j.source,
			j.link(),
		}}
	}}
}

// uploaderProgram is the program under test, as a person would run it: with its queue on the disk
// and each block's checksum.
func uploaderProgram(path string) program {
	return program{name: "uploader copy", command: func(j job) command {
		args := []string{"copy", j.source, "--recursive", "--json"}
		if j.sink.CAFile != "" {
			args = append(args, "--ca-file", j.sink.CAFile)
		}
		return command{name: path, args: args, env: uploaderEnv(j)}
	}}
}

func uploaderEnv(j job) []string {
	return []string{"UPLOADER_HOME=" + j.home, "UPLOADER_TOKEN=" + j.link()}
}

// azCopy is the peer with its default settings, except for its output and that it need not check
// what it has sent. It makes no checksums then.
func azCopy(path, version string) program {
	return program{name: "AzCopy", path: path, version: version, command: func(j job) command {
		c := azCopyWith(path, j)
		if j.sink.CAFile != "" {
			c.env = append(c.env, "SSL_CERT_FILE="+j.sink.CAFile)
		}
		c.args = []string{
			"copy", j.source, j.link(), "--recursive", "--from-to=LocalBlob", "--overwrite=true",
			"--check-length=false", "--log-level=NONE", "--output-level=quiet",
			"--skip-version-check",
		}
		return c
	}}
}

// azCopyWith is AzCopy with a folder for what it keeps.
func azCopyWith(path string, j job) command {
	return command{name: path, env: []string{
		"AZCOPY_LOG_LOCATION=" + j.home,
		"AZCOPY_JOB_PLAN_LOCATION=" + filepath.Join(j.home, "plans"),
		"AZCOPY_DISABLE_SYSLOG=true",
	}}
}

// rclone is the peer with the floor's number of connections, and without what it would ask before
// and compute besides.
func rclone(path, version string) program {
	return program{name: "rclone", version: version, command: func(j job) command {
		n := strconv.Itoa(j.connections)
		args := []string{
			"copy", j.source, ":azureblob:" + strings.TrimSuffix(container+"/"+j.folder, "/"),
			"--azureblob-sas-url", j.link(), "--transfers", n, "--checkers", n,
			"--azureblob-upload-concurrency", n, "--azureblob-disable-checksum",
			"--no-check-dest", "--no-traverse", "--retries", "1", "--config",
			filepath.Join(j.home, "rclone.conf"),
		}
		if j.sink.CAFile != "" {
			args = append(args, "--ca-cert", j.sink.CAFile)
		}
		return command{name: path, args: args}
	}}
}

// peersOnPath returns the peers that are installed.
func peersOnPath(ctx context.Context) (peers []program) {
	for _, p := range []struct {
		name string
		make func(path, version string) program
	}{{"azcopy", azCopy}, {"rclone", rclone}} {
		path, err := exec.LookPath(p.name)
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			continue
		}
		version, _, _ := strings.Cut(string(out), "\n")
		peers = append(peers, p.make(path, version))
	}
	return peers
}
