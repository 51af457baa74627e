package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// proxied puts the uploader beside curl, both through the same squid to the same sink over https. A
// program that is on this machine alone is reached under the machine's name, since its own addresses
// never go through a proxy.
func (b *bench) proxied(ctx context.Context, w work) (lines []line, err error) {
	for _, name := range []string{"squid", "curl"} {
		if _, err := exec.LookPath(name); err != nil {
			b.say("%s: %s is not on the PATH", w.title, name)
			return nil, nil
		}
	}
	w.conditions.trust = true // curl makes no checksums
	proxy, end, err := b.startSquid(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, end()) }()
	err = b.withSink(ctx, true, w.conditions, func(s *startedSink) error {
		host, err := os.Hostname()
		if err != nil {
			return err
		}
		s.Inbox = strings.Replace(s.Inbox, "127.0.0.1", host, 1)
		lanes := []*lane{
			{program: curlProgram(proxy), sink: s, runs: w.runs},
			{program: proxiedUploader(b.program, proxy, host), sink: s, runs: w.runs},
		}
		err = b.inTurns(ctx, w, lanes)
		lines = linesOf(w, lanes)
		return err
	})
	return lines, err
}

func proxiedUploader(path, proxy, host string) program {
	p := uploaderProgram(path)
	plain := p.command
	p.command = func(j job) command {
		c := plain(j)
		c.args = append(c.args, "--proxy", "http://"+proxy, "--allow-host", host)
		return c
	}
	return p
}

// curlProgram sends each file by one Put Blob, over as many connections as the work says.
func curlProgram(proxy string) program {
	return program{name: "curl", command: func(j job) command {
		list := filepath.Join(j.home, "curl")
		var text strings.Builder
		err := filepath.WalkDir(j.source, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(filepath.Dir(j.source), path)
			u := url.URL{Path: filepath.ToSlash(rel)}
			fmt.Fprintf(&text, "upload-file = %q\nurl = %q\noutput = /dev/null\n", path,
				j.sink.Inbox+"/"+u.EscapedPath()+"?"+query)
			return err
		})
		if err == nil {
			err = os.WriteFile(list, []byte(text.String()), 0o600)
		}
		if err != nil {
			list = "" // and curl fails, which is told
		}
		return command{name: "curl", args: []string{
			"--silent", "--show-error", "--fail", "--http1.1", "--globoff", "--cacert",
			j.sink.CAFile, "--proxy", "http://" + proxy, "--header", "x-ms-blob-type: BlockBlob",
			"--header", "Expect:", "--parallel", "--parallel-max", strconv.Itoa(j.connections),
			"--config", list,
		}}
	}}
}

// startSquid runs a squid that lets everybody through, and returns its HOST:PORT.
func (b *bench) startSquid(ctx context.Context) (address string, end func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address = l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	host, err := os.Hostname()
	if err := errors.Join(err, l.Close()); err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "squid-")
	if err != nil {
		return "", nil, err
	}
	config, hosts := filepath.Join(dir, "squid.conf"), filepath.Join(dir, "hosts")
	text := strings.Join([]string{
		"http_port 127.0.0.1:" + port, "pid_filename none", "cache deny all", "access_log none",
		"cache_log /dev/null", "shutdown_lifetime 1 second", "max_filedescriptors 4096",
		"hosts_file " + hosts, "visible_hostname " + host, "http_access allow all", "",
	}, "\n")
	err = errors.Join(os.Chmod(dir, 0o755), os.WriteFile(config, []byte(text), 0o644),
		os.WriteFile(hosts, []byte("127.0.0.1 "+host+"\n"), 0o644))
	if err != nil {
		return "", nil, err
	}
	// Its own name is that of its shared memory as well, which another user's squid may have.
	name := "bench" + port
	squid := exec.CommandContext(ctx, "squid", "-N", "-n", name, "-f", config)
	if err := squid.Start(); err != nil {
		return "", nil, err
	}
	end = func() error {
		_ = squid.Process.Kill()
		_ = squid.Wait()                                               // it was killed
		left, _ := filepath.Glob(filepath.Join("/dev/shm", name+"-*")) // fails for a wrong pattern alone
		for _, memory := range left {
			_ = os.Remove(memory)
		}
		return os.RemoveAll(dir)
	}
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			return address, end, conn.Close()
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "", nil, errors.Join(errors.New("squid does not listen"), end())
}
