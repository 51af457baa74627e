package proxydial

import (
	"context"

	"github.com/alexbrainman/sspi"
	sspikerberos "github.com/alexbrainman/sspi/kerberos"
	sspinegotiate "github.com/alexbrainman/sspi/negotiate"
	sspintlm "github.com/alexbrainman/sspi/ntlm"
)

// systemMethods are those that need no password: Windows signs in as the person who is signed in to
// the computer. Its Negotiate may turn into NTLM, which hands a stranger something to guess the
// password by; so a proxy that the network has named gets Kerberos alone.
func systemMethods(p Proxy) []*method {
	onlyKerberos := &method{
		name: "sspi kerberos", scheme: negotiate,
		begin: func(context.Context) (exchange, error) {
			cred, err := sspikerberos.AcquireCurrentUserCredentials()
			if err != nil {
				return nil, err
			}
			x, _, token, err := sspikerberos.NewClientContext(cred, servicePrincipal(p.Host))
			if err != nil {
				_ = cred.Release()
				return nil, err
			}
			return &sspiExchange{
				cred:    cred,
				first:   token,
				release: x.Release,
				update: func(c []byte) ([]byte, error) {
					_, token, err := x.Update(c)
					return token, err
				},
			}, nil
		},
	}
	if p.Discovered {
		return []*method{onlyKerberos}
	}
	return []*method{
		{name: "sspi negotiate", scheme: negotiate, begin: func(context.Context) (exchange, error) {
			cred, err := sspinegotiate.AcquireCurrentUserCredentials()
			if err != nil {
				return nil, err
			}
			x, token, err := sspinegotiate.NewClientContext(cred, servicePrincipal(p.Host))
			if err != nil {
				_ = cred.Release()
				return nil, err
			}
			return &sspiExchange{
				cred:    cred,
				first:   token,
				release: x.Release,
				update: func(c []byte) ([]byte, error) {
					_, token, err := x.Update(c)
					return token, err
				},
			}, nil
		}},
		{name: "sspi ntlm", scheme: ntlm, begin: func(context.Context) (exchange, error) {
			cred, err := sspintlm.AcquireCurrentUserCredentials()
			if err != nil {
				return nil, err
			}
			x, token, err := sspintlm.NewClientContext(cred)
			if err != nil {
				_ = cred.Release()
				return nil, err
			}
			return &sspiExchange{
				cred:    cred,
				first:   token,
				release: x.Release,
				update:  x.Update,
			}, nil
		}},
	}
}

// sspiExchange is a sign-in of Windows on one connection.
type sspiExchange struct {
	cred    *sspi.Credentials
	first   []byte
	update  func(challenge []byte) ([]byte, error)
	release func() error
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
	_ = x.release() // what is left behind goes with the process
	_ = x.cred.Release()
}

// renewal is empty: Windows gets tickets by itself, as long as the person is signed in to the
// domain and the computer reaches it.
func renewal() string { return "" }
