package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "inboxuploader"

// listed is what this file needs of the go command's description of a package.
type listed struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
	Deps       []string
	Module     struct{ Path, Version, Dir string }
}

// list describes the module's packages as they are built without a C compiler for a system.
func list(t *testing.T, goos string) []listed {
	t.Helper()
	all := goList(t, goos, module+"/...")
	if len(all) < 5 {
		t.Fatalf("go list found %d packages only", len(all))
	}
	return all
}

// goList is "go list".
func goList(t *testing.T, goos string, args ...string) []listed {
	return goListCgo(t, "0", goos, args...)
}

// goListCgo is goList as with a C compiler ("1"), which listing does not need, or without one
// ("0").
func goListCgo(t *testing.T, cgo, goos string, args ...string) []listed {
	t.Helper()
	c := exec.Command(
		"go",
		append([]string{"list", "-json=ImportPath,Name,Doc,Imports,Deps,Module"}, args...)...)
	c.Env = append(os.Environ(), "CGO_ENABLED="+cgo, "GOOS="+goos, "GOARCH=amd64",
		"GOFLAGS=-mod=readonly")
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, complaint.String())
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// within reports whether a package is one of these or lies below one.
func within(pkg string, trees []string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool {
		return pkg == tree || strings.HasPrefix(pkg, tree+"/")
	})
}

// The trees that packages may or may not reach, see docs/DESIGN.md, "The house".
var (
	screen   = []string{"fyne.io", "github.com/go-gl", module + "/ui", module + "/assets"}
	sdk      = []string{"github.com/Azure/azure-sdk-for-go", module + "/uploader/azure", module + "/workspace"}
	database = []string{
		"modernc.org", "github.com/mattn/go-sqlite3", "database/sql", module + "/uploader/journal",
	}
	keyring = []string{
		"github.com/zalando/go-keyring", "github.com/godbus", module + "/uploader/vault",
	}
	network = []string{"net/http", "crypto/tls"}
	tests   = []string{
		"testing", module + "/uploader/uploadertest", module + "/uploader/vault/vaulttest",
		"pgregory.net/rapid", "go.uber.org/goleak", "github.com/google/go-cmp",
	}
	leaves = []string{ // all may import these
		module + "/internal/backoff", module + "/internal/buffers",
		module + "/internal/contenttype", module + "/internal/crash", module + "/internal/crc64",
		module + "/internal/filelock", module + "/internal/netdisk",
		module + "/internal/pack", module + "/internal/secret", module + "/internal/show",
		module + "/internal/sums",
	}
	top   = []string{module + "/cmd", "github.com/spf13/cobra"}
	above = []string{module + "/uploader", module + "/workspace", module + "/internal"}
)

