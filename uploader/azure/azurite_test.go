package azure

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"inboxuploader/uploader/store"
	"inboxuploader/uploader/token"
	"inboxuploader/uploader/uploadertest"
)

// The emulator's account and key are published in its documentation.
const (
	emulatorAccount = "devstoreaccount1"
	emulatorKey     = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// TestAzuriteKeepsThePromises runs the store suite against Azurite, which must have been started as
//
//	azurite-blob --blobHost 127.0.0.1 --blobPort PORT --inMemoryPersistence --loose --disableTelemetry --silent
//
// with UPLOADER_AZURITE=http://127.0.0.1:PORT in the test's environment. Without --loose it answers
// 500 to every x-ms-content-crc64. It refuses versions of the protocol that it does not know.
func TestAzuriteKeepsThePromises(t *testing.T) {
	address := os.Getenv("UPLOADER_AZURITE")
	if address == "" {
		t.Skip("UPLOADER_AZURITE is not set: no Azurite to test against")
	}
	uploadertest.TestStore(t, func(t *testing.T) uploadertest.Subject {
		return newEmulator(t, address).subject()
	})
}

// emulator is a fresh container on an emulator and the means to look into it.
type emulator struct {
	url       *url.URL
	account   string
	inPath    bool // the account's name stands in the path, not in the host
	container string
	key       []byte
	mu        sync.Mutex
	secrets   []string
}

func newEmulator(t *testing.T, address string) *emulator {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(emulatorKey)
	if err != nil {
		t.Fatal(err)
	}
	e := &emulator{url: u, account: emulatorAccount, inPath: true, key: key}
	e.make(t)
	return e
}

// make makes the container, which is removed when the test ends.
func (e *emulator) make(t *testing.T) {
	t.Helper()
	e.container = "c" + strings.ToLower(rand.Text())
	resp := e.request(t, http.MethodPut, "", "restype=container")
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("create container: %s", resp.Status)
	}
	t.Cleanup(func() {
		// The test's context is over by now.
		if resp := e.request(t, http.MethodDelete, "",
			"restype=container"); resp.StatusCode != http.StatusAccepted {
			t.Errorf("delete container: %s", resp.Status)
		}
	})
}

func (e *emulator) subject() uploadertest.Subject {
	return uploadertest.Subject{
		Open: func(t *testing.T, rights string) store.Store {
			token, query := e.token(rights)
			store, err := open(token, query, Options{Connections: 16})
			if err != nil {
				t.Fatal(err)
			}
			return store
		},
		Read: func(t *testing.T, name string) ([]byte, store.Properties, bool) {
			resp := e.request(t, http.MethodGet, name, "")
			switch resp.StatusCode {
			case http.StatusOK:
				data, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				return data, store.Properties{ContentType: resp.Header.Get("Content-Type")}, true
			case http.StatusNotFound:
				return nil, store.Properties{}, false
			default:
				t.Fatalf("read %q: %s", name, resp.Status)
				return nil, store.Properties{}, false
			}
		},
		Secrets: func() []string {
			e.mu.Lock()
			defer e.mu.Unlock()
			return append([]string(nil), e.secrets...)
		},
		Lacks: uploadertest.Lacks{
			CRC64:           true,
			OverwriteRights: true,
			PutBlobDiscards: true,
			EmptyBlock:      true,
		},
	}
}

func (e *emulator) sign(text string) string {
	mac := hmac.New(sha256.New, e.key)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// token signs a container's service SAS of version 2021-12-02 ("Create a service SAS").
func (e *emulator) token(rights string) (token.Token, string) {
	return e.tokenOf(rights, "", "c", 0)
}

// tokenOf is token with a policy, which may be empty, and for a resource: c, a container, or d, the
// folder "folder" in it, so deep.
func (e *emulator) tokenOf(rights, policy, resource string, depth int) (token.Token, string) {
	expiry := time.Now().UTC().Add(time.Hour).Truncate(time.Second)
	se := expiry.Format(time.RFC3339)
	path, more := "/blob/"+e.account+"/"+e.container, ""
	if resource == "d" {
		path += "/folder"
		more += fmt.Sprintf("&sdd=%d", depth)
	}
	if policy != "" {
		more += "&si=" + policy
	}
	sig := e.sign(strings.Join([]string{
		rights, "", se, path, policy, "", "https,http", Version, resource,
		"", "", "", "", "", "", "",
	}, "\n"))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.secrets = append(e.secrets, sig, url.QueryEscape(sig))
	q := "sv=" + Version + "&sp=" + rights + "&sr=" + resource + "&spr=https,http&se=" + se + more +
		"&sig=" + url.QueryEscape(sig)
	return token.Token{Inbox: e.inbox(), Rights: token.Rights{Letters: rights}, ValidTo: expiry}, q
}

func (e *emulator) inbox() token.Inbox {
	in := token.Inbox{Scheme: e.url.Scheme, Host: e.url.Host, Container: e.container}
	if e.inPath {
		in.Account = e.account
	}
	return in
}

// request sends one with the account's key ("Authorize with Shared Key"), past the store under
// test. The body of the answer has been read.
func (e *emulator) request(t *testing.T, method, name, query string) *http.Response {
	t.Helper()
	return e.send(t, method, name, query, "")
}

// send is request with a body.
func (e *emulator) send(t *testing.T, method, name, query, body string) *http.Response {
	t.Helper()
	path := "/" + e.container
	if e.inPath {
		path = "/" + e.account + path
	}
	if name != "" {
		path += "/" + name
	}
	u := url.URL{Scheme: e.url.Scheme, Host: e.url.Host, Path: path, RawQuery: query}
	req, err := http.NewRequestWithContext(context.Background(), method, u.String(),
		strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	date := time.Now().UTC().Format(http.TimeFormat)
	req.Header.Set("x-ms-date", date)
	req.Header.Set("x-ms-version", Version)
	resource := "/" + e.account + u.EscapedPath()
	if query != "" {
		resource += "\n" + strings.NewReplacer("=", ":", "&", "\n").Replace(query)
	}
	length := ""
	if body != "" {
		length = strconv.Itoa(len(body))
	}
	text := method + "\n\n\n" + length + strings.Repeat(
		"\n",
		9,
	) + "x-ms-date:" + date + "\nx-ms-version:" + Version +
		"\n" + resource
	req.Header.Set("Authorization", fmt.Sprintf("SharedKey %s:%s", e.account, e.sign(text)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	http.DefaultClient.CloseIdleConnections()
	return resp
}
