package proxyfind

import "strings"

// windowsSettings are Windows' settings: the person's own (those of the page "Proxy", which an
// administrator may have set) and the machine's (netsh winhttp), which count if the person has
// none.
type windowsSettings struct {
	AutoDetect bool
	Script     string // AutoConfigURL
	Proxy      string
	Bypass     string

	MachineProxy, MachineBypass string
}

func (w windowsSettings) system() system {
	s := system{
		Discover: w.AutoDetect,
		Script:   w.Script,
		Proxy:    w.Proxy,
		Except:   splitList(w.Bypass),
	}
	if !s.Discover && s.Script == "" && s.Proxy == "" {
		s.Proxy, s.Except = w.MachineProxy, splitList(w.MachineBypass)
	}
	return s
}

func splitList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool {
		return r == ';' || r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r'
	})
}