// allowedExceptions are trees inside a forbidden one that a package may reach all the same.
var allowedExceptions = map[string][]string{
	// The window issues tokens through workspace, which stands on the store and the SDK; it imports
	// neither itself.
	module + "/ui": {
		module + "/workspace", module + "/uploader/azure", "github.com/Azure/azure-sdk-for-go",
		module + "/internal/proxydial",
	},

	module + "/uploader/azure":     {module + "/internal/proxydial"},
	module + "/workspace":          {module + "/internal/proxydial"},
	module + "/internal/proxyfind": {module + "/internal/proxydial", module + "/internal/pac"},
	module + "/internal/netcheck": {
		module + "/internal/proxydial", module + "/internal/pac", module + "/internal/proxyfind",
	},

	module + "/uploader/token":   {module + "/uploader/problem"},
	module + "/uploader/inboxes": {module + "/uploader/problem", module + "/uploader/token"},
	module + "/uploader/ledger": {
		module + "/uploader/problem", module + "/uploader/scan", module + "/uploader/source",
		module + "/uploader/token",
	},
	module + "/uploader/receipt": {
		module + "/uploader/ledger", module + "/uploader/problem", module + "/uploader/scan",
		module + "/uploader/source",
		module + "/uploader/token",
	},
	module + "/uploader/manifest": {
		module + "/internal/sums",
		module + "/uploader/ledger", module + "/uploader/problem", module + "/uploader/scan",
		module + "/uploader/source",
		module + "/uploader/token",
	},
	module + "/uploader/documents": {
		module + "/internal/sums",
		module + "/uploader/ledger", module + "/uploader/manifest", module + "/uploader/problem",
		module + "/uploader/scan", module + "/uploader/source", module + "/uploader/token",
	},
	module + "/uploader/proof": {
		module + "/uploader/ledger", module + "/uploader/problem", module + "/uploader/receipt",
		module + "/uploader/scan", module + "/uploader/source", module + "/uploader/token",
	},
	module + "/uploader/source": {module + "/uploader/problem"},
	module + "/uploader/plan": {
		module + "/uploader/ledger", module + "/uploader/problem", module + "/uploader/scan",
		module + "/uploader/source", module + "/uploader/token",
	},
	module + "/uploader/store": {
		module + "/uploader/ledger", module + "/uploader/problem", module + "/uploader/scan",
		module + "/uploader/source",
		module + "/uploader/token",
	},
	module + "/uploader/stream": {
		module + "/uploader/ledger", module + "/uploader/plan", module + "/uploader/problem",
		module + "/uploader/scan", module + "/uploader/source", module + "/uploader/store",
		module + "/uploader/token", module + "/uploader/uplink",
	},
	module + "/uploader/uplink": {module + "/uploader/problem", module + "/uploader/token"},
	module + "/uploader/scan": {
		module + "/uploader/problem", module + "/uploader/source", module + "/uploader/token",
	},
	module + "/uploader/watch": {
		module + "/uploader/problem", module + "/uploader/scan", module + "/uploader/source",
		module + "/uploader/token",
	},
	// It stands above the queue, whose rooms it reaches through it.
	module + "/uploader/feed": {module + "/uploader"},
}

// TestNoPackageReachesOneAboveIt holds the direction of imports on each system: linters look at one
// file's imports, this looks at all that is reached.
func TestNoPackageReachesOneAboveIt(t *testing.T) {
	for _, goos := range []string{"linux", "windows", "darwin"} {
		t.Run(goos, func(t *testing.T) {
			for _, p := range list(t, goos) {
				trees, ok := unreachable[p.ImportPath]
				if !ok {
					t.Errorf("%s has no line in the table of what it must not reach", p.ImportPath)
				}
				for _, dep := range p.Deps {
					for _, tree := range trees {
						if within(dep, tree) && !within(dep, leaves) &&
							!within(dep, allowedExceptions[p.ImportPath]) {
							t.Errorf("%s reaches %s", p.ImportPath, dep)
						}
					}
				}
			}
		})
	}
}

// TestEveryGoroutineCatchesItsPanics: whatever of this module is linked into the program starts
// goroutines with function literals whose first call, after the defers that they begin with, is the
// deferred crash.Catch. So it is the first to learn of a panic.
func TestEveryGoroutineCatchesItsPanics(t *testing.T) {
	n := 0
	for _, p := range goListCgo(t, "1", "linux", "-deps", module+"/cmd/uploader") {
		if p.Module.Path != module {
			continue
		}
		// Of all systems.
		files, err := filepath.Glob(
			filepath.Join("../..", strings.TrimPrefix(p.ImportPath, module), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(node ast.Node) bool {
				started := startedBy(node)
				if started == nil {
					return true
				}
				if n++; !catches(started) {
					t.Errorf("%s: this goroutine does not begin with defer crash.Catch()",
						fset.Position(node.Pos()))
				}
				return true
			})
		}
	}
	if n < 30 {
		t.Errorf("only %d places that start goroutines were found", n)
	}
}

