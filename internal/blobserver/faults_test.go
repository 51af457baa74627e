package blobserver_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"inboxuploader/internal/blobserver"
)

// faults reads a script that is right.
func faults(t *testing.T, text string) *blobserver.Faults {
	t.Helper()
	f, err := blobserver.ParseFaults(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// heard is what a client makes of one request.
type heard struct {
	status int // 0: no whole answer
	code   string
	header http.Header
	body   string
}

func (in *inbox) hear(method, link string, header map[string]string, body []byte) heard {
	in.t.Helper()
	req, err := http.NewRequestWithContext(in.t.Context(), method, link, bytes.NewReader(body))
	if err != nil {
		in.t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := in.http.Transport.RoundTrip(req)
	if err != nil {
		return heard{}
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return heard{}
	}
	return heard{resp.StatusCode, resp.Header.Get("x-ms-error-code"), resp.Header, string(text)}
}

// TestEachFaultIsSeenByAClient plays one line of a script on a Put Blob with its checksum.
func TestEachFaultIsSeenByAClient(t *testing.T) {
	const text = "some text of a file"
	for _, test := range []struct {
		line   string
		want   heard // header: what must be among the answer's
		stored bool
	}{
		{line: "refuse ServerBusy retry-after=2s", want: heard{status: 503, code: "ServerBusy", header: http.Header{"Retry-After": {"2"}}}},
		{line: "refuse code=InternalError", want: heard{status: 500, code: "InternalError"}},
		{line: `refuse AuthenticationFailed detail="Signature did not match."`, want: heard{status: 403, code: "AuthenticationFailed", body: "Signature did not match."}},
		{line: "refuse OperationTimedOut at=answer", want: heard{status: 500, code: "OperationTimedOut"}, stored: true},
		{line: "refuse BlobImmutableDueToPolicy at=end", want: heard{status: 409, code: "BlobImmutableDueToPolicy"}},
		{line: "status 429 retry-after=1s", want: heard{status: 429, header: http.Header{"Retry-After": {"1"}, "X-Ms-Request-Id": nil, "Server": nil}}},
		{line: "status 408 at=body", want: heard{status: 408}},
		{line: "page", want: heard{status: 200, body: "Sign in", header: http.Header{"Content-Type": {"text/html"}}}},
		{line: "redirect http://127.0.0.1:1/elsewhere", want: heard{status: 307, header: http.Header{"Location": {"http://127.0.0.1:1/elsewhere"}}}},
		{line: "garbage"},
		{line: "garbage at=answer", stored: true},
		{line: "truncate", stored: true},
		{line: "echo", want: heard{status: 201, header: http.Header{"X-Ms-Content-Crc64": {"782riWdFIwE="}}}, stored: true},
		{line: "reset"},
		{line: "reset at=body"},
		{line: "reset at=end"},
		{line: "reset at=answer", stored: true},
		{line: "stall for=1ms", want: heard{status: 201}, stored: true},
		{line: "stall at=body for=1ms", want: heard{status: 201}, stored: true},
		{line: "stall at=end for=1ms", want: heard{status: 201}, stored: true},
		{line: "stall at=answer for=1ms", want: heard{status: 201}, stored: true},
		{line: "slow 100000", want: heard{status: 201}, stored: true},
		{line: "damage", want: heard{status: 400, code: "Crc64Mismatch"}},
		{line: "clock 48h", want: heard{status: 403, code: "AuthenticationFailed", body: "not valid in the specified time frame"}},
		{line: "clock -48h", want: heard{status: 403, code: "AuthenticationFailed", body: "not valid in the specified time frame"}},
		{line: "clock by=10m", want: heard{status: 201}, stored: true},
		{line: "discard", want: heard{status: 201}, stored: true},
		{line: "foreign", want: heard{status: 201}, stored: true},
		{line: "untrusted", want: heard{status: 201}, stored: true}, // there is no TLS
		{line: "reset op=PutBlock", want: heard{status: 201}, stored: true},
		{line: "reset op=putblob,PutBlock name=dir/*.cs? # a comment"},
		{line: "reset name=*.txt", want: heard{status: 201}, stored: true},
	} {
		t.Run(test.line, func(t *testing.T) {
			in := start(t, t.TempDir(),
				func(c *blobserver.Config) { c.Faults = faults(t, test.line) })
			got := in.hear("PUT", named(in.token("cw"), "dir/a.csv"),
				map[string]string{"x-ms-blob-type": "BlockBlob", "x-ms-content-crc64": crcText(text)}, []byte(text))
			if got.status != test.want.status || got.code != test.want.code ||
				!strings.Contains(got.body, test.want.body) {
				t.Errorf("heard %d %q %q", got.status, got.code, got.body)
			}
			for k, v := range test.want.header {
				if strings.Join(got.header[k], ",") != strings.Join(v, ",") {
					t.Errorf("header %s: %q, want %q", k, got.header[k], v)
				}
			}
			blobs := in.Blobs(box)
			if stored := len(blobs) == 1; stored != test.stored {
				t.Fatalf("stored: %v", stored)
			}
			if test.stored && string(in.content("dir/a.csv")) != text {
				t.Errorf("stored %q", in.content("dir/a.csv"))
			}
		})
	}
}

func TestAClockFaultMovesTheDate(t *testing.T) {
	in := start(t, t.TempDir(), func(c *blobserver.Config) { c.Faults = faults(t, "clock 10m") })
	got := in.hear("PUT", named(in.token("cw"), "x"), blockBlob, nil)
	if want := in.clock.now().Add(10 * time.Minute).UTC().Format(http.TimeFormat); got.header.Get("Date") != want {
		t.Errorf("Date %q, want %q", got.header.Get("Date"), want)
	}
}

// TestFaultsOfStagedBlocks: what a fault does to the staged blocks is what the service would say of
// them then.
func TestFaultsOfStagedBlocks(t *testing.T) {
	for _, test := range []struct{ script, block, commit string }{
		{"", "", ""},
		{"discard op=PutBlockList", "", "InvalidBlockList"},
		{"foreign op=PutBlock", "InvalidBlobOrBlock", "InvalidBlockList"},
		{"foreign op=PutBlockList", "", ""}, // too late: blocks with ids of another length are there
	} {
		t.Run(test.script, func(t *testing.T) {
			in := start(t, t.TempDir(),
				func(c *blobserver.Config) { c.Faults = faults(t, test.script) })
			link := named(in.token("cw"), "x")
			if got := in.hear("PUT", link+"&comp=block&blockid=MTIzNA==", nil,
				[]byte("block")); got.code != test.block {
				t.Errorf("block: %+v", got)
			}
			list := []byte("<BlockList><Latest>MTIzNA==</Latest></BlockList>")
			if got := in.hear("PUT", link+"&comp=blocklist", nil, list); got.code != test.commit {
				t.Errorf("commit: %+v", got)
			}
		})
	}
}

// TestWhichRequestsMeetAFault sends four requests of each of two names and looks at which are
// refused.
func TestWhichRequestsMeetAFault(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"refuse ServerBusy", "xxxxxxxx"},
		{"refuse ServerBusy count=3", "xxx....."},
		{"refuse ServerBusy from=3", "..xxxxxx"},
		{"refuse ServerBusy from=3 count=2", "..xx...."},
		{"refuse ServerBusy tries=1", "xx......"},
		{"refuse ServerBusy tries=3 from=2 count=4", ".xxxx..."},
		{"refuse ServerBusy name=a", "x.x.x.x."},
		{"refuse ServerBusy name=b from=2", "...x.x.x"},
		{"refuse ServerBusy count=1\nrefuse InternalError count=1", "xx......"},
		{"refuse ServerBusy op=GetBlob", "........"},
		{"# nothing", "........"},
	} {
		f := faults(t, test.line)
		in := start(t, t.TempDir(), func(c *blobserver.Config) { c.Faults = f })
		got := ""
		for range 4 {
			for _, name := range []string{"a", "b"} {
				mark := "."
				if in.hear("PUT", named(in.token("cw"), name), blockBlob, nil).status >= 400 {
					mark = "x"
				}
				got += mark
			}
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.line, got, test.want)
		}
		met := int64(0)
		for _, n := range f.Met() {
			met += n
		}
		if met != int64(strings.Count(got, "x")) {
			t.Errorf("%s: %v were met", test.line, f.Met())
		}
		f.Off()
		if got := in.hear("PUT", named(in.token("cw"), "a"), blockBlob, nil); got.status != 201 {
			t.Errorf("%s, off: %d", test.line, got.status)
		}
	}
}

