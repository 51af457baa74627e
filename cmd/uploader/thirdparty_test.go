package main_test

import (
	"bytes"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/licensecheck"
)

// updateThirdParty writes the page anew:
//
//	CGO_ENABLED=0 go test -run ThirdParty ./cmd/uploader -update-third-party
var updateThirdParty = flag.Bool("update-third-party", false, "write assets/THIRD_PARTY.md")

// linkedModule is a module that the program, its window or its tests are built from.
type linkedModule struct {
	path, version, dir string
	systems            []string // that alone link it; none: all do
	licences           []licenceText
}

// licenceText is a file that a module brings with what its licence wants to be passed on.
type licenceText struct{ name, text string }

// TestThirdPartyNamesWhatIsLinked holds the page that goes with each package to what is linked, on
// all systems: the modules, their licences and the licences' whole texts.
func TestThirdPartyNamesWhatIsLinked(t *testing.T) {
	const path = "../../assets/THIRD_PARTY.md"
	want := thirdParty(t)
	if *updateThirdParty {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s (-linked +page), which -update-third-party writes:\n%s", path, diff)
	}
}

// thirdParty composes the page.
func thirdParty(t *testing.T) []byte {
	program, window, tests := linkedModules(t)
	var page bytes.Buffer
	fmt.Fprint(&page, `# What the program is made of

The program itself is under the MIT licence. It links these modules, whose licences stand below in full:

`)
	table(&page, program)
	fmt.Fprint(&page, `| the Go standard library and runtime | | BSD-3-Clause |

With a window it links besides (Fyne brings the fonts Noto Sans and DejaVu Sans Mono, go-gl the library GLFW):

`)
	table(&page, window)
	fmt.Fprint(&page, "\nTests use besides, and no program contains:\n\n")
	table(&page, tests)

	// A text that several modules share word for word stands once.
	order, of := []string{}, map[string][]string{}
	for _, m := range append(slices.Clone(program), window...) {
		for _, l := range m.licences {
			if of[l.text] == nil {
				order = append(order, l.text)
			}
			of[l.text] = append(of[l.text], m.path+", "+l.name)
			if m.path == "golang.org/x/sys" && l.name == "LICENSE" { // the Go authors' own
				of[l.text] = append(of[l.text], "the Go standard library and runtime")
			}
		}
	}
	fmt.Fprint(&page, "\n# Licences\n")
	for _, text := range order {
		fmt.Fprintf(&page, "\n## %s\n\n", strings.Join(of[text], "\n## "))
		for line := range strings.SplitSeq(text, "\n") {
			fmt.Fprintln(&page, strings.TrimRight("    "+line, " "))
		}
	}
	return page.Bytes()
}

// linkedModules lists the modules of the program without a window, those that a window adds, and
// those that tests add.
func linkedModules(t *testing.T) (program, window, tests []linkedModule) {
	t.Helper()
	systems := []string{"linux", "windows", "darwin"}
	found := map[string]bool{}
	collect := func(list func(goos string) []listed) []linkedModule {
		on := map[string][]string{}
		all := map[string]linkedModule{}
		for _, goos := range systems {
			for _, p := range list(goos) {
				m := p.Module
				if m.Path == "" || m.Path == module || found[m.Path] {
					continue
				}
				all[m.Path] = linkedModule{path: m.Path, version: m.Version, dir: m.Dir}
				if !slices.Contains(on[m.Path], goos) {
					on[m.Path] = append(on[m.Path], goos)
				}
			}
		}
		var sorted []linkedModule
		for _, path := range slices.Sorted(maps.Keys(all)) {
			m := all[path]
			if len(on[path]) < len(systems) {
				m.systems = on[path]
			}
			m.licences = licences(t, m)
			sorted = append(sorted, m)
			found[path] = true
		}
		return sorted
	}
	program = collect(func(goos string) []listed {
		return goList(t, goos, "-deps", module+"/cmd/uploader")
	})
	window = collect(func(goos string) []listed {
		return goListCgo(t, "1", goos, "-deps", module+"/cmd/uploader")
	})
	tests = collect(func(goos string) []listed {
		return goList(t, goos, "-deps", "-test", module+"/...")
	})
	return program, window, tests
}

// licenceFile is what a file of a licence is called, also for what a module has taken in.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|ofl|unlicense)([-.][-\w.]*)?$`)

// licences reads a module's licences: those of its root, and those of what it has taken in.
func licences(t *testing.T, m linkedModule) []licenceText {
	t.Helper()
	var all []licenceText
	err := filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "cmd" && path != m.dir) {
			return fs.SkipDir
		}
		if d.IsDir() || !licenceFile.MatchString(d.Name()) || strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(m.dir, path)
		all = append(all, licenceText{filepath.ToSlash(name), plainText(string(text))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Errorf("%s has no file with its licence", m.path)
	}
	return all
}

// plainText is a text with lines that end as here, and without what surrounds it.
func plainText(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Trim(strings.TrimPrefix(text, "\ufeff"), "\n")
}

// licenceNames says by SPDX's names under which licences a module is.
func licenceNames(m linkedModule) string {
	var names []string
	for _, l := range m.licences {
		for _, match := range licensecheck.Scan([]byte(l.text)).Match {
			if !match.IsURL && !slices.Contains(names, match.ID) {
				names = append(names, match.ID)
			}
		}
	}
	return strings.Join(names, ", ")
}

// table writes modules as rows.
func table(page *bytes.Buffer, modules []linkedModule) {
	fmt.Fprint(page, "| module | version | licence |\n|---|---|---|\n")
	for _, m := range modules {
		on := ""
		if m.systems != nil {
			on = " (" + strings.Join(m.systems, ", ") + ")"
			on = strings.NewReplacer("linux", "Linux", "windows", "Windows", "darwin", "macOS").Replace(on)
		}
		fmt.Fprintf(page, "| %s%s | %s | %s |\n", m.path, on, m.version, licenceNames(m))
	}
}