// startedBy returns what a statement or a call starts on a goroutine of its own: go, the method Go
// of a group, AfterFunc; else nil.
func startedBy(node ast.Node) ast.Expr {
	switch node := node.(type) {
	case *ast.GoStmt:
		return node.Call.Fun
	case *ast.CallExpr:
		f, ok := node.Fun.(*ast.SelectorExpr)
		if ok && (f.Sel.Name == "Go" && len(node.Args) == 1 || f.Sel.Name == "AfterFunc") {
			return node.Args[len(node.Args)-1]
		}
	}
	return nil
}

// catches reports whether the last of the defers with which a function literal begins is
// crash.Catch().
func catches(f ast.Expr) bool {
	literal, ok := f.(*ast.FuncLit)
	if !ok {
		return false
	}
	var last ast.Expr
	for _, statement := range literal.Body.List {
		d, ok := statement.(*ast.DeferStmt)
		if !ok {
			break
		}
		last = d.Call.Fun
	}
	s, ok := last.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Catch" {
		return false
	}
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "crash"
}

// TestFewPackagesStartPrograms: what a program is started with can be read by everybody on the
// machine, so it is looked at before a package joins this list. None of these hands on a token, or
// anything of one.
func TestFewPackagesStartPrograms(t *testing.T) {
	may := []string{
		// What a person names behind --from-command, with their own words alone.
		module + "/cmd/uploader",
		// Itself, the uploader and its peers, with tokens that open nothing.
		module + "/internal/bench",
		// File managers, with the path of a file, and macOS' caffeinate.
		module + "/internal/desktop",
		// This very program, with a proxy script and a host's name on its standard input.
		module + "/internal/pac",
		// scutil and gsettings, with nothing but what they are to print.
		module + "/internal/proxyfind",
		// Reads how macOS' keychain program ended; the library gives it secrets on its standard
		// input.
		module + "/uploader/vault",
	}
	for _, goos := range []string{"linux", "windows", "darwin"} {
		for _, p := range list(t, goos) {
			if slices.Contains(p.Imports, "os/exec") && !within(p.ImportPath, may) {
				t.Errorf("%s: %s starts programs", goos, p.ImportPath)
			}
		}
	}
}

// TestWhoImportsTheSDK keeps the SDK behind one package, and that behind those that open stores.
func TestWhoImportsTheSDK(t *testing.T) {
	may := map[string][]string{
		"github.com/Azure/azure-sdk-for-go": {module + "/uploader/azure", module + "/workspace"},
		module + "/uploader/azure":          {module + "/cmd/uploader", module + "/workspace"},
	}
	for _, p := range list(t, "linux") {
		for _, i := range p.Imports {
			for tree, importers := range may {
				if within(i, []string{tree}) && !within(p.ImportPath, importers) {
					t.Errorf("%s imports %s", p.ImportPath, i)
				}
			}
		}
	}
}

// TestEachPackageSaysWhatItIsFor wants a comment on each package, as the go command asks.
func TestEachPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range list(t, "linux") {
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = "Command " + p.ImportPath[strings.LastIndexByte(p.ImportPath, '/')+1:] + " "
		}
		if !strings.HasPrefix(p.Doc, want) {
			t.Errorf("%s: package comment %q does not begin with %q", p.ImportPath, p.Doc, want)
		}
	}
}

// TestOnlyOneFileOpensAWindow keeps the graphics library to one package's build with cgo.
func TestOnlyOneFileOpensAWindow(t *testing.T) {
	for cgo, want := range map[string]bool{"0": false, "1": true} {
		for _, p := range goListCgo(t, cgo, "linux", module+"/...") {
			has := slices.Contains(p.Deps, "fyne.io/fyne/v2/app")
			if has != (want && p.ImportPath == module+"/cmd/uploader") {
				t.Errorf("CGO_ENABLED=%s: %s reaches fyne/v2/app: %v", cgo, p.ImportPath, has)
			}
		}
	}
}
