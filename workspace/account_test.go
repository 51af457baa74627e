package workspace

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// testKey is as long as the service's and opens nothing.
var testKey = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("key that opens nothing! "),
	3)[:keySize])

const labAddress = "https://labinbox.blob.core.windows.net"

func TestParseAccount(t *testing.T) {
	for name, c := range map[string]struct {
		text, address, allow  string
		wantAddress, wantName string
		refused               Reason
	}{
		"a key and an address":   {testKey, labAddress, "", labAddress, "labinbox", ""},
		"blanks and quotes":      {" \"" + testKey + "\"\r\n", labAddress + "/", "", labAddress, "labinbox", ""},
		"a connection string":    {"DefaultEndpointsProtocol=https;AccountName=labinbox;AccountKey=" + testKey + ";EndpointSuffix=core.windows.net", "", "", labAddress, "labinbox", ""},
		"in any order and case":  {"endpointsuffix=core.chinacloudapi.cn; accountkey=" + testKey + " ;ACCOUNTNAME=labinbox;", "", "", "https://labinbox.blob.core.chinacloudapi.cn", "labinbox", ""},
		"no suffix":              {"AccountName=labinbox;AccountKey=" + testKey, "", "", labAddress, "labinbox", ""},
		"a stated endpoint":      {"AccountName=labinbox;AccountKey=" + testKey + ";BlobEndpoint=https://labinbox.z3.blob.storage.azure.net/", "", "", "https://labinbox.z3.blob.storage.azure.net", "labinbox", ""},
		"and the same address":   {"AccountName=labinbox;AccountKey=" + testKey, labAddress, "", labAddress, "labinbox", ""},
		"and another address":    {"AccountName=labinbox;AccountKey=" + testKey, "https://other.blob.core.windows.net", "", "", "", AccountMismatch},
		"an emulator":            {"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=c2hvcnQ=;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;", "", "", "http://127.0.0.1:10000/devstoreaccount1", "devstoreaccount1", ""},
		"an emulator, misnamed":  {"AccountName=other;AccountKey=c2hvcnQ=;BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;", "", "", "", "", AccountMismatch},
		"a host that is allowed": {"AccountName=labinbox;AccountKey=" + testKey + ";BlobEndpoint=https://files.example.org", "", "files.example.org", "https://files.example.org", "labinbox", ""},
		"a host that is not":     {"AccountName=labinbox;AccountKey=" + testKey + ";BlobEndpoint=https://files.example.org", "", "", "", "", AddressUnknown},
		"plain http":             {"DefaultEndpointsProtocol=http;AccountName=labinbox;AccountKey=" + testKey, "", "", "", "", AddressInsecure},
		"a signature in place":   {"BlobEndpoint=" + labAddress + ";SharedAccessSignature=sv=2021-12-02&sig=x", "", "", "", "", KeyIsSignature},
		"no key in it":           {"AccountName=labinbox;EndpointSuffix=core.windows.net", "", "", "", "", ConnectionStringIncomplete},
		"no name in it":          {"AccountKey=" + testKey + ";EndpointSuffix=core.windows.net", "", "", "", "", ConnectionStringIncomplete},
		"a key alone":            {testKey, "", "", "", "", AddressMissing},
		"nothing":                {" ", labAddress, "", "", "", KeyMissing},
		"half a key":             {testKey[:40], labAddress, "", "", "", KeyDamaged},
		"no base64":              {strings.Repeat("!", 88), labAddress, "", "", "", KeyDamaged},
		"an address for a key":   {labAddress, labAddress, "", "", "", KeyDamaged},
		"a key for an address":   {testKey, testKey, "", "", "", AddressUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			var allow []string
			if c.allow != "" {
				allow = []string{c.allow}
			}
			a, err := ParseAccount(c.text, c.address, allow...)
			if got := reasonOf(err); got != c.refused {
				t.Fatalf("got %v, want %q", err, c.refused)
			}
			if err != nil {
				said := err.Error() + Explain(err).String()
				if strings.Contains(said, testKey[:12]) || strings.Contains(said, "sig=") ||
					strings.Contains(said, "{") {
					t.Errorf("said %q", said)
				}
				return
			}
			if a.Address() != c.wantAddress || a.Name() != c.wantName {
				t.Errorf("%s, %s; want %s, %s", a.Address(), a.Name(), c.wantAddress, c.wantName)
			}
			if !strings.Contains(c.text, a.Key()) {
				t.Error("the key is another")
			}
		})
	}
}

func TestAnAccountNeverPrintsItsKey(t *testing.T) {
	a, err := ParseAccount(testKey, labAddress)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	type inside struct{ A, b Account }
	for _, v := range []any{a, &a, []Account{a}, map[string]Account{"a": a}, inside{a, a}, &inside{a, a}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&b, verb, v)
		}
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		slog.New(slog.NewTextHandler(&b, nil)).Info("said", "account", v)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("said", "account", v)
	}
	raw := a.key()
	for _, secret := range []string{testKey[:16], string(raw[:12]), fmt.Sprintf("%x", raw[:12]), fmt.Sprintf("%v", raw[:6])[1:20]} {
		if strings.Contains(b.String(), secret) {
			t.Errorf("the key stands in:\n%s", b.String())
		}
	}
	if !strings.Contains(b.String(), labAddress) {
		t.Error("nothing was printed at all")
	}
}

func TestTheZeroAccountOpensNothing(t *testing.T) {
	if _, err := Open(Account{}, "ws", Options{}); reasonOf(err) != KeyMissing {
		t.Errorf("got %v", err)
	}
	if got := (Account{}).Key(); got != "" {
		t.Errorf("key %q", got)
	}
}

// FuzzParseAccountNeverShowsTheKey: whatever is given as a key, no error repeats a piece of it.
func FuzzParseAccountNeverShowsTheKey(f *testing.F) {
	f.Add(testKey, labAddress)
	f.Add(testKey, testKey)
	f.Add("AccountName=labinbox;AccountKey="+testKey, "")
	f.Add("AccountName=labinbox;BlobEndpoint=https://"+testKey, "")
	f.Add("BlobEndpoint="+labAddress+";SharedAccessSignature=sv=2021-12-02&sig="+testKey,
		"https://files.example.org")
	f.Fuzz(func(t *testing.T, text, address string) {
		a, err := ParseAccount(text, address)
		said := fmt.Sprintf("%v %+v %#v", a, a, a)
		if err != nil {
			said = err.Error() + Explain(err).String()
		}
		_, key, _ := strings.Cut(text, "AccountKey=")
		if key, _, _ = strings.Cut(key, ";"); len(key) >= 16 &&
			!strings.Contains(address, key[:16]) && strings.Contains(said, key[:16]) {
			t.Errorf("said %q", said)
		}
		if len(text) >= 60 && !strings.ContainsAny(text, ";:/=") &&
			strings.Contains(said, text[:16]) && !strings.Contains(address, text[:16]) {
			t.Errorf("said %q", said)
		}
	})
}
