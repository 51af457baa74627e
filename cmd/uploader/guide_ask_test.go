package main

import (
	"errors"
	"io"
	"testing"
)

// typing hands over one of these at a time, as a terminal does.
type typing []string

func (t *typing) Read(p []byte) (int, error) {
	if len(*t) == 0 {
		return 0, io.EOF
	}
	n := copy(p, (*t)[0])
	*t = (*t)[1:]
	return n, nil
}

func TestAHiddenTextIsReadAsItIsTypedOrPasted(t *testing.T) {
	for _, test := range []struct {
		name string
		keys typing
		want string
		err  error
	}{
		{"typed", typing{"a", "b", "é", "\r"}, "abé", nil},
		{"corrected", typing{"a", "é", "\x7f", "b", "\r"}, "ab", nil},
		{"begun anew", typing{"wrong", "\x15", "right", "\r"}, "right", nil},
		{"pasted without marks", typing{"one\rtwo\r", "x\r"}, "one\ntwo", nil},
		{
			"pasted with marks",
			typing{pasteBegins + "one\r\ntwo\r", "three" + pasteEnds, "\r"},
			"one\n\ntwo\nthree", nil,
		},
		{
			"a mark in two pieces",
			typing{pasteBegins[:3], pasteBegins[3:] + "a\rb\r", pasteEnds, "\r"},
			"a\nb\n", nil,
		},
		{"an arrow", typing{"a", "\x1b[D", "b", "\r"}, "ab", nil},
		{"Ctrl-C", typing{"a", "\x03"}, "", errInterrupted},
		{"Ctrl-D", typing{"\x04"}, "", errLeft},
		{"the end", typing{}, "", errLeft},
		{"an end without Enter", typing{"abc"}, "abc", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := readHidden(&test.keys)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, test.want, test.err)
			}
		})
	}
}

func FuzzHiddenTextsEnd(f *testing.F) {
	f.Add("abc\r")
	f.Add(pasteBegins + "a\rb" + pasteEnds + "\r")
	f.Add("\x1b[\x1b")
	f.Fuzz(func(t *testing.T, keys string) {
		whole := typing{}
		for i := 0; i < len(keys); i += 3 {
			whole = append(whole, keys[i:min(i+3, len(keys))])
		}
		if text, err := readHidden(&whole); err != nil && text != "" {
			t.Errorf("%q and %v", text, err)
		}
	})
}
