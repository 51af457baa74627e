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

// realLab is a local inbox over https under a name, which is reached through proxies or otherwise.
type realLab struct {
	*lab
	host, authority string
	address         string // where it listens
	tree            string
}

// amount returns how much is sent through each proxy: a large file, and many small ones.
func amount() (large int64, small int) {
	switch os.Getenv(proxiesVariable) {
	case "":
		return 12 << 20, 100
	case "soak":
		return 2 << 30, 5000
	default:
		return 200 << 20, 500
	}
}

// newRealLab has this machine's name, by which programs of others reach it.
func newRealLab(t *testing.T) *realLab {
	t.Helper()
	if os.Getenv(proxiesVariable) == "" {
		t.Skip(proxiesVariable + " is not set")
	}
	host, err := os.Hostname()
	if err != nil || host == "localhost" {
		t.Fatal("this machine has no name:", host, err)
	}
	return newLabAt(t, host, net.JoinHostPort(host, "0"))
}

// newLabAt listens at an address and calls itself host.
func newLabAt(t *testing.T, host, address string) *realLab {
	t.Helper()
	dir := t.TempDir()
	r := &realLab{lab: &lab{dir: dir, tokenFile: filepath.Join(dir, "token.txt")}, host: host}
	var err error
	r.server, err = blobserver.New(blobserver.Config{Dir: filepath.Join(dir, "inbox")})
	if err != nil {
		t.Fatal(err)
	}
	config, authority, err := r.server.TLS(host)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(serve(r.server, listener))
	r.authority, r.address = authority, listener.Addr().String()
	_, port, _ := net.SplitHostPort(r.address)
	r.base = "https://" + net.JoinHostPort(host, port)
	r.tree = filepath.Join(dir, "tree")
	large, small := amount()
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

// squid is a squid with these lines of configuration.
type squid struct {
	*daemon
	address string
	start   func()
}

// openFolder makes a folder for a squid, which has a user of its own.
func openFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for d := dir; strings.HasPrefix(d, os.TempDir()) && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// startSquid runs one until the test ends. It takes whatever port is asked for.
func startSquid(t *testing.T, host string, environment []string, lines ...string) *squid {
	t.Helper()
	return startSquidAt(t, host, environment, "", lines...)
}

// startSquidAt adds words to the line of its port.
func startSquidAt(
	t *testing.T, host string, environment []string, atPort string, lines ...string,
) *squid {
	t.Helper()
	dir := openFolder(t)
	hosts := filepath.Join(dir, "hosts")
	address := freePort(t, host)
	_, port, _ := net.SplitHostPort(address)
	text := strings.Join(append([]string{
		"http_port " + port + atPort, "pid_filename none", "shutdown_lifetime 1 second",
		"cache deny all", "access_log none", "cache_log /dev/stderr", "coredump_dir " + dir,
		"hosts_file " + hosts, "visible_hostname " + host, "max_filedescriptors 4096",
	}, lines...), "\n") + "\n"
	if strings.Contains(text, "auth_param") {
		text += "acl people proxy_auth REQUIRED\nhttp_access allow people\nhttp_access deny all\n"
	} else {
		text += "http_access allow all\n"
	}
	config := filepath.Join(dir, "squid.conf")
	for name, content := range map[string]string{config: text, hosts: "127.0.0.1 " + host + "\n"} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := &squid{address: address}
	// Its own name is that of its shared memory as well, which another user's squid may have.
	name := "test" + port
	t.Cleanup(func() {
		left, _ := filepath.Glob(filepath.Join("/dev/shm", name+"-*")) // fails for a wrong pattern alone
		for _, memory := range left {
			_ = os.Remove(memory)
		}
	})
	s.start = func() {
		s.daemon = startDaemon(t, address, environment, "squid", "-N", "-n", name, "-f", config)
	}
	s.start()
	return s
}

// startInspectingSquid runs one that opens TLS and returns the file of the authority that it makes
// certificates by. It trusts the one that the storage has.
func startInspectingSquid(
	t *testing.T, host, trusted string, lines ...string,
) (s *squid, authority string) {
	t.Helper()
	dir := openFolder(t)
	authority, key := filepath.Join(dir, "authority.pem"), filepath.Join(dir, "key.pem")
	runTool(t, nil, "", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
		"-subj", "/CN=Hospital inspection", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
		"-keyout", key, "-out", authority)
	helper, made := "/usr/lib/squid/security_file_certgen", filepath.Join(dir, "made")
	runTool(t, nil, "", helper, "-c", "-s", made, "-M", "4MB")
	storage := filepath.Join(dir, "storage.pem")
	text, err := os.ReadFile(trusted)
	if err := errors.Join(err, os.WriteFile(storage, text, 0o644), os.Chmod(key, 0o644),
		filepath.WalkDir(made, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Chmod(path, 0o777)) // squid's own user writes there
		})); err != nil {
		t.Fatal(err)
	}
	return startSquidAt(t, host, nil, " ssl-bump tls-cert="+authority+" tls-key="+key+
		" generate-host-certificates=on dynamic_cert_mem_cache_size=4MB",
		append([]string{
			"sslcrtd_program " + helper + " -s " + made + " -M 4MB", "acl hello at_step SslBump1",
			"ssl_bump peek hello", "ssl_bump bump all", "tls_outgoing_options cafile=" + storage,
		}, lines...)...), authority
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
		line := proxyName + ":" + runTool(t, nil, proxyPassword, "openssl", "passwd", "-1",
			"-stdin")
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
	t.Run("ten connections", func(t *testing.T) {
		s := startSquid(t, r.host, nil, "acl crowd maxconn 10", "http_access deny crowd")
		r.send(t, nil, "--proxy", "http://"+s.address, "--connections", "40")
	})
	// A network that inspects TLS, by squid's own authority, and ends each connection after its
	// answer.
	for name, lines := range map[string][]string{
		"inspected": nil, "inspected and closed": {"client_persistent_connections off"},
	} {
		t.Run(name, func(t *testing.T) {
			s, authority := startInspectingSquid(t, r.host, r.authority, lines...)
			inspected := *r
			inspected.authority = authority
			inspected.send(t, nil, "--proxy", "http://"+s.address)
			said, code := inspected.network(t, nil, "--proxy", "http://"+s.address)
			if code != 0 || !strings.Contains(said, "by CN=Hospital inspection, which is trusted") {
				t.Errorf("exit code %d: %s", code, said)
			}
			said, code = r.network(t, nil, "--proxy", "http://"+s.address)
			if code != 3 || !strings.Contains(said, "by CN=Hospital inspection, which is not") ||
				!strings.Contains(said, "→ Do you inspect traffic to "+r.host) {
				t.Errorf("exit code %d: %s", code, said)
			}
		})
	}
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
