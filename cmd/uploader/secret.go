package main

import (
	"encoding/base64"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"inboxuploader/internal/show"
)

// Everything that a person typed, and every error that quotes it, passes through redact before the
// program shows it. That covers stderr and the log, see [redactedText] and [redactedJSON], and what
// cobra prints. Stdout shows names of files unchanged, and tokens that the person asked for:
// refuseSecrets keeps those of the command line away from it.

// named matches a signature or an account's key after its name: in a query, in JSON, in a
// connection string, or percent-encoded once more.
var named = regexp.MustCompile(
	`(?i)(sig|signature|token|accountkey)(=|%3D|%253D|\\u003d|\\?":\s?\\?")[^&\s"'<>\\…]{3,}`)

// bare matches base64 that ends in padding, as signatures and keys do. It finds them without a
// name, plain or percent-encoded once or twice.
var bare = regexp.MustCompile(`(?:[A-Za-z0-9+/]|%(?:25)?2[BbFf])+(?:={1,2}|(?:%(?:25)?3[Dd]){1,2})`)

// signIn matches the sign-in of an address, such as a proxy's.
var signIn = regexp.MustCompile(`://[^/@\s"'<>]*@`)

const redacted = "REDACTED"

// redact removes signatures, keys and sign-ins from a text. It is the second defence: the types of
// secrets already keep them out of most text.
func redact(text string) string {
	text = named.ReplaceAllString(text, "${1}${2}"+redacted)
	return signIn.ReplaceAllStringFunc(
		bare.ReplaceAllStringFunc(text, redactBare),
		func(found string) string {
			if found == "://NAME:PASSWORD@" { // as this program shows how it is written
				return found
			}
			return "://" + redacted + "@"
		},
	)
}

// redactBare replaces a signature or a key, even one at the end of a path.
func redactBare(text string) string {
	plain := text
	for strings.Contains(plain, "%") {
		once, err := url.PathUnescape(plain)
		if err != nil || once == plain {
			break
		}
		plain = once
	}
	for _, bytes := range []int{32, 64} { // of a signature, of an account's key
		n := base64.StdEncoding.EncodedLen(bytes)
		begin := len(plain) - n
		if begin < 0 || begin > 0 && plain[begin-1] != '/' {
			continue
		}
		if secret, err := base64.StdEncoding.DecodeString(plain[begin:]); err == nil &&
			len(secret) == bytes {
			return plain[:begin] + redacted
		}
	}
	return text
}

// secretName matches the name of a secret in a word of the command line. Unlike named, it leaves
// folders such as token=5 alone.
var secretName = regexp.MustCompile(`(?i)(sig|signature|accountkey)(=|%3D|%253D)`)

// carriesSecret reports whether a word of the command line is a token, its query or signature, or
// an account's key, or holds one.
func carriesSecret(word string) bool {
	return secretName.MatchString(word) || bare.ReplaceAllStringFunc(word, redactBare) != word
}

// tokenArgument is the annotation of a command whose arguments may be a token. Such a command
// checks these arguments itself.
const tokenArgument = "token argument"

// takesToken notes that a command's arguments may be a token, from index from on.
func takesToken(c *cobra.Command, from string) {
	c.Annotations = map[string]string{tokenArgument: from}
}

// refuseSecrets refuses a command line with a token, a signature or an account's key in a wrong
// place, so that it never becomes a file's name, a reason or part of a message.
func refuseSecrets(c *cobra.Command, args []string) error {
	const end = " Nothing was sent or changed. See: %s --help"
	var wrong error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			if carriesSecret(v) {
				takes, _ := pflag.UnquoteUsage(f)
				wrong = usagef("--%s takes %s, not a token or a key."+end, f.Name, takes,
					c.CommandPath())
			}
		}
	})
	if from := c.Annotations[tokenArgument]; from != "" {
		args = args[:min(len(args), int(from[0]-'0'))]
	}
	for _, a := range args {
		if carriesSecret(a) {
			return usagef("An argument looks like a token or a key, which “%s” does not take "+
				"there."+end,
				c.CommandPath(), c.CommandPath())
		}
	}
	return wrong
}

// redactedText removes secrets from text. Each Write must be whole lines or sentences.
type redactedText struct{ to io.Writer }

func (r redactedText) Write(text []byte) (int, error) {
	if _, err := io.WriteString(r.to, redact(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// redactedJSON removes secrets from JSON, and escapes invisible characters by number. Each Write
// must be a whole record.
type redactedJSON struct{ to io.Writer }

func (r redactedJSON) Write(line []byte) (int, error) {
	if _, err := io.WriteString(r.to, show.JSON(redact(string(line)))); err != nil {
		return 0, err
	}
	return len(line), nil
}
