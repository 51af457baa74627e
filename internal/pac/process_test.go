package pac

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAScriptRunsInAProcessOfItsOwn(t *testing.T) {
	for script, want := range map[string][]Way{
		`function FindProxyForURL(url, host) {
			return url == "https://storage.example.org/" ? "PROXY " + host + ":1; DIRECT" : "PROXY bad:1";
		}`: {{"http", "storage.example.org:1"}, {}},
		"\ufefffunction FindProxyForURL() { return null }":          {{}},
		"// f\xfcr uns\nfunction FindProxyForURL() { return \"\" }": {{}},
	} {
		s, err := New(script)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Find(t.Context(), storage)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

// hostile are scripts without an end, or with one that nobody would wait for.
var hostile = map[string]string{
	"it never comes to its function": "for (;;) {} function FindProxyForURL() {}",
	"it never comes back":            "function FindProxyForURL() { for (;;) {} }",
	"a pattern that takes for ever": `function FindProxyForURL() {
		return /^(?=a)(a+)+$/.test(Array(60).join("a") + "b") ? 1 : 2 }`,
	"a list without end":  "function FindProxyForURL() { for (var a = [];;) a.push({}) }",
	"a text that doubles": `function FindProxyForURL() { for (var a = "x";;) a += a }`,
	"a text at one go":    `function FindProxyForURL() { return "x".repeat(1 << 30) }`,
	"many texts at once": `function FindProxyForURL() {
		return "x".repeat(1 << 20).replace(/x/g, "x".repeat(1 << 20)) }`,
	"memory at one go":  "function FindProxyForURL() { return new ArrayBuffer(1e12) }",
	"memory that fills": "function FindProxyForURL() { for (var a = [];;) a.push(new Uint8Array(1e7).fill(1)) }",
	"calls within calls": `function FindProxyForURL() {
		function f() { return [1].map(f) } return f() }`,
	"brackets within brackets": "function FindProxyForURL() { return " +
		longText("(", MaxSize/2) + "1 }",
}

func longText(s string, n int) string {
	b := make([]byte, 0, n)
	for len(b) < n-100 {
		b = append(b, s...)
	}
	return string(b)
}

// TestAHostileScriptHurtsNobody: it is ended with its context at the latest, and its process took no
// more memory than it may.
func TestAHostileScriptHurtsNobody(t *testing.T) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := New(text)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			begun := time.Now()
			r, p, err := s.run(ctx, storage)
			if p == nil || err == nil && !r.NoScript {
				t.Fatalf("%v, %v", r.Ways, err)
			}
			took, most := time.Since(begun), peakMemory(p)
			if took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			t.Logf("%v, at most %d MiB", took.Round(time.Millisecond), most>>20)
			if most > MemoryLimit+128<<20 {
				t.Errorf("it took %d MiB", most>>20)
			}
		})
	}
}

// TestAHostileScriptIsAnError of the kind that others know.
func TestAHostileScriptIsAnError(t *testing.T) {
	s, err := New(hostile["it never comes back"])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if got, err := s.Find(ctx, storage); !errors.Is(err, ErrAnswer) {
		t.Errorf("%v, %v", got, err)
	}
}
