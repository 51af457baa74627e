package vault

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	keyring "github.com/zalando/go-keyring"
)

// A secret that fits is in the entry named by its reference:
//
//	whole:SECRET
//
// A longer one is split into parts, each in an entry of its own, and the entry lists them:
//
//	parts:NUMBER:GENERATION:SHA256
//
// Part i is in the entry REF.GENERATION.i. The generation is random for each Put, so that the parts
// of two secrets never mix. A keyring writes the entry REF as a whole, and that one write switches
// from the old secret to the new one. The checksum tells whether all parts are there.

const (
	// partSize is how many bytes one entry may have. The Credential Manager keeps 2,560
	// (learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw,
	// CRED_MAX_CREDENTIAL_BLOB_SIZE). On macOS the library passes one command of up to 4,096 bytes,
	// base64 and names included, which leaves some 2,900. All systems use one size, so that one test
	// covers all.
	partSize = 2048
	// maxSecret is the longest secret, in bytes: the longest text that token.Parse reads.
	maxSecret = 64 << 10

	wholeMark = "whole:"
	partsMark = "parts:"
)

// entries are a keyring's content: short texts under names. get and remove return
// [keyring.ErrNotFound] for a name without an entry.
type entries interface {
	get(name string) (string, error)
	set(name, text string) error
	remove(name string) error
}

var (
	errDamaged = errors.New("entries do not match")
	errNotKept = errors.New("keyring did not keep what it said it did")
)

// parts lists the parts of a secret; none if the first entry holds it whole.
type parts struct {
	number     int
	generation string
	sum        string
}

func (p parts) name(ref string, i int) string {
	return ref + "." + p.generation + "." + strconv.Itoa(i)
}

func (p parts) text() string {
	return partsMark + strconv.Itoa(p.number) + ":" + p.generation + ":" + p.sum
}

// parseHead parses the entry of a reference, which is the secret or lists its parts.
func parseHead(text string) (secret string, p parts, err error) {
	if secret, ok := strings.CutPrefix(text, wholeMark); ok {
		return secret, parts{}, nil
	}
	fields := strings.Split(strings.TrimPrefix(text, partsMark), ":")
	if !strings.HasPrefix(text, partsMark) || len(fields) != 3 {
		return "", parts{}, errDamaged
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil || n < 1 || n > maxSecret/partSize || fields[1] == "" {
		return "", parts{}, errDamaged
	}
	return "", parts{number: n, generation: fields[1], sum: fields[2]}, nil
}

func sum(secret string) string {
	s := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(s[:])
}

// read returns the secret of the reference.
func read(e entries, ref string, wanted func() error) (string, error) {
	head, err := e.get(ref)
	if err != nil {
		return "", err
	}
	secret, p, err := parseHead(head)
	if err != nil || p.number == 0 {
		return secret, err
	}
	var b strings.Builder
	for i := range p.number {
		if err := wanted(); err != nil {
			return "", err
		}
		part, err := e.get(p.name(ref, i))
		if errors.Is(err, keyring.ErrNotFound) {
			return "", errDamaged
		}
		if err != nil {
			return "", err
		}
		b.WriteString(part)
	}
	if sum(b.String()) != p.sum {
		return "", errDamaged
	}
	return b.String(), nil
}

// put stores the secret under the reference, reads it back and compares. If it fails, or nobody
// waits for it any more, it undoes its writes as far as the keyring allows.
func put(e entries, ref, secret string, wanted func() error) (err error) {
	before, err := e.get(ref)
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	existed := err == nil
	head, p := wholeMark+secret, parts{}
	if len(head) > partSize {
		p = parts{number: (len(secret) + partSize - 1) / partSize, generation: rand.Text()[:12], sum: sum(secret)}
		head = p.text()
	}
	var undo []func() error
	defer func() {
		if err == nil || errors.Is(wanted(), errEnded) { // a keyring that has ended would only ask for its password anew
			return
		}
		for _, u := range slices.Backward(undo) {
			_ = u() // what stays there is a part that nobody reads, in a safe place
		}
	}()
	for i := range p.number {
		if err := wanted(); err != nil {
			return err
		}
		if err := e.set(p.name(ref, i), secret[i*partSize:min(len(secret),
			(i+1)*partSize)]); err != nil {
			return err
		}
		undo = append(undo, func() error { return e.remove(p.name(ref, i)) })
	}
	if err := wanted(); err != nil {
		return err
	}
	if err := e.set(ref, head); err != nil {
		return err
	}
	undo = append(undo, func() error {
		if existed {
			return e.set(ref, before)
		}
		return e.remove(ref)
	})
	kept, err := read(e, ref, wanted)
	if errors.Is(err, keyring.ErrNotFound) || errors.Is(err, errDamaged) || err == nil &&
		kept != secret {
		return errNotKept
	}
	if err != nil {
		return err
	}
	if err := wanted(); err != nil {
		return err
	}
	if _, old, err := parseHead(before); err == nil {
		for i := range old.number {
			_ = e.remove(old.name(ref, i)) // likewise
		}
	}
	return nil
}

// remove removes the secret of the reference. It removes the parts first, so that an interrupted
// call can be repeated.
func remove(e entries, ref string, wanted func() error) error {
	head, err := e.get(ref)
	if err != nil {
		return ignoreMissing(err)
	}
	if _, p, err := parseHead(head); err == nil {
		for i := range p.number {
			if err := wanted(); err != nil {
				return err
			}
			if err := ignoreMissing(e.remove(p.name(ref, i))); err != nil {
				return err
			}
		}
	}
	return ignoreMissing(e.remove(ref))
}

func ignoreMissing(err error) error {
	if errors.Is(err, keyring.ErrNotFound) {
		return nil
	}
	return err
}
