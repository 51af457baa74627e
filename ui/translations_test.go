package ui

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"inboxuploader/assets"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/token"
	"inboxuploader/workspace"
)

// texts is what has to be translated; those that depend on a number are true.
type texts map[string]bool

// allTexts returns the texts of the window, of what it shows of the engine, the workspace's side
// and the program, and of Fyne.
func allTexts(t *testing.T) texts {
	t.Helper()
	all := texts{"English": false, "1,234.5": false, "{{.N}} files": true}
	all.inSource(t, "..", "tr", "trn", "translate")
	all.ofReasons()
	all.inConstants(t, "../uploader", "value", "Value", "warn")
	all.inConstants(t, "../workspace", "value", "safe")
	all.inConstants(t, "../cmd/uploader", "value")
	for _, w := range scan.NameWarnings() {
		all[w.Why()] = false
	}
	for _, r := range scan.SkipReasons() {
		all[r.Why()] = false
	}
	for _, word := range (token.Rights{Letters: "racwdxyltfmeopiu"}).Words() {
		all[word] = false
	}
	for _, text := range saidByFyne {
		all[text] = false
	}
	delete(all, "")
	if len(all) < 300 {
		t.Fatalf("only %d texts were found", len(all))
	}
	return all
}

// ofReasons adds every sentence that an error may be explained with.
func (all texts) ofReasons() {
	add := func(english string) string {
		all[english] = false
		return english
	}
	for _, r := range problem.Reasons() {
		e := problem.New("", "", r)
		e.When = time.Now()
		problem.ExplainIn(e, add)
	}
	for _, r := range workspace.Reasons() {
		for _, off := range []time.Duration{
			time.Minute, 5 * time.Minute, 5 * time.Hour,
			5 * 24 * time.Hour,
		} {
			workspace.ExplainIn(&workspace.Error{Reason: r, Off: off}, add)
			workspace.ExplainIn(&workspace.Error{Reason: r, Off: -off}, add)
		}
	}
}