// TestChancesDependOnTheSeedAlone: the same requests meet the same faults in whatever order they
// come, about as many as the chance says, and others with another seed.
func TestChancesDependOnTheSeedAlone(t *testing.T) {
	const files, tries = 300, 2
	play := func(script string, backwards bool) (met []bool, n int) {
		in := start(t, t.TempDir(), func(c *blobserver.Config) { c.Faults = faults(t, script) })
		link := in.token("cw")
		met = make([]bool, files*tries)
		for i := range met {
			file, try := i/tries, i%tries
			if backwards {
				file = files - 1 - file
			}
			if in.hear("PUT", named(link, strconv.Itoa(file)), blockBlob, nil).status == 503 {
				met[file*tries+try] = true
				n++
			}
		}
		return met, n
	}
	first, n := play("seed 7\nrefuse ServerBusy chance=20%", false)
	if n < 90 || n > 150 {
		t.Errorf("%d of %d met a fault with a chance of a fifth", n, files*tries)
	}
	again, _ := play("seed 7\nrefuse ServerBusy chance=0.2", true)
	other, _ := play("seed 8\nrefuse ServerBusy chance=20%", false)
	different := 0
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("request %d met a fault in one order only", i)
		}
		if first[i] != other[i] {
			different++
		}
	}
	if different == 0 {
		t.Error("another seed changed nothing")
	}
}

