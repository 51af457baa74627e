package main

import (
	"context"

	"inboxuploader/internal/proxydial"
	"inboxuploader/internal/proxyfind"
)

// proxyVariable is the environment variable for this program's proxy alone. Unlike an argument,
// nobody else sees it.
const proxyVariable = "UPLOADER_PROXY"

// proxyFlag is --proxy. Copies share one Finder and what it found.
type proxyFlag struct {
	finder *proxyfind.Finder // nil is "auto"
	set    bool
	given  proxydial.Proxy // the one of the variable, whose sign-in may be for another flag's proxy
}

// auto is the Finder of all flags that set no proxy. They share what it finds.
var auto = proxyfind.New(proxyfind.Setting{})

// Set implements pflag.Value. Its sentence does not repeat the text, which may hold a password.
func (f *proxyFlag) Set(text string) error {
	s, err := proxyfind.Parse(text)
	if err != nil {
		return &usageError{"The value of --proxy is not a proxy address. " + proxyHint}
	}
	f.finder, f.set = proxyfind.New(s), true
	return nil
}

// String implements pflag.Value.
func (f *proxyFlag) String() string { return f.where().Setting().String() }

// Type implements pflag.Value.
func (f *proxyFlag) Type() string { return "ADDRESS" }

const proxyHint = "Nothing was sent. It looks like http://NAME:PASSWORD@HOST:PORT, or https:// " +
	"or socks5://; characters such as @ : / # in the name or the password are written as %40 %3A " +
	"%2F %23. Or it is auto, none, pac+https://HOST/FILE or pac+file:///FILE."

// orVariable uses the proxy of UPLOADER_PROXY if there is no flag. With a flag, it uses the
// variable's sign-in if both mean the same proxy.
func (f *proxyFlag) orVariable(env func(string) string) error {
	s, err := proxyfind.Parse(env(proxyVariable))
	if err != nil {
		return &usageError{
			"The value of " + proxyVariable + " is not a proxy address. " + proxyHint,
		}
	}
	f.given, _ = s.Fixed()
	if !f.set && !s.Auto() {
		f.finder = proxyfind.New(s)
	}
	return nil
}

// where returns the Finder that chooses proxies. No other place decides this.
func (f *proxyFlag) where() *proxyfind.Finder {
	if f.finder == nil {
		return auto
	}
	return f.finder
}

// signIn returns the sign-in that a person entered for exactly this proxy's address.
func (f *proxyFlag) signIn(ctx context.Context, p proxydial.Proxy) (proxydial.SignIn, bool) {
	if p.Scheme == f.given.Scheme && p.Host == f.given.Host && f.given.SignIn.Name != "" {
		return f.given.SignIn, true
	}
	return proxySignIns.find(ctx, p)
}
