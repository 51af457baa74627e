// Package secret holds texts that must not be printed, such as the query of a token.
package secret

// Text holds a text that must not be printed. It is a pointer inside, so that not even %+v of a
// struct around it, or a debugger's dump of one level, shows the text: package fmt follows no
// pointers below the top.
type Text struct{ text *string }

// New returns a Text that holds s.
func New(s string) Text { return Text{&s} }

// Reveal returns the text. Only what sends it to the service, or keeps it in the keyring, may call
// it.
func (s Text) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String stands in for the text wherever it would be printed.
func (s Text) String() string { return "REDACTED" }

// GoString does the same for %#v.
func (s Text) GoString() string { return "REDACTED" }
