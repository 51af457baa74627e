package ui

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"inboxuploader/assets"
)

// textsInTheSource returns the texts that the window asks to be translated; those that depend on a number are true.
func textsInTheSource(t *testing.T) map[string]bool {
	t.Helper()
	texts := map[string]bool{}
	files := token.NewFileSet()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			called, ok := call.Fun.(*ast.Ident)
			if !ok || called.Name != "tr" && called.Name != "trn" {
				return true
			}
			text, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				if called.Name == "trn" || !isMonth(call.Args[0]) {
					t.Errorf("%s: a text that is put together can't be translated", files.Position(n.Pos()))
				}
				return true
			}
			s, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			texts[s] = texts[s] || called.Name == "trn"
			return true
		})
	}
	for _, m := range months {
		texts[m] = false
	}
	if len(texts) < 100 {
		t.Fatalf("only %d texts were found", len(texts))
	}
	return texts
}

// isMonth recognises the one text that is put together: a month's name.
func isMonth(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return false
	}
	layout, ok := call.Args[0].(*ast.BasicLit)
	return ok && layout.Value == `"Jan"`
}

var months = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

var placeholder = regexp.MustCompile(`\{\{\.\w+\}\}`)

// TestNoTextIsMissingInALanguage compares each language with the source: no text too few, none too many, and the same values in it.
func TestNoTextIsMissingInALanguage(t *testing.T) {
	texts := textsInTheSource(t)
	entries, err := assets.Translations.ReadDir("translations")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		language := strings.TrimSuffix(e.Name(), ".json")
		t.Run(language, func(t *testing.T) {
			data, err := assets.Translations.ReadFile("translations/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			var all map[string]any
			if err := json.Unmarshal(data, &all); err != nil {
				t.Fatal(err)
			}
			for _, text := range slices.Sorted(maps.Keys(texts)) {
				if language == "en" && !texts[text] {
					continue // is its own translation
				}
				checkText(t, text, texts[text], all[text])
			}
			for text := range all {
				if counts, ok := texts[text]; !ok || language == "en" && !counts {
					t.Errorf("%q is asked for by nothing", text)
				}
			}
		})
	}
}

// checkText compares one text's translation with the English one.
func checkText(t *testing.T, english string, counts bool, translated any) {
	t.Helper()
	values := placeholder.FindAllString(english, -1)
	slices.Sort(values)
	check := func(form string) {
		got := placeholder.FindAllString(form, -1)
		slices.Sort(got)
		if form == "" || !slices.Equal(slices.Compact(got), slices.Compact(slices.Clone(values))) {
			t.Errorf("%q: %q has other values in it", english, form)
		}
	}
	switch x := translated.(type) {
	case string:
		if counts {
			t.Errorf("%q depends on a number and has one form only", english)
		}
		check(x)
	case map[string]any:
		other, ok := x["other"].(string)
		if !ok || !counts {
			t.Errorf("%q: want a text, or the forms one and other where it depends on a number", english)
			return
		}
		check(other)
		one, _ := x["one"].(string)
		if one == "" {
			t.Errorf("%q has no form for one", english)
		}
	default:
		t.Errorf("%q is missing", english)
	}
}