func TestMistakesInAScriptAreSentences(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{"\n\nrest", `Line 3: "rest" is no fault. There are: refuse, status, page,`},
		{"reset at=noon", "Line 1: at takes start, body, end or answer."},
		{"slow 10 at=body", `Line 1: slow takes no setting "at". It takes: chance, count, from, name, op, rate, tries.`},
		{"reset chanse=5%", `Line 1: reset takes no setting "chanse".`},
		{"reset 7", `Line 1: "7" is no setting; they have the form KEY=VALUE.`},
		{"reset chance=0", "Line 1: chance takes a part"},
		{"reset chance=NaN", "Line 1: chance takes a part"},
		{"reset chance=101%", "Line 1: chance takes a part"},
		{"reset count=0", "Line 1: count takes a whole number above 0."},
		{"reset from=-1", "Line 1: from takes a whole number above 0."},
		{"reset tries=1.5", "Line 1: tries takes a whole number above 0."},
		{"reset count=1 count=2", `Line 1: "count" is given twice.`},
		{"reset op=PutTable", `Line 1: "PutTable" is no operation, or one that is not served. There are: CreateContainer,`},
		{"reset op=Connect", `Line 1: "Connect" is no operation`},
		{"reset name=", "Line 1: name needs a pattern"},
		{"reset name=\xff", "Line 1: name can't be read as text."},
		{`reset name="a b`, "Line 1: a quotation mark is not closed."},
		{"refuse", "Line 1: refuse needs its code."},
		{"refuse NoSuchCode", `Line 1: "NoSuchCode" is no error code of the service that is known here.`},
		{"refuse ServerBusy InternalError", `Line 1: "InternalError" is no setting`},
		{"refuse ServerBusy retry-after=5", "Line 1: retry-after takes a time such as 300ms, 2s or 1h30m."},
		{"refuse ServerBusy retry-after=-1s", "Line 1: retry-after takes a time"},
		{"status 99", "Line 1: status takes a number from 200 to 599."},
		{"status teapot", "Line 1: status takes a number from 200 to 599."},
		{"stall for=0s", "Line 1: for takes a time"},
		{"slow 0", "Line 1: rate takes bytes per second, a whole number above 0."},
		{"redirect elsewhere", "Line 1: redirect takes a whole address"},
		{"redirect \"http://h/\\r\\nSet-Cookie: a\"", "Line 1: redirect takes a whole address"},
		{"clock 2000h", "Line 1: by takes a time"},
		{"untrusted op=PutBlob", `Line 1: untrusted takes no setting "op". It takes: chance, count, from.`},
		{"seed x", "Line 1: seed takes one whole number"},
		{strings.Repeat("#\n", 2000), "The script is longer than 1000 lines or 64 KiB."},
		{strings.Repeat("x", 70_000), "The script is longer than"},
		{strings.Repeat("é", 100), `Line 1: "\u00e9`},
	} {
		_, err := blobserver.ParseFaults(test.script)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%.40q: %v", test.script, err)
		}
		sentence(t, err)
	}
}

// sentence checks that an error can be shown on a terminal as it is.
func sentence(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	s := err.Error()
	if !strings.HasSuffix(s, ".") || strings.ContainsFunc(s,
		func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) || len(s) > 500 {
		t.Errorf("%q is no sentence for a terminal", s)
	}
}

// FuzzFaultScriptsAreReadOrRefusedInWords: no text makes the parser or the faults that it describes
// fail otherwise.
func FuzzFaultScriptsAreReadOrRefusedInWords(f *testing.F) {
	f.Add("seed 7\nrefuse ServerBusy chance=5% retry-after=1s\nreset at=answer op=PutBlock,PutBlob name=*.csv chance=1%\n")
	f.Add("stall at=body for=1ms from=3 count=1 # a comment\nslow rate=1000\nclock -48h\nredirect http://127.0.0.1:1/")
	f.Add(`refuse AuthenticationFailed detail="Signature did not match." name="a b?"`)
	f.Add("status 408\npage\ngarbage\ntruncate\necho\ndamage\ndiscard\nforeign\nuntrusted\nhandshake tries=2")
	f.Fuzz(func(t *testing.T, text string) {
		script, err := blobserver.ParseFaults(text)
		if err != nil {
			sentence(t, err)
			return
		}
		again, err := blobserver.ParseFaults(text)
		if err != nil || again.Len() != script.Len() || len(script.Met()) != script.Len() {
			t.Fatalf("read again: %v", err)
		}
		if n := strings.Count(text, "\n") + 1; script.Len() > n {
			t.Errorf("%d faults in %d lines", script.Len(), n)
		}
	})
}

// TestTheFaultPageIsTrue reads docs/FAULTS.md: each script in it is one, and each fault and setting
// is explained.
func TestTheFaultPageIsTrue(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "FAULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	scripts := regexp.MustCompile("(?s)```\n(.*?)```").FindAllSubmatch(page, -1)
	if len(scripts) == 0 {
		t.Fatal("the page has no script")
	}
	for _, s := range scripts {
		if _, err := blobserver.ParseFaults(string(s[1])); err != nil {
			t.Errorf("%v\n%s", err, s[1])
		}
	}
	for _, word := range append(blobserver.FaultWords(), blobserver.FaultSettings()...) {
		if !bytes.Contains(page, []byte("`"+word)) {
			t.Errorf("%s is not explained", word)
		}
	}
}
