package vault

import (
	"errors"
	"io/fs"
	"os/exec"
	"syscall"

	keyring "github.com/zalando/go-keyring"

	"inboxuploader/uploader/problem"
)

// system is the operating system's keyring.
type system struct{}

func (system) get(name string) (string, error) { return keyring.Get(service, name) }
func (system) set(name, text string) error     { return keyring.Set(service, name, text) }
func (system) remove(name string) error        { return keyring.Delete(service, name) }

// translate turns a failure into the error that callers see. It keeps only the kind of err.
func translate(op string, err error) error {
	reason, cause := kind(err)
	e := problem.New(op, "", reason)
	e.Cause = cause
	return e
}

// kind returns the kind of failure, in words that depend only on err's type.
func kind(err error) (problem.Reason, string) {
	for _, k := range kinds {
		if errors.Is(err, k.err) {
			return k.reason, k.cause
		}
	}
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		if k, ok := keychainKinds[e.ExitCode()]; ok {
			return k.reason, k.cause
		}
		return problem.VaultRefused, "keychain refused"
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return problem.VaultAbsent, "keyring not found"
	}
	if errors.Is(err, errNoLogonSession) {
		return problem.VaultAbsent, "no credential set for this kind of logon"
	}
	return busKind(err)
}

// failure is what a kind of error means.
type failure struct {
	reason problem.Reason
	cause  string
}

var kinds = []struct {
	err error
	failure
}{
	{errNoAnswer, failure{problem.VaultLocked, errNoAnswer.Error()}},
	{errEnded, failure{problem.VaultRefused, errEnded.Error()}},
	{errBroke, failure{problem.VaultRefused, errBroke.Error()}},
	{errNotKept, failure{problem.VaultRefused, errNotKept.Error()}},
	{errDamaged, failure{problem.VaultDamaged, errDamaged.Error()}},
	{keyring.ErrNotFound, failure{problem.VaultMissing, "no such entry"}},
	{keyring.ErrSetDataTooBig, failure{problem.VaultTooLarge, "entry too large"}},
	{keyring.ErrUnsupportedPlatform, failure{problem.VaultAbsent, "no keyring is known for this system"}},
}

// errNoLogonSession is Windows' ERROR_NO_SUCH_LOGON_SESSION: sessions over the network, such as ssh
// with a key, have no credentials of the user
// (learn.microsoft.com/windows/win32/api/wincred/nf-wincred-credwritew).
const errNoLogonSession = syscall.Errno(1312)

// keychainKinds are the ways in which macOS' "security" program ends: the lowest 8 bits of
// Security.framework's error (SecBase.h), beside each.
var keychainKinds = map[int]failure{
	36:  {problem.VaultLocked, "keychain may not ask for its password here"}, // errSecInteractionNotAllowed, -25308: over ssh
	51:  {problem.VaultLocked, "keychain's password was wrong"},              // errSecAuthFailed, -25293
	128: {problem.VaultLocked, "keychain's password was not given"},          // errSecUserCanceled, -128
	37:  {problem.VaultAbsent, "no default keychain"},                        // errSecNoDefaultKeychain, -25307
	50:  {problem.VaultAbsent, "no such keychain"},                           // errSecNoSuchKeychain, -25294
	53:  {problem.VaultAbsent, "keychain not available"},                     // errSecNotAvailable, -25291
}
