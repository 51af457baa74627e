//go:build cgo && !nogui

package main

import "inboxuploader/ui"

// forWindow is what the window shows and leaves out by the policy. That it holds does not depend on
// the window.
func (p *policy) forWindow() ui.Rules {
	rules := ui.Rules{
		NoHosts: p.ForbidAllowHost, NoReplace: p.ForbidOverwrite, NoTokens: p.ForbidTokenCreation,
		NoLogin: p.ForbidLogin, Rate: p.rate, CAFile: p.CAFile,
	}
	if p.Proxy != "" {
		rules.Proxy = redact(p.Proxy)
	}
	return rules
}
