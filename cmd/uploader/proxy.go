package main

import (
	"inboxuploader/uploader/azure"
)

// proxyVariable is the environment variable for this program's proxy alone. Unlike an argument,
// nobody else sees it.
const proxyVariable = "UPLOADER_PROXY"

// proxyFlag is --proxy.
type proxyFlag struct {
	azure.Proxy
	set bool
}

// Set implements pflag.Value. Its sentence does not repeat the text, which may hold a password.
func (f *proxyFlag) Set(text string) error {
	proxy, err := azure.ParseProxy(text)
	if err != nil {
		return &usageError{"The value of --proxy is not a proxy address. " + proxyHint}
	}
	f.Proxy, f.set = proxy, true
	return nil
}

// Type implements pflag.Value.
func (f *proxyFlag) Type() string { return "ADDRESS" }

const proxyHint = "Nothing was sent. It looks like http://NAME:PASSWORD@HOST:PORT, or https:// " +
	"or socks5://; characters such as @ : / # in the name or the password are written as %40 %3A " +
	"%2F %23."

// orVariable takes the proxy of UPLOADER_PROXY where there is no flag.
func (f *proxyFlag) orVariable(env func(string) string) error {
	if f.set {
		return nil
	}
	proxy, err := azure.ParseProxy(env(proxyVariable))
	if err != nil {
		return &usageError{
			"The value of " + proxyVariable + " is not a proxy address. " + proxyHint,
		}
	}
	f.Proxy = proxy
	return nil
}
