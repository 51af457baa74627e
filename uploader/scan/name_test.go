package scan

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"inboxuploader/uploader/problem"
)

func TestPlanName(t *testing.T) {
	long := strings.Repeat("x", 1024)
	for _, c := range []struct {
		name, prefix, rel string
		want              Name
		reason            problem.Reason
	}{
		{name: "ordinary", rel: "data/run 1/scan.nii.gz", want: Name{Blob: "data/run 1/scan.nii.gz"}},
		{name: "prefix", prefix: "in/box", rel: "a.csv", want: Name{Blob: "in/box/a.csv"}},
		{name: "prefix with slashes at its ends", prefix: "/in/", rel: "a.csv", want: Name{Blob: "in/a.csv"}},
		{name: "characters that only URLs mind", rel: "d/100% #1+2&'q.txt", want: Name{Blob: "d/100% #1+2&'q.txt"}},
		{name: "percent escapes stay as they are", rel: "d/a%2Fb%5C", want: Name{Blob: "d/a%2Fb%5C"}},
		{name: "every script", rel: "数据/данные/بيانات/🧬", want: Name{Blob: "数据/данные/بيانات/🧬"}},
		{name: "hidden", rel: "d/.hidden/..twice", want: Name{Blob: "d/.hidden/..twice"}},
		{name: "dots at the end", rel: "d./a..", want: Name{Blob: "d/a", Renamed: true}},
		{name: "dots before a space", rel: "d/a. .", want: Name{Blob: "d/a. ", Renamed: true, Warnings: []NameWarning{WarnTrailingSpace}}},
		{name: "one dot", rel: "d/./a", reason: problem.NameDots},
		{name: "two dots", prefix: "in", rel: "../a", reason: problem.NameDots},
		{name: "three dots", rel: "d/...", reason: problem.NameDots},
		{name: "backslash", rel: `d/..\a`, want: Name{Blob: "d/.._a", Renamed: true}},
		{name: "newline and tab", rel: "d/a\nb\tc", want: Name{Blob: "d/a_b_c", Renamed: true}},
		{name: "refused above ASCII", rel: "d/\u0081\u008d\u008f\u0090\u009d\ue000\uf8ff\ufffe\ufdd0", want: Name{Blob: "d/_________", Renamed: true}},
		{name: "accepted above ASCII", rel: "d/\u0080\u0085\u00a0\ufffd\uf900x", want: Name{Blob: "d/\u0080\u0085\u00a0\ufffd豈x", Renamed: true}},
		{name: "no UTF-8", rel: "d/caf\xe9.txt", want: Name{Blob: "d/caf_.txt", Renamed: true}},
		{name: "half a pair", rel: "d/\xed\xa0\x80x", want: Name{Blob: "d/_x", Renamed: true}},
		{name: "NFD", rel: "d/cafe\u0301", want: Name{Blob: "d/caf\u00e9", Renamed: true}},
		{name: "NFC", rel: "d/caf\u00e9", want: Name{Blob: "d/caf\u00e9"}},
		{name: "doubled slashes", rel: "/d//a/", want: Name{Blob: "d/a", Renamed: true}},
		{name: "nothing", rel: "", reason: problem.NameRefused},
		{name: "only slashes", prefix: "in", rel: "//", reason: problem.NameRefused},
		{name: "device on Windows", rel: "d/CON", want: Name{Blob: "d/CON", Warnings: []NameWarning{WarnReserved}}},
		{name: "device with an ending", rel: "lpt¹.txt/a", want: Name{Blob: "lpt¹.txt/a", Warnings: []NameWarning{WarnReserved}}},
		{name: "no device", rel: "CONS/COM/COM0/LPT12", want: Name{Blob: "CONS/COM/COM0/LPT12"}},
		{name: "characters of Windows", rel: "a:b/c*?", want: Name{Blob: "a:b/c*?", Warnings: []NameWarning{WarnCharacter}}},
		{name: "space at the end", rel: "a /b ", want: Name{Blob: "a /b ", Warnings: []NameWarning{WarnTrailingSpace}}},
		{name: "1,024 characters", rel: long, want: Name{Blob: long}},
		{name: "1,025 characters", rel: long + "x", reason: problem.NameTooLong},
		{name: "1,024 with the prefix", prefix: "in", rel: long[3:], want: Name{Blob: "in/" + long[3:]}},
		{name: "1,025 with the prefix", prefix: "in", rel: long[2:], reason: problem.NameTooLong},
		{name: "1,025 with dots that are left out", rel: long + ".", want: Name{Blob: long, Renamed: true}},
		{name: "1,024 in two bytes each", rel: strings.Repeat("é", 1024), want: Name{Blob: strings.Repeat("é", 1024)}},
		{name: "512 emoji are 1,024 units", rel: strings.Repeat("🧬", 512), want: Name{Blob: strings.Repeat("🧬", 512)}},
		{name: "513 emoji", rel: strings.Repeat("🧬", 513), reason: problem.NameTooLong},
		{name: "254 segments", rel: strings.Repeat("d/", 253) + "a", want: Name{Blob: strings.Repeat("d/", 253) + "a"}},
		{name: "255 segments", rel: strings.Repeat("d/", 254) + "a", reason: problem.NameTooDeep},
		{name: "255 with the prefix", prefix: "in", rel: strings.Repeat("d/", 253) + "a", reason: problem.NameTooDeep},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := PlanName(c.prefix, c.rel)
			if problem.ReasonOf(err) != c.reason {
				t.Fatalf("reason %q, want %q (%v)", problem.ReasonOf(err), c.reason, err)
			}
			if err != nil && !errors.Is(err, problem.ErrName) {
				t.Errorf("%v does not wrap ErrName", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// checkPlanned fails if a name breaks a promise of PlanName's.
func checkPlanned(t interface{ Fatalf(string, ...any) }, prefix, rel string) {
	prefix = strings.Trim(prefix, "/")
	n, err := PlanName(prefix, rel)
	if err != nil {
		if !errors.Is(err, problem.ErrName) || n.Blob != "" {
			t.Fatalf("PlanName(%q, %q) = %+v, %v", prefix, rel, n, err)
		}
		return
	}
	below := n.Blob
	if prefix != "" {
		var ok bool
		if below, ok = strings.CutPrefix(n.Blob, prefix+"/"); !ok {
			t.Fatalf("PlanName(%q, %q) = %q, outside the prefix", prefix, rel, n.Blob)
		}
	}
	units := 0
	for _, r := range n.Blob {
		units += max(1, utf16Units(r))
	}
	if units > 1024 || strings.Count(n.Blob, "/") >= 254 {
		t.Fatalf("PlanName(%q, %q): %d units, %d slashes", prefix, rel, units,
			strings.Count(n.Blob, "/"))
	}
	for _, segment := range strings.Split(below, "/") {
		if segment == "" || strings.HasSuffix(segment, ".") {
			t.Fatalf("PlanName(%q, %q) = %q has segment %q", prefix, rel, n.Blob, segment)
		}
	}
	if !utf8.ValidString(below) || strings.ContainsFunc(below, serviceRefuses) {
		t.Fatalf("PlanName(%q, %q) = %q has a character that the service refuses", prefix, rel,
			n.Blob)
	}
	if n.Renamed != (below != rel) {
		t.Fatalf("PlanName(%q, %q) = %+v", prefix, rel, n)
	}
	again, err := PlanName(prefix, below)
	if err != nil || again.Blob != n.Blob || again.Renamed {
		t.Fatalf("PlanName(%q, %q) = %q, and again %+v, %v", prefix, rel, n.Blob, again, err)
	}
}

func utf16Units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// serviceRefuses is the list of the documentation, written a second time and differently.
func serviceRefuses(r rune) bool {
	return r <= 0x1F ||
		slices.Contains([]rune{0x7F, 0x81, 0x8D, 0x8F, 0x90, 0x9D, '\\', 0xFFFE, 0xFFFF}, r) ||
		r >= 0xE000 && r < 0xF900
}

func FuzzPlanNameStaysInsideThePrefix(f *testing.F) {
	for _, rel := range []string{"a/b", "../a", `..\a`, "a./..\x00/", "cafe\u0301\xff", "....", "\xed\xa0\x80", "/", "a\u0338/\u0338", strings.Repeat("\u0301", 40)} {
		f.Add("in/box", rel)
		f.Add("", rel)
	}
	f.Fuzz(func(t *testing.T, prefix, rel string) { checkPlanned(t, prefix, rel) })
}

func TestPlanNameProperties(t *testing.T) {
	odd := rapid.SampledFrom([]string{".", "..", "...", "/", "//", `\`, "\n", "\x7f", "\u0081", "\ue123", "\ufffe", "\xff", "\xed\xa0\x80", "e\u0301", "é", "\u0338", "🧬", " ", "CON", "a", "b.", "数"})
	rapid.Check(t, func(t *rapid.T) {
		prefix := rapid.SampledFrom([]string{"", "in", "in/box"}).Draw(t, "prefix")
		rel := strings.Join(rapid.SliceOfN(rapid.OneOf(odd, rapid.String()), 0, 40).Draw(t, "rel"),
			"")
		checkPlanned(t, prefix, rel)
	})
}

func TestPlanNameKeepsOrdinaryNames(t *testing.T) {
	segment := rapid.StringMatching(`[A-Za-z0-9_ %#?+&'"~$(){}\[\]äéß数字🧬.-]{0,12}[A-Za-z0-9é]`)
	rapid.Check(t, func(t *rapid.T) {
		rel := strings.Join(rapid.SliceOfN(segment, 1, 8).Draw(t, "segments"), "/")
		if !norm.NFC.IsNormalString(rel) {
			t.Skip()
		}
		n, err := PlanName("", rel)
		if err != nil || n.Blob != rel || n.Renamed {
			t.Fatalf("PlanName(%q) = %+v, %v", rel, n, err)
		}
	})
}

func TestPlanNameDoesNotAllocateForOrdinaryNames(t *testing.T) {
	if n := testing.AllocsPerRun(100,
		func() { mustPlan(t, "", "data/run 1/scan.nii.gz") }); n != 0 {
		t.Errorf("%v allocations without a prefix", n)
	}
	if n := testing.AllocsPerRun(100,
		func() { mustPlan(t, "in", "data/run 1/scan.nii.gz") }); n > 1 {
		t.Errorf("%v allocations with a prefix, want 1", n)
	}
}

func mustPlan(t *testing.T, prefix, rel string) {
	if _, err := PlanName(prefix, rel); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkPlanName(b *testing.B) {
	for _, c := range []struct{ name, prefix, rel string }{
		{"plain", "", "data/subject-0001/session-01/anat/T1w.nii.gz"},
		{"prefix", "in/box", "data/subject-0001/session-01/anat/T1w.nii.gz"},
		{"unicode", "", "données/sujet-0001/séance-01/anat/T1w.nii.gz"},
		{"renamed", "", "donne\u0301es/sujet-0001/a\\b/anat./T1w.nii.gz"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := PlanName(c.prefix, c.rel); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
