package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// proxiesVariable makes the tests through real proxies run: "ci" with 200 MB and 500 files through
// each, "soak" with 2 GiB and 5,000. They need squid, dante-server, krb5-kdc, krb5-user and
// openssl, and a host name of this machine that is not localhost.
const proxiesVariable = "UPLOADER_PROXIES"

const (
	realm          = "PROXY.TEST"
	proxyName      = "ann"
	proxyPassword  = "s3cret-of-the-proxy"
	kerberosSecret = "s3cret-of-the-realm"
)

// realLab is a local inbox over https under this machine's name, which is reached through proxies.
type realLab struct {
	*lab
	host, authority string
	tree            string
}

func newRealLab(t *testing.T) *realLab {
	t.Helper()
	large, small := int64(200<<20), 500
	switch os.Getenv(proxiesVariable) {
	case "":
		t.Skip(proxiesVariable + " is not set")
	case "soak":
		large, small = 2<<30, 5000
	}
	host, err := os.Hostname()
	if err != nil || host == "localhost" {
		t.Fatal("this machine has no name:", host, err)
	}
	dir := t.TempDir()
	r := &realLab{lab: &lab{dir: dir, tokenFile: filepath.Join(dir, "token.txt")}, host: host}
	r.server, err = blobserver.New(blobserver.Config{Dir: filepath.Join(dir, "inbox")})
	if err != nil {
		t.Fatal(err)
	}
	config, authority, err := r.server.TLS(host)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", net.JoinHostPort(host, "0"), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(serve(r.server, listener))
	r.authority = authority
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	r.base = "https://" + net.JoinHostPort(host, port)
	r.tree = filepath.Join(dir, "tree")
	grow(t, r.tree, large, small)
	return r
}

// grow makes one large file and many small ones.
func grow(t *testing.T, root string, large int64, small int) {
	t.Helper()
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	source := rand.NewChaCha8([32]byte{1})
	write := func(name string, n int64) {
		f, err := os.Create(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.CopyN(f, source, n)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	write("large", large)
	for i := range small {
		write(fmt.Sprintf("small %d", i), 1+int64(i)*37%20_000)
	}
	// At rest, as files that people send are.
	old := time.Now().Add(-time.Hour)
	if err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Chtimes(path, old, old))
	}); err != nil {
		t.Fatal(err)
	}
}

// begin gives the lab an empty container, a token for it and a state folder, all new.
func (r *realLab) begin(t *testing.T) (container string) {
	t.Helper()
	r.state = filepath.Join(t.TempDir(), "state")
	container = fmt.Sprintf("lab-%d", time.Now().UnixNano())
	if err := r.server.CreateContainer(container); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.server.DeleteContainer(container) }) // for its room on the disk
	r.renew(t, container, "w")
	return container
}

// copy returns the command that sends the tree.
func (r *realLab) copy(environment []string, args ...string) *exec.Cmd {
	c := r.command(append([]string{
		"copy", r.tree, "--recursive", "--token-file", r.tokenFile, "--state-dir", r.state,
		"--allow-host", r.host, "--ca-file", r.authority, "--json",
	}, args...)...)
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "DBUS_SESSION_BUS_ADDRESS"} {
		c.Env = append(c.Env, name+"=")
	}
	c.Env = append(c.Env, "NO_PROXY=", "KRB5CCNAME=FILE:"+r.dir+"/none")
	c.Env = append(c.Env, environment...)
	return c
}

// finish waits for a command and compares what arrived.
func (r *realLab) finish(t *testing.T, c *exec.Cmd, out *bytes.Buffer, container string) {
	t.Helper()
	err := c.Wait()
	text := out.String()
	if strings.Contains(text, "s3cret") || strings.Contains(text, canaryOf(r.token)) {
		t.Error("a secret was printed")
	}
	if err != nil {
		t.Fatalf("%v: %s", err, text[:min(len(text), 1500)])
	}
	var want, got [32]byte
	n := 0
	if err := filepath.WalkDir(r.tree, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		f, err := r.server.Open(container, "tree/"+d.Name())
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		if got, err = hashOf(f); err != nil {
			return err
		}
		here, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = here.Close() }() // it was only read
		if want, err = hashOf(here); err == nil && got != want {
			t.Errorf("%s differs", d.Name())
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if blobs := len(r.server.Blobs(container)); blobs != n {
		t.Errorf("%d blobs of %d files", blobs, n)
	}
}

func hashOf(r io.Reader) (sum [32]byte, err error) {
	h := sha256.New()
	_, err = io.Copy(h, r)
	return [32]byte(h.Sum(nil)), err
}

// send sends the tree and compares what arrived.
func (r *realLab) send(t *testing.T, environment []string, args ...string) {
	t.Helper()
	container := r.begin(t)
	c := r.copy(environment, args...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r.finish(t, c, &out, container)
}

// daemon is a server that a test has started.
type daemon struct {
	cmd *exec.Cmd
	log *os.File
}

// startDaemon starts a server and waits until something listens at address.
func startDaemon(
	t *testing.T, address string, environment []string, name string, args ...string,
) *daemon {
	t.Helper()
	d := &daemon{cmd: exec.Command(name, args...)}
	d.cmd.Env = append(os.Environ(), environment...)
	var err error
	// A file and no pipe, which what it starts would keep open.
	if d.log, err = os.CreateTemp(t.TempDir(), "log"); err != nil {
		t.Fatal(err)
	}
	d.cmd.Stdout, d.cmd.Stderr = d.log, d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.stop)
	for range 300 {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return d
		}
		time.Sleep(100 * time.Millisecond)
	}
	d.stop()
	text, _ := os.ReadFile(d.log.Name())
	t.Fatalf("%s does not listen: %s", name, text)
	return nil
}