// eachSource calls visit with all that is not a test below a folder.
func eachSource(t *testing.T, dir string, visit func(files *gotoken.FileSet, n ast.Node) bool) {
	t.Helper()
	files := gotoken.NewFileSet()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		if err == nil {
			ast.Inspect(f, func(n ast.Node) bool { return visit(files, n) })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inSource adds the literal texts that functions of these names are called with. The window's own
// take nothing else.
func (all texts) inSource(t *testing.T, dir string, functions ...string) {
	t.Helper()
	eachSource(t, dir, func(files *gotoken.FileSet, n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		called, ok := call.Fun.(*ast.Ident)
		if !ok || !slices.Contains(functions, called.Name) {
			return true
		}
		text, ok := literal(call.Args[0])
		switch {
		case ok:
			all[text] = all[text] || called.Name == "trn"
		case called.Name != "translate":
			t.Errorf("%s: a text that is put together can't be translated", files.Position(n.Pos()))
		}
		return true
	})
}

// inConstants adds the constants whose names begin so. What goes on from a value, as " is given
// twice" does, is asked for with it.
func (all texts) inConstants(t *testing.T, dir string, prefixes ...string) {
	t.Helper()
	eachSource(t, dir, func(_ *gotoken.FileSet, n ast.Node) bool {
		x, ok := n.(*ast.ValueSpec)
		if !ok || len(x.Names) != 1 || len(x.Values) != 1 {
			return true
		}
		text, ok := literal(x.Values[0])
		named := slices.ContainsFunc(prefixes,
			func(p string) bool { return strings.HasPrefix(x.Names[0].Name, p) })
		if ok && named {
			if strings.HasPrefix(text, " ") {
				text = "{value}" + text
			}
			all[text] = false
		}
		return true
	})
}

// literal returns a text that stands in the source, be it in several parts on several lines.
func literal(x ast.Expr) (string, bool) {
	if sum, ok := x.(*ast.BinaryExpr); ok && sum.Op == gotoken.ADD {
		before, ok := literal(sum.X)
		after, ok2 := literal(sum.Y)
		return before + after, ok && ok2
	}
	text, ok := x.(*ast.BasicLit)
	if !ok || text.Kind != gotoken.STRING {
		return "", false
	}
	s, err := strconv.Unquote(text.Value)
	return s, err == nil
}

// TestNoTextIsMissingInALanguage compares each language with the source: no text too few, none too
// many, the same values in it, and the forms that its numbers need. It prints what is missing as it
// would stand in the file.
func TestNoTextIsMissingInALanguage(t *testing.T) {
	all := allTexts(t)
	for _, code := range languages() {
		t.Run(code, func(t *testing.T) {
			file, err := assets.Translations.ReadFile("translations/" + code + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var translated map[string]any
			if err := json.Unmarshal(file, &translated); err != nil {
				t.Fatal(err)
			}
			forms := formsOf(language.Make(code))
			var missing []string
			for _, english := range slices.Sorted(maps.Keys(all)) {
				x, ok := translated[english]
				switch {
				case ok:
					checkText(t, english, x, all[english], forms)
				case all[english]:
					missing = append(missing, fmt.Sprintf("%q: {\"%s\": \"\"}", english,
						strings.Join(forms, `": "", "`)))
				case code != English:
					missing = append(missing, fmt.Sprintf("%q: \"\"", english))
				}
			}
			if len(missing) > 0 {
				t.Errorf("%d texts are missing in assets/translations/%s.json:\n\t%s", len(missing),
					code, strings.Join(missing, ",\n\t"))
			}
			for english := range translated {
				if counts, ok := all[english]; !ok || code == English && !counts &&
					!strings.HasPrefix(english, "file.") {
					t.Errorf("%q is asked for by nothing", english)
				}
			}
		})
	}
}

// formsOf returns the forms that a language's texts have by number.
func formsOf(tag language.Tag) []string {
	needed := map[string]bool{}
	for name, form := range pluralForms {
		for n := range 1000 {
			needed[name] = needed[name] || plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0) == form
		}
	}
	maps.DeleteFunc(needed, func(_ string, needed bool) bool { return !needed })
	return slices.Sorted(maps.Keys(needed))
}

// values in a text, and the parts of a layout of package time.
var placeholder = regexp.MustCompile(`\{\{\.\w+\}\}|\{[a-z ]+\}|\b(2006|15|04)\b`)

func valuesIn(text string) []string {
	all := placeholder.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

// checkText compares one text's translation with the English one. A form for one may do without its
// number.
func checkText(t *testing.T, english string, translated any, counts bool, forms []string) {
	t.Helper()
	check := func(text, form string) {
		want, got := valuesIn(english), valuesIn(text)
		if form == "one" && !slices.Contains(got, "{{.N}}") {
			want = slices.DeleteFunc(want, func(v string) bool { return v == "{{.N}}" })
		}
		if text == "" || !slices.Equal(got, want) {
			t.Errorf("%q: %q has other values in it", english, text)
		}
	}
	switch x := translated.(type) {
	case string:
		if counts {
			t.Errorf("%q depends on a number and has one form only", english)
		}
		check(x, "")
	case map[string]any:
		if got := slices.Sorted(maps.Keys(x)); !counts || !slices.Equal(got, forms) {
			t.Errorf("%q has the forms %q; want %q where it depends on a number, else none",
				english, got, forms)
		}
		for form := range x {
			text, _ := x[form].(string)
			check(text, form)
		}
	default:
		t.Errorf("%q is no text", english)
	}
}

// TestTheWindowNamesNoFlag goes through all that the engine may say: where it names a command's
// flag, the window has other words.
func TestTheWindowNamesNoFlag(t *testing.T) {
	for _, r := range problem.Reasons() {
		if words := explain(problem.New("", "", r)).String(); strings.Contains(words, "--") ||
			strings.Contains(words, "“uploader ") {
			t.Errorf("%s: %s", r, words)
		}
	}
}

// TestEveryReasonIsSaidInEveryLanguage looks at what a person reads in the end: nothing in braces,
// nothing English.
func TestEveryReasonIsSaidInEveryLanguage(t *testing.T) {
	t.Cleanup(func() { speakIn(t, English) })
	for _, code := range languages() {
		t.Run(code, func(t *testing.T) {
			for _, r := range problem.Reasons() {
				e := problem.New("", "", r)
				e.When, e.Value = time.Date(2030, 5, 17, 9, 8, 0, 0, time.Local), "Xyz"
				speakIn(t, English)
				english := explain(e)
				speakIn(t, code)
				x := explain(e)
				for _, pair := range [][2]string{
					{english.What, x.What},
					{english.Safe, x.Safe},
					{english.Do, x.Do},
				} {
					if strings.ContainsAny(pair[1], "{}") || (pair[0] == "") != (pair[1] == "") {
						t.Errorf("%s: %q", r, pair[1])
					}
					if code != English && pair[0] != "" && pair[0] == pair[1] {
						t.Errorf("%s is said in English: %q", r, pair[1])
					}
				}
				if strings.Contains(english.What, "2030") && (!strings.Contains(x.What, "2030") ||
					!strings.Contains(x.What, "17") || !strings.Contains(x.What, "08")) {
					t.Errorf("%s: the date is lost: %q", r, x.What)
				}
			}
		})
	}
}

func speakIn(t *testing.T, code string) {
	t.Helper()
	if err := speak(code); err != nil {
		t.Fatal(err)
	}
}
