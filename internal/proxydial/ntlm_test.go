package proxydial

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck // what NTLM is made of

	"inboxuploader/internal/secret"
)

// A server's half of NTLMv2 as MS-NLMP describes it, written apart from the library, so that its
// messages are judged by the specification. Its own correctness is shown by the published vectors.

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func hmacMD5(key, data []byte) []byte {
	h := hmac.New(md5.New, key)
	h.Write(data)
	return h.Sum(nil)
}

// ntowfv2 is MS-NLMP 3.3.2.
func ntowfv2(user, password, domain string) []byte {
	h := md4.New()
	_, _ = h.Write(utf16le(password))
	return hmacMD5(h.Sum(nil), utf16le(strings.ToUpper(user)+domain))
}

// temp is the client's part of the response (MS-NLMP 3.3.2).
func temp(time, clientChallenge, target []byte) []byte {
	b := append([]byte{1, 1, 0, 0, 0, 0, 0, 0}, time...)
	b = append(b, clientChallenge...)
	b = append(b, 0, 0, 0, 0)
	return append(append(b, target...), 0, 0, 0, 0)
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// avPairs is the target information of MS-NLMP 4.2.4: the domain "Domain", the server "Server".
func avPairs(t *testing.T) []byte {
	return unhex(
		t,
		"0200 0c00 44006f006d00610069006e00 0100 0c00 530065007200760065007200 0000 0000",
	)
}

const serverChallenge = "0123456789abcdef"

// challengeMessage is MS-NLMP 4.2.4.3 without the exchange of a key (NTLMSSP_NEGOTIATE_KEY_EXCH),
// for which a client asks that signs what follows.
func challengeMessage(t *testing.T) []byte {
	return unhex(t, "4e544c4d53535000 02000000 0c000c0038000000 33828aa2 "+serverChallenge+
		" 0000000000000000 2400240044000000 0600701700 00000f 530065007200760065007200"+
		hex.EncodeToString(avPairs(t)))
}

// TestPublishedVectors are those of MS-NLMP 4.2.4.1.1 and 4.2.4.2.2.
func TestPublishedVectors(t *testing.T) {
	key := ntowfv2("User", "Password", "Domain")
	if want := unhex(t, "0c868a403bfd7a93a3001ef22ef02e3f"); !bytes.Equal(key, want) {
		t.Errorf("NTOWFv2 %x", key)
	}
	tmp := temp(make([]byte, 8), bytes.Repeat([]byte{0xaa}, 8), avPairs(t))
	proof := hmacMD5(key, append(unhex(t, serverChallenge), tmp...))
	if want := unhex(t, "68cd0ab851e51c96aabc927bebef6a1c"); !bytes.Equal(proof, want) {
		t.Errorf("NTProofStr %x", proof)
	}
}

// field returns a field of an AUTHENTICATE message (MS-NLMP 2.2.1.3).
func field(message []byte, at int) []byte {
	n := int(binary.LittleEndian.Uint16(message[at:]))
	off := int(binary.LittleEndian.Uint32(message[at+4:]))
	if off+n > len(message) {
		return nil
	}
	return message[off : off+n]
}

// verify checks an AUTHENTICATE message against the challenge above.
func verify(t *testing.T, message []byte, user, domain, password string) bool {
	t.Helper()
	if len(message) < 64 || !bytes.HasPrefix(message, []byte("NTLMSSP\x00\x03\x00\x00\x00")) {
		t.Errorf("not an AUTHENTICATE message: %x", message)
		return false
	}
	response := field(message, 20)
	if got := field(message, 36); !bytes.Equal(got, utf16le(user)) {
		t.Errorf("the name is %q", got)
	}
	if got := field(message, 28); !bytes.Equal(got, utf16le(domain)) {
		t.Errorf("the domain is %q", got)
	}
	if len(response) < 44 {
		t.Errorf("no NTLMv2 response: %x", response)
		return false
	}
	proof := hmacMD5(
		ntowfv2(user, password, domain),
		append(unhex(t, serverChallenge), response[16:]...),
	)
	return bytes.Equal(proof, response[:16])
}

// TestNTLMIsHeldOnItsConnection: both messages go over one connection, and the second is right by
// the specification.
func TestNTLMIsHeldOnItsConnection(t *testing.T) {
	noTicket(t)
	for _, scheme := range []string{"NTLM", "Negotiate"} {
		for name, want := range map[string][2]string{
			`Domain\User`: {"User", "Domain"}, "User": {"User", ""},
		} {
			var p *fakeProxy
			begun := map[int]bool{}
			p = newFakeProxy(t, func(conn int, a string) string {
				got, token, _ := strings.Cut(a, " ")
				message, err := base64.StdEncoding.DecodeString(token)
				switch {
				case a == "":
					return demand(scheme)
				case got != scheme || err != nil:
					t.Errorf("%q", a)
					return demand(scheme)
				case bytes.HasPrefix(message, []byte("NTLMSSP\x00\x01")):
					begun[conn] = true
					return demand(
						scheme + " " + base64.StdEncoding.EncodeToString(challengeMessage(t)),
					)
				case !begun[conn]:
					t.Error("the second message came on another connection")
				}
				if verify(t, message, want[0], want[1], "Password") {
					return yes
				}
				return demand(scheme)
			})
			d := through(p, SignIn{Name: name, Password: secret.New("Password")}, false)
			for range 2 {
				if err := open(t, d); err != nil {
					t.Errorf("%s, %s: %v", scheme, name, err)
				}
			}
			if got, want := p.kinds(), strings.ReplaceAll("1 1X 1X 2X 2X", "X", scheme); got != want {
				t.Errorf("asked %q, want %q", got, want)
			}
			d = through(p, SignIn{Name: name, Password: secret.New("wrong")}, false)
			if err := open(t, d); failure(err) != SignInNeeded {
				t.Errorf("a wrong password: %v", err)
			}
		}
	}
}

// TestDamagedChallengesAreNoPanic: what a proxy sends is a stranger's.
func TestDamagedChallengesAreNoPanic(t *testing.T) {
	noTicket(t)
	whole := challengeMessage(t)
	// As squid's ntlm_fake_auth writes it: the name lies nowhere, and there is no target.
	stray := append(bytes.Clone(whole[:40]), "WORKGROUP"...)
	binary.LittleEndian.PutUint32(stray[16:], 0xaaaaaaae)
	if m, err := (passwordNTLM{given("User", "Password")}).next(stray); err != nil ||
		!verify(t, m, "User", "", "Password") {
		t.Errorf("fields outside of the message: %v", err)
	}
	for n := range whole {
		broken := bytes.Clone(whole[:n+1])
		broken[n] ^= 0xff
		p := passwordNTLM{given("User", "Password")}
		_, _ = p.next(broken)
	}
}
