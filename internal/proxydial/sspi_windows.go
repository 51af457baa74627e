package proxydial

import (
	"context"
	"errors"
	"syscall"

	"github.com/alexbrainman/sspi"
)

// systemMethods are those that need no password: Windows signs in as the person who is signed in to
// the computer. Its Negotiate may fall back to NTLM, from which a stranger can guess the password,
// so a proxy that the network has named gets only Kerberos.
func systemMethods(p Proxy) []*method {
	by := func(name, scheme, pkg string, target func() string) *method {
		return &method{
			name: name, scheme: scheme,
			begin: func(context.Context) (exchange, error) {
				return beginSSPI(pkg, target())
			},
		}
	}
	service := func() string { return servicePrincipal(p.Host) }
	none := func() string { return "" }
	if p.Discovered {
		return []*method{by("sspi kerberos", negotiate, sspi.MICROSOFT_KERBEROS_NAME, service)}
	}
	return []*method{
		by("sspi negotiate", negotiate, sspi.NEGOSSP_NAME, service),
		by("sspi ntlm", ntlm, sspi.NTLMSP_NAME, none),
	}
}

// sspiExchange is a sign-in of Windows on one connection. The library's own packages for Kerberos
// and NTLM are not used: they end the program where Windows has none of theirs.
type sspiExchange struct {
	cred   *sspi.Credentials
	ctx    *sspi.Context
	target *uint16 // nil where there is none
	most   uint32  // bytes of a token
	first  []byte
}

// beginSSPI begins a sign-in by one of Windows' security packages.
func beginSSPI(pkg, target string) (*sspiExchange, error) {
	info, err := sspi.QueryPackageInfo(pkg)
	if err != nil {
		return nil, err
	}
	x := &sspiExchange{most: info.MaxToken}
	if target != "" {
		if x.target, err = syscall.UTF16PtrFromString(target); err != nil {
			return nil, err
		}
	}
	if x.cred, err = sspi.AcquireCredentials("", pkg, sspi.SECPKG_CRED_OUTBOUND, nil); err != nil {
		return nil, err
	}
	x.ctx = sspi.NewClientContext(x.cred, sspi.ISC_REQ_CONNECTION)
	if x.first, err = x.update(nil); err != nil {
		x.end()
		return nil, err
	}
	return x, nil
}

// update hands over the other side's token, none at first, and returns this side's next.
func (x *sspiExchange) update(challenge []byte) ([]byte, error) {
	token := make([]byte, x.most)
	var in, out sspi.SecBuffer
	in.Set(sspi.SECBUFFER_TOKEN, challenge)
	out.Set(sspi.SECBUFFER_TOKEN, token)
	ins := sspi.SecBufferDesc{Version: sspi.SECBUFFER_VERSION, BuffersCount: 1, Buffers: &in}
	outs := sspi.SecBufferDesc{Version: sspi.SECBUFFER_VERSION, BuffersCount: 1, Buffers: &out}
	switch status := x.ctx.Update(x.target, &outs, &ins); status {
	case sspi.SEC_E_OK, sspi.SEC_I_CONTINUE_NEEDED:
	case sspi.SEC_I_COMPLETE_NEEDED, sspi.SEC_I_COMPLETE_AND_CONTINUE:
		if done := sspi.CompleteAuthToken(x.ctx.Handle, &outs); done != sspi.SEC_E_OK {
			return nil, done
		}
	default:
		return nil, status
	}
	if out.BufferSize > x.most {
		return nil, errors.New("a token is larger than its package said")
	}
	return token[:out.BufferSize], nil
}

func (x *sspiExchange) next(challenge []byte) ([]byte, error) {
	if challenge == nil {
		return x.first, nil
	}
	token, err := x.update(challenge)
	if err == nil && len(token) == 0 {
		err = errNoMore
	}
	return token, err
}

func (x *sspiExchange) end() {
	_ = x.ctx.Release() // what is left behind goes with the process
	_ = x.cred.Release()
}

// renewal is empty: Windows gets tickets by itself, as long as the person is signed in to the
// domain and the computer reaches it.
func renewal() string { return "" }