// stop ends it with all that it has started; more than once is fine.
func (d *daemon) stop() {
	if d.cmd.ProcessState == nil {
		_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
		_ = d.cmd.Wait()
		_ = d.log.Close()
	}
}

// freePort returns an address of this machine's name that nobody listens at.
func freePort(t *testing.T, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return net.JoinHostPort(host, port)
}

// squid is a squid with these lines about sign-ins.
type squid struct {
	*daemon
	address string
	start   func()
}

// startSquid runs one until the test ends. It takes whatever port is asked for.
func startSquid(t *testing.T, host string, environment []string, lines ...string) *squid {
	t.Helper()
	dir := t.TempDir()
	for d := dir; strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil { // squid's own user has to get there
			t.Fatal(err)
		}
	}
	hosts := filepath.Join(dir, "hosts")
	address := freePort(t, host)
	_, port, _ := net.SplitHostPort(address)
	text := strings.Join(append([]string{
		"http_port " + port, "pid_filename none", "shutdown_lifetime 1 second",
		"cache deny all", "access_log none", "cache_log /dev/stderr", "coredump_dir " + dir,
		"hosts_file " + hosts, "visible_hostname " + host, "max_filedescriptors 4096",
	}, lines...), "\n") + "\n"
	if len(lines) == 0 {
		text += "http_access allow all\n"
	} else {
		text += "acl people proxy_auth REQUIRED\nhttp_access allow people\nhttp_access deny all\n"
	}
	config := filepath.Join(dir, "squid.conf")
	for name, content := range map[string]string{config: text, hosts: "127.0.0.1 " + host + "\n"} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := &squid{address: address}
	s.start = func() {
		s.daemon = startDaemon(t, address, environment, "squid", "-N", "-f", config)
	}
	s.start()
	return s
}

func runTool(t *testing.T, environment []string, stdin, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), environment...)
	c.Stdin = strings.NewReader(stdin)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return string(out)
}

func TestRealProxies(t *testing.T) {
	r := newRealLab(t)
	t.Run("Basic", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "passwords")
		line := proxyName + ":" + runTool(
			t,
			nil,
			proxyPassword,
			"openssl",
			"passwd",
			"-1",
			"-stdin",
		)
		if err := os.WriteFile(file, []byte(line), 0o644); err != nil {
			t.Fatal(err)
		}
		s := startSquid(t, r.host, nil,
			"auth_param basic program /usr/lib/squid/basic_ncsa_auth "+file)
		r.send(t, []string{
			proxyVariable + "=http://" + proxyName + ":" + proxyPassword + "@" + s.address,
		})
	})
	t.Run("NTLM", func(t *testing.T) {
		s := startSquid(t, r.host, nil,
			"auth_param ntlm program /usr/lib/squid/ntlm_fake_auth", "auth_param ntlm children 5")
		r.send(t, []string{
			"HTTPS_PROXY=http://WARD%5C" + proxyName + ":" + proxyPassword + "@" + s.address,
		})
	})
	t.Run("a script", func(t *testing.T) {
		s := startSquid(t, r.host, nil)
		script := fmt.Sprintf(`function FindProxyForURL(url, host) {
			if (host != %q || url.indexOf("sig") >= 0) return "PROXY nowhere.invalid:1";
			return "PROXY %s; PROXY %s; DIRECT";
		}`, r.host, freePort(t, r.host), s.address)
		file := filepath.Join(t.TempDir(), "proxy.pac")
		if err := os.WriteFile(file, []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(file))))
		t.Cleanup(server.Close)
		r.send(t, nil, "--proxy", "pac+file://"+file)
		r.send(t, nil, "--proxy", "pac+"+server.URL+"/proxy.pac")
	})
	t.Run("SOCKS", func(t *testing.T) {
		address := freePort(t, r.host)
		_, port, _ := net.SplitHostPort(address)
		config := filepath.Join(t.TempDir(), "danted.conf")
		if err := os.WriteFile(config, []byte("logoutput: stderr\ninternal: lo port = "+port+`
external: lo
clientmethod: none
socksmethod: none
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
`), 0o644); err != nil {
			t.Fatal(err)
		}
		startDaemon(t, address, nil, "danted", "-f", config)
		r.send(t, nil, "--proxy", "socks5://"+address)
	})
}
