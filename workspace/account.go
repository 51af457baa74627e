package workspace

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"strings"

	"inboxuploader/uploader/token"
)

// keySize is the length of a storage account's key in bytes. Emulators have others.
const keySize = 64

// Account is a storage account and the key that opens all of it. It never prints the key: not with
// any verb, in JSON or in logs. It is immutable and safe for concurrent use.
type Account struct {
	inbox token.Inbox // the service's address, without a container
	name  string
	allow []string      // hosts that are no known endpoints and were allowed
	key   func() []byte // nothing that prints looks into a function
}

// ParseAccount parses the key of a storage account or its connection string, as Azure's portal
// shows them under "Access keys". A key alone needs the service's address too, see
// [token.ParseEndpoint]. A connection string contains the address; an address beside it must be
// the same. allow names hosts that are no known endpoints, see [token.AllowHost]. Errors are
// [*Error]s that wrap ErrRequest and never contain the text.
func ParseAccount(text, address string, allow ...string) (Account, error) {
	text = strings.Trim(strings.TrimSpace(text), `"'`)
	name, stated := "", ""
	if strings.Contains(text, ";") || strings.Contains(strings.ToLower(text), "accountname=") {
		var err error
		if name, stated, text, err = readConnectionString(text); err != nil {
			return Account{}, err
		}
	}
	inbox, err := endpoint(address, stated, allow)
	if err != nil {
		return Account{}, err
	}
	key, err := base64.StdEncoding.DecodeString(text)
	local := inbox.Account != ""
	switch {
	case text == "":
		return Account{}, newError("read key", KeyMissing)
	case err != nil, len(key) != keySize && !local, len(key) == 0:
		return Account{}, newError("read key", KeyDamaged)
	}
	if name == "" {
		name, _, _ = strings.Cut(inbox.InboxID, ".")
	}
	if local && name != inbox.Account {
		return Account{}, newError("read key", AccountMismatch)
	}
	return Account{inbox: inbox, name: name, allow: append([]string(nil), allow...), key: func() []byte { return key }}, nil
}

// endpoint returns the service's address from the given one and the one in the connection string.
func endpoint(given, stated string, allow []string) (token.Inbox, error) {
	var found token.Inbox
	for _, address := range []string{given, stated} {
		if address == "" {
			continue
		}
		inbox, err := token.ParseEndpoint(address, token.AllowHost(allow...))
		if err != nil {
			return found, addressError(err, address)
		}
		if found.Host != "" && inbox != found {
			return found, newError("read address", AccountMismatch)
		}
		found = inbox
	}
	if found.Host == "" {
		return found, newError("read address", AddressMissing)
	}
	return found, nil
}

// readConnectionString reads "AccountName=…;AccountKey=…;EndpointSuffix=…"
// (learn.microsoft.com/azure/storage/common/storage-configure-connection-string). Its parts may
// stand in any order.
func readConnectionString(text string) (name, address, key string, err error) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[strings.ToLower(strings.TrimSpace(k))] = strings.TrimSpace(v)
	}
	name, key = parts["accountname"], parts["accountkey"]
	switch {
	case key == "" && parts["sharedaccesssignature"] != "":
		return "", "", "", newError("read connection string", KeyIsSignature)
	case name == "" || key == "":
		return "", "", "", newError("read connection string", ConnectionStringIncomplete)
	}
	if address = parts["blobendpoint"]; address != "" {
		return name, address, key, nil
	}
	scheme, suffix := parts["defaultendpointsprotocol"], parts["endpointsuffix"]
	if scheme == "" {
		scheme = "https"
	}
	if suffix == "" {
		suffix = "core.windows.net"
	}
	return name, scheme + "://" + name + ".blob." + suffix, key, nil
}

// Address returns the address of the account's blob service. It contains no secret.
func (a Account) Address() string { return strings.TrimSuffix(a.inbox.URL(), "/") }

// Name returns the account's name.
func (a Account) Name() string { return a.name }

// Key returns the key as text. It is the secret: keep it in a keyring and nowhere else.
func (a Account) Key() string {
	if a.key == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(a.key())
}

// sign returns the base64 HMAC-SHA256 of text under the key.
func (a Account) sign(text string) string {
	mac := hmac.New(sha256.New, a.key())
	_, _ = mac.Write([]byte(text)) // a hash never fails
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// String names the account and says that the rest is not shown.
func (a Account) String() string { return "storage account " + a.Address() + " (REDACTED)" }

// GoString keeps %#v from showing more than String.
func (a Account) GoString() string { return a.String() }

// MarshalText keeps encoders from showing more than String.
func (a Account) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// LogValue keeps loggers from showing more than String.
func (a Account) LogValue() slog.Value { return slog.StringValue(a.String()) }
