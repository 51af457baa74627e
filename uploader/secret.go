package uploader

// secret holds a text that must not be printed. It is a pointer inside, so that not even %+v of a struct around it, or
// a debugger's dump of one level, shows the text: package fmt follows no pointers below the top.
type secret struct{ text *string }

func newSecret(s string) secret { return secret{&s} }

// reveal returns the text. Only what sends it to the service, or keeps it in the keyring, may call it.
func (s secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String stands in for the text wherever it would be printed.
func (s secret) String() string { return "REDACTED" }

// GoString does the same for %#v.
func (s secret) GoString() string { return "REDACTED" }
