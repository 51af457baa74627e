package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kingdom is a Kerberos realm on this machine alone.
type kingdom struct {
	environment []string // for all that takes part
	keytab      string
	cache       string // the person's tickets
}

func startKingdom(t *testing.T, host string) *kingdom {
	t.Helper()
	dir := openFolder(t)
	address := freePort(t, host)
	_, port, _ := net.SplitHostPort(address)
	k := &kingdom{keytab: dir + "/proxy.keytab", cache: dir + "/tickets"}
	k.environment = []string{
		"KRB5_CONFIG=" + dir + "/krb5.conf", "KRB5_KDC_PROFILE=" + dir + "/kdc.conf",
		"KRB5CCNAME=FILE:" + k.cache, "KRB5RCACHETYPE=none",
	}
	for name, text := range map[string]string{
		"krb5.conf": fmt.Sprintf(`[libdefaults]
 default_realm = %[1]s
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 %[1]s = {
  kdc = %[2]s
 }
[domain_realm]
 %[3]s = %[1]s
`, realm, address, host),
		"kdc.conf": fmt.Sprintf(`[kdcdefaults]
 kdc_ports = %[2]s
 kdc_tcp_ports = %[2]s
[realms]
 %[1]s = {
  database_name = %[3]s/principal
  key_stash_file = %[3]s/stash
  acl_file = %[3]s/acl
  max_life = 1h
 }
[logging]
 kdc = FILE:%[3]s/kdc.log
`, realm, port, dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runTool(t, k.environment, "", "kdb5_util", "create", "-s", "-W", "-r", realm, "-P", "master")
	for _, query := range []string{
		"addprinc -pw " + kerberosSecret + " " + proxyName, "addprinc -randkey HTTP/" + host,
		"ktadd -k " + k.keytab + " HTTP/" + host,
	} {
		runTool(t, k.environment, "", "kadmin.local", "-r", realm, "-q", query)
	}
	if err := os.Chmod(k.keytab, 0o644); err != nil { // squid's own user reads it
		t.Fatal(err)
	}
	startDaemon(t, address, k.environment, "krb5kdc", "-n", "-r", realm)
	return k
}

// sign gets the person a ticket for this long.
func (k *kingdom) sign(t *testing.T, life string) {
	t.Helper()
	runTool(t, k.environment, kerberosSecret+"\n", "kinit", "-l", life, proxyName)
}

func (k *kingdom) squid(t *testing.T, host string) *squid {
	t.Helper()
	return startSquid(t, host, k.environment,
		"auth_param negotiate program /usr/lib/squid/negotiate_kerberos_auth -k "+k.keytab+
			" -s HTTP/"+host+"@"+realm, "auth_param negotiate children 10")
}

func TestRealKerberos(t *testing.T) {
	r := newRealLab(t)
	k := startKingdom(t, r.host)
	s := k.squid(t, r.host)
	k.sign(t, "1h")
	r.send(t, k.environment, "--proxy", "http://"+s.address)
}

// TestRealTicketThatEnds: in the middle of an upload the ticket ends and the proxy starts anew. The
// upload waits and says what to do, and goes on by itself once there is a ticket; nothing is lost.
func TestRealTicketThatEnds(t *testing.T) {
	r := newRealLab(t)
	k := startKingdom(t, r.host)
	s := k.squid(t, r.host)
	k.sign(t, "8s")
	container := r.begin(t)
	c := r.copy(k.environment, "--proxy", "http://"+s.address, "--limit-rate", "12MB",
		"--block-size", "1MiB")
	var out bytes.Buffer
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = said.Close() }() // it is read by its name
	c.Stdout, c.Stderr = &out, said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() }) // it may have ended
	time.Sleep(10 * time.Second)               // the ticket's life
	s.stop()
	s.start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		text, err := os.ReadFile(said.Name())
		if strings.Contains(string(text), "“kinit -c FILE:"+k.cache+"”") {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("it does not wait for a ticket: %s, %v", text, err)
		}
		time.Sleep(300 * time.Millisecond)
	}
	k.sign(t, "1h")
	r.finish(t, c, &out, container)
}
