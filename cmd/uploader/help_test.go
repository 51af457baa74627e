package main

import (
	"bytes"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"inboxuploader/uploader/token"
)

// TestTheHelpNamesAllFieldsOfJSON: what programs rely on is told where a person looks for it.
func TestTheHelpNamesAllFieldsOfJSON(t *testing.T) {
	for _, c := range []struct {
		command string
		objects []any
	}{
		{"copy", []any{summary{}, summaryFile{}, dryLine{}, progressObject{}}},
		{"status", []any{statusTransfer{}, statusFile{}}},
		{"token", []any{token.Fields{}, checkedJSON{}}},
		{"token list", []any{listedToken{}}},
		{"network", []any{networkReport{}, networkStep{}}},
		{"inbox fetch", []any{inboxFile{}}},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), append(strings.Fields(c.command), "--help"), nil, &out, &out, noEnvironment); code != exitOK {
			t.Fatalf("%s: exit code %d", c.command, code)
		}
		for _, object := range c.objects {
			for _, f := range reflect.VisibleFields(reflect.TypeOf(object)) {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name != "" && !regexp.MustCompile(`\b`+name+`\b`).Match(out.Bytes()) {
					t.Errorf("the help of %q does not name %s", c.command, name)
				}
			}
		}
	}
}
