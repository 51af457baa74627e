package blobserver_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/google/go-cmp/cmp"

	"inboxuploader/internal/blobserver"
)

func crcText(s string) string {
	v := crc64.Checksum([]byte(s), crc64.MakeTable(0x9A6C9329AC4BC9B5))
	return base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil, v))
}

func md5Text(s string) string {
	sum := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestChecksums(t *testing.T) {
	const text = "123456789"
	if crcText(text) != base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint64(nil,
		0xAE8B14860A799888)) {
		t.Fatal("not CRC-64/NVME")
	}
	for _, test := range []struct{ name, header, value, code string }{
		{"right CRC64", "x-ms-content-crc64", crcText(text), ""},
		{"wrong CRC64", "x-ms-content-crc64", crcText("other"), "Crc64Mismatch"},
		{"no CRC64", "x-ms-content-crc64", "abc", "InvalidHeaderValue"},
		{"right MD5", "Content-MD5", md5Text(text), ""},
		{"wrong MD5", "Content-MD5", md5Text("other"), "Md5Mismatch"},
		{"no MD5", "Content-MD5", "abc", "InvalidMd5"},
		{"both", "both", "", "InvalidHeaderValue"},
		{"none", "", "", ""},
		{"wrong MD5 of the blob", "x-ms-blob-content-md5", md5Text("other"), "Md5Mismatch"},
	} {
		for _, op := range []string{"", "&comp=block&blockid=" + blockID("1")} {
			t.Run(test.name+op, func(t *testing.T) {
				in := start(t, t.TempDir(), nil)
				h := map[string]string{"x-ms-blob-type": "BlockBlob"}
				switch test.header {
				case "both":
					h["x-ms-content-crc64"], h["Content-MD5"] = crcText(text), md5Text(text)
				case "":
				default:
					h[test.header] = test.value
				}
				want := test.code
				if op != "" && test.header == "x-ms-blob-content-md5" {
					want = "" // it says nothing about a block
				}
				status, code, body := in.do("PUT", named(in.token("w"), "x")+op, h, text)
				if code != want || want == "" && status != 201 {
					t.Errorf("%d %q, want %q\n%s", status, code, want, body)
				}
				if want != "" && op == "" && len(in.Blobs(box)) != 0 {
					t.Errorf("a refused blob is there")
				}
				if staged, err := in.Staged(box, "x"); err != nil || want != "" &&
					len(staged) != 0 {
					t.Errorf("a refused block is there: %v, %v", staged, err)
				}
			})
		}
	}
}

// listOf makes the body of Put Block List.
func listOf(ids ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="utf-8"?><BlockList>`)
	for _, id := range ids {
		where, id, ok := strings.Cut(id, ":")
		if !ok {
			where, id = "Latest", where
		}
		fmt.Fprintf(&b, "<%s>%s</%s>", where, blockID(id), where)
	}
	return b.String() + "</BlockList>"
}

func TestBlockRules(t *testing.T) {
	type step struct{ op, id, body, code string }
	block := func(id, body, code string) step { return step{"&comp=block&blockid=" + blockID(id), "", body, code} }
	commit := func(code string, ids ...string) step { return step{"&comp=blocklist", "", listOf(ids...), code} }
	put := func(body string) step { return step{"", "", body, ""} }
	for _, test := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"in order", []step{block("a", "1", ""), block("b", "2", ""), commit("", "a", "b")}, "12"},
		{"out of order", []step{block("b", "2", ""), block("a", "1", ""), commit("", "a", "b")}, "12"},
		{"twice in the list", []step{block("a", "1", ""), commit("", "a", "a")}, "11"},
		{"the last of one id wins", []step{block("a", "1", ""), block("b", "2", ""), block("a", "345", ""), commit("", "a", "b")}, "3452"},
		{"the last of one id wins at the end", []step{block("a", "1", ""), block("b", "2", ""), block("b", "345", ""), commit("", "a", "b")}, "1345"},
		{"not listed at the end", []step{block("a", "1", ""), block("b", "2", ""), commit("", "a")}, "1"},
		{"unlisted is discarded", []step{block("a", "1", ""), block("b", "2", ""), commit("", "a"), commit("InvalidBlockList", "b")}, "1"},
		{"unknown id changes nothing", []step{block("a", "1", ""), commit("InvalidBlockList", "a", "x"), commit("", "a")}, "1"},
		{"commit twice", []step{block("a", "1", ""), commit("", "a"), commit("", "a"), commit("", "Committed:a")}, "1"},
		{"committed is not uncommitted", []step{block("a", "1", ""), commit("", "a"), commit("InvalidBlockList", "Uncommitted:a")}, "1"},
		{"uncommitted is not committed", []step{block("a", "1", ""), commit("InvalidBlockList", "Committed:a"), commit("", "Uncommitted:a")}, "1"},
		{"old and new together", []step{block("a", "1", ""), commit("", "a"), block("b", "2", ""), commit("", "b", "a")}, "21"},
		{"latest is the new one", []step{block("a", "1", ""), commit("", "a"), block("a", "2", ""), commit("", "a", "Committed:a")}, "21"},
		{"empty list", []step{commit("")}, ""},
		{"put discards blocks", []step{block("a", "1", ""), put("p"), commit("InvalidBlockList", "a")}, "p"},
		{"other length", []step{put("p"), block("a", "1", ""), block("bb", "1", "InvalidBlobOrBlock")}, "p"},
		{"other length after a commit", []step{block("a", "1", ""), commit("", "a"), block("bb", "2", ""), commit("", "bb")}, "2"},
		{"64 bytes", []step{block(strings.Repeat("x", 64), "1", ""), commit("", strings.Repeat("x", 64))}, "1"},
		{"65 bytes", []step{put("p"), block(strings.Repeat("x", 65), "1", "InvalidBlobOrBlock")}, "p"},
		{"no base64", []step{put("p"), {"&comp=block&blockid=***", "", "1", "InvalidQueryParameterValue"}}, "p"},
		{"no id", []step{put("p"), {"&comp=block", "", "1", "MissingRequiredQueryParameter"}}, "p"},
		{"empty block", []step{put("p"), block("a", "", "InvalidHeaderValue")}, "p"},
		{"no XML", []step{put("p"), {"&comp=blocklist", "", "{}", "InvalidXmlDocument"}}, "p"},
		{"other XML", []step{put("p"), {"&comp=blocklist", "", "<BlockList><Best>YQ==</Best></BlockList>", "InvalidXmlDocument"}}, "p"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := start(t, t.TempDir(), nil)
			link := named(in.token("w"), "x")
			for i, s := range test.steps {
				status, code, body := in.do("PUT", link+s.op, blockBlob, s.body)
				if code != s.code || code == "" && status != 201 {
					t.Fatalf("step %d: %d %q, want %q\n%s", i, status, code, s.code, body)
				}
			}
			if got := string(in.content("x")); got != test.want {
				t.Errorf("content %q, want %q", got, test.want)
			}
			if got, err := os.ReadFile(filepath.Join(in.dir, box, "x")); err != nil ||
				string(got) != test.want {
				t.Errorf("file %q, want %q, %v", got, test.want, err)
			}
		})
	}
}

func TestPageAndAppendBlobsAreRefused(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	link := named(in.token("w"), "x")
	for _, test := range []struct{ kind, op, code string }{
		{"PageBlob", "", "InvalidHeaderValue"},
		{"AppendBlob", "", "InvalidHeaderValue"},
		{"", "", "MissingRequiredHeader"},
		{"", "&comp=page", "InvalidBlobType"},
		{"", "&comp=appendblock", "InvalidBlobType"},
		{"", "&comp=lease", "NotImplemented"},
	} {
		h := map[string]string{}
		if test.kind != "" {
			h["x-ms-blob-type"] = test.kind
		}
		if _, code, _ := in.do("PUT", link+test.op, h, "x"); code != test.code {
			t.Errorf("%s%s: %q, want %q", test.kind, test.op, code, test.code)
		}
	}
}

func TestConditions(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	link := in.token("racwdl")
	now := in.clock.now()
	at := func(d time.Duration) string { return now.Add(d).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }
	tag := func() string {
		for _, b := range in.Blobs(box) {
			if b.Name == "there" {
				return b.ETag
			}
		}
		return ""
	}
	if _, code, _ := in.do("PUT", named(link, "there"), blockBlob, "old"); code != "" {
		t.Fatal(code)
	}
	for _, test := range []struct{ header, value, there, free string }{
		{"If-None-Match", "*", "BlobAlreadyExists", ""},
		{"If-Match", "*", "", "ConditionNotMet"},
		{"If-Match", "own", "", "ConditionNotMet"},
		{"If-Match", `"0x1"`, "ConditionNotMet", "ConditionNotMet"},
		{"If-None-Match", "own", "ConditionNotMet", ""},
		{"If-None-Match", `"0x1"`, "", ""},
		{"If-Modified-Since", at(0), "ConditionNotMet", ""},
		{"If-Modified-Since", at(-time.Second), "", ""},
		{"If-Unmodified-Since", at(0), "", ""},
		{"If-Unmodified-Since", at(-time.Second), "ConditionNotMet", ""},
		{"If-Modified-Since", "yesterday", "InvalidHeaderValue", "InvalidHeaderValue"},
	} {
		for name, want := range map[string]string{"there": test.there, "free": test.free} {
			for _, op := range []string{"", "&comp=blocklist"} {
				if name == "free" {
					if _, code, _ := in.do("DELETE", named(link, name), nil, ""); code != "" &&
						code != "BlobNotFound" {
						t.Fatal(code)
					}
				}
				value, text := test.value, "new"
				if value == "own" {
					value = tag()
				}
				if op != "" {
					text = listOf()
				}
				h := map[string]string{"x-ms-blob-type": "BlockBlob", test.header: value}
				if _, code, _ := in.do("PUT", named(link, name)+op, h, text); code != want {
					t.Errorf("%s: %s on %s%s: %q, want %q", test.header, test.value, name, op, code,
						want)
				}
			}
		}
	}
	// The condition goes before the list, and a commit that fails leaves the blocks.
	h := map[string]string{"If-None-Match": "*"}
	for name, want := range map[string]string{"there": "BlobAlreadyExists", "unused": "InvalidBlockList"} {
		if _, code, _ := in.do("PUT", named(link, name)+"&comp=block&blockid="+blockID("a"), nil,
			"x"); code != "" {
			t.Fatal(code)
		}
		if _, code, _ := in.do("PUT", named(link, name)+"&comp=blocklist", h,
			listOf("z")); code != want {
			t.Errorf("commit of an unknown block on %s: %q, want %q", name, code, want)
		}
		if _, code, _ := in.do("PUT", named(link, name)+"&comp=blocklist", nil,
			listOf("a")); code != "" {
			t.Errorf("commit after a failed one on %s: %q", name, code)
		}
	}
	if status, code, _ := in.do("GET", named(link, "there"),
		map[string]string{"If-None-Match": tag()}, ""); status != 304 {
		t.Errorf("read of what is known: %d %q", status, code)
	}
}

func TestBlocksLastAWeek(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	week := 7 * 24 * time.Hour
	link := named(in.sign(blobserver.TokenRequest{Rights: "rw", To: in.clock.now().Add(4 * week)}),
		"x")
	stage := func(id string) {
		t.Helper()
		if _, code, body := in.do("PUT", link+"&comp=block&blockid="+blockID(id), nil,
			id); code != "" {
			t.Fatal(body)
		}
	}
	stage("a")
	in.clock.add(week - time.Second)
	stage("b") // the week begins anew
	in.clock.add(week - time.Second)
	if staged, err := in.Staged(box, "x"); err != nil || len(staged) != 2 {
		t.Fatalf("before the week is over: %v, %v", staged, err)
	}
	if _, code, _ := in.do("GET", link, nil, ""); code != "BlobNotFound" {
		t.Errorf("a name with blocks only: %q", code)
	}
	in.clock.add(time.Second)
	if _, code, _ := in.do("PUT", link+"&comp=blocklist", nil,
		listOf("a")); code != "InvalidBlockList" {
		t.Errorf("after the week: %q", code)
	}
}

// TestReopenedFolder opens a folder as a kill leaves it: what was acknowledged is there, and
// nothing that was not.
func TestReopenedFolder(t *testing.T) {
	dir := t.TempDir()
	in := start(t, dir, nil)
	ctx := t.Context()
	c := in.at(in.token("racwdl"))
	for _, name := range []string{"plain", "dir/plain", "over", "a", "a/b", "x//y", strings.Repeat("n", 300)} {
		if _, err := c.NewBlockBlobClient(name).Upload(ctx, body([]byte(name)),
			&blockblob.UploadOptions{
				HTTPHeaders: &blob.HTTPHeaders{BlobContentType: new("text/x-test")},
				Metadata:    map[string]*string{"k": new("v")},
			}); err != nil {
			t.Fatal(name, err)
		}
	}
	for _, id := range []string{"1", "2"} {
		for _, name := range []string{"over", "half"} {
			if _, err := c.NewBlockBlobClient(name).StageBlock(ctx, blockID(id),
				body([]byte("block"+id)), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := in.SetPolicies(box, blobserver.Policy{ID: "p", Rights: "cw"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.NewBlockBlobClient("gone").Upload(ctx, body([]byte("x")), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.NewBlobClient("gone").Delete(ctx, nil); err != nil {
		t.Fatal(err)
	}
	want := in.Blobs(box)

	// The first server keeps its folder until it is closed, which a kill doesn't do.
	if _, err := blobserver.New(blobserver.Config{Dir: dir}); !errors.Is(err, blobserver.ErrInUse) {
		t.Errorf("a second server over the folder: %v", err)
	}
	killed := t.TempDir()
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}

	// It may have come within a body, between a commit's record and the move into place, and within
	// a record.
	const internal = ".blobserver/containers/" + box
	for name, text := range map[string]string{"halfway": "x", "moving": "late and more"} {
		p := filepath.Join(killed, internal, "incoming", name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.OpenFile(filepath.Join(killed, internal, "log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	late := `{"op":"blob","name":"late","file":"` + internal +
		`/incoming/moving","blob":{"size":4}}`
	if _, err := f.WriteString("\n" + late + "\n" + `{"op":"delete","name":"plain"`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, killed, nil)
	got := again.Blobs(box)
	if i := slices.IndexFunc(got, func(b blobserver.Blob) bool { return b.Name == "late" }); i < 0 {
		t.Error("the recorded commit was not completed")
	} else {
		got = slices.Delete(got, i, i+1)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blobs after the kill:\n%s", diff)
	}
	for _, b := range again.Blobs(box) {
		if got := string(again.content(b.Name)); got != b.Name {
			t.Errorf("content of %.20q: %.20q", b.Name, got)
		}
	}
	for _, name := range []string{"late", "plain"} {
		if _, err := os.Stat(filepath.Join(killed, box, name)); err != nil {
			t.Error(err)
		}
	}
	for _, d := range []string{"incoming", "staging"} {
		if left, err := os.ReadDir(filepath.Join(killed, internal, d)); err != nil ||
			len(left) != 0 {
			t.Errorf("leftovers: %v, %v", left, err)
		}
	}
	c = again.at(again.token("racwdl"))
	for _, name := range []string{"over", "half"} { // staged blocks ended with the server
		ids := []string{blockID("2"), blockID("1")}
		_, err := c.NewBlockBlobClient(name).CommitBlockList(ctx, ids, nil)
		if codeOf(t, err) != "InvalidBlockList" {
			t.Errorf("commit of blocks from before the kill: %v", err)
		}
	}
	link := again.sign(blobserver.TokenRequest{Policy: "p", To: again.clock.now().Add(time.Hour)})
	if _, code, body := again.do("PUT", named(link, "x"), blockBlob, "x"); code != "" {
		t.Errorf("policy after the kill: %s", body)
	}

	// Half a record spoils none that came after it.
	want = again.Blobs(box)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, start(t, killed, nil).Blobs(box)); diff != "" {
		t.Errorf("blobs after one more start:\n%s", diff)
	}
}

// TestManyAtOnce writes many names, and one name from many sides, at once; each ends as one of the
// writers left it.
func TestManyAtOnce(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	c := in.at(in.token("racwdl"))
	ctx := t.Context()
	var wg sync.WaitGroup
	fail := make(chan error, 1000)
	for w := range 6 {
		wg.Go(func() {
			for i := range 8 {
				own := fmt.Sprintf("own/%d/%d", w, i)
				_, err := c.NewBlockBlobClient(own).Upload(ctx, body([]byte(own)), nil)
				if err != nil {
					fail <- err
				}
				shared := c.NewBlockBlobClient("shared")
				if _, err := shared.Upload(ctx, body([]byte(strings.Repeat(string(rune('a'+w)),
					1000))), nil); err != nil {
					fail <- err
				}
				id := blockID(fmt.Sprintf("%d-%d", w, i))
				if _, err := c.NewBlockBlobClient("blocks").StageBlock(ctx, id,
					body([]byte(strings.Repeat("x", 10+i))), nil); err != nil {
					fail <- err
				}
			}
		})
	}
	wg.Wait()
	close(fail)
	for err := range fail {
		t.Error(err)
	}
	var ids []string
	want := 0
	for _, k := range rand.Perm(48) {
		ids = append(ids, blockID(fmt.Sprintf("%d-%d", k/8, k%8)))
		want += 10 + k%8
	}
	if _, err := c.NewBlockBlobClient("blocks").CommitBlockList(ctx, ids, nil); err != nil {
		t.Fatal(err)
	}
	if got := len(in.content("blocks")); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
	if got := string(in.content("shared")); len(got) != 1000 || strings.Trim(got, got[:1]) != "" {
		t.Errorf("two writers are mixed")
	}
	if n := len(in.Blobs(box)); n != 50 {
		t.Errorf("%d blobs, want 50", n)
	}
}

func TestContainerGoesAway(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	link := in.token("w")
	if _, code, _ := in.do("PUT", named(link, "d/x"), blockBlob, "x"); code != "" {
		t.Fatal(code)
	}
	foreign := filepath.Join(in.dir, box, "mine.txt")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := in.owner().DeleteContainer(t.Context(), box, nil); err != nil {
		t.Fatal(err)
	}
	if _, code, _ := in.do("PUT", named(link, "d/x"), blockBlob, "x"); code != "ContainerNotFound" {
		t.Errorf("write into a deleted container: %q", code)
	}
	if _, err := os.Stat(filepath.Join(in.dir, box, "d")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder of the deleted blobs: %v", err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("somebody else's file was deleted: %v", err)
	}
	if err := in.CreateContainer(box); err != nil {
		t.Fatal(err)
	}
	if _, code, _ := in.do("PUT", named(link, "mine.txt"), blockBlob, "x"); code != "" {
		t.Errorf("write into the new container: %q", code)
	}
	if b, err := os.ReadFile(foreign); err != nil || len(b) != 0 {
		t.Errorf("somebody else's file was replaced: %q, %v", b, err)
	}
}

// TestWhatNeverBecameABlockIsNotDelivered: the rest of a block that was refused must not stand
// behind the last one.
func TestWhatNeverBecameABlockIsNotDelivered(t *testing.T) {
	in := start(t, t.TempDir(), nil)
	link := named(in.token("w"), "x")
	if _, code, _ := in.do("PUT", link+"&comp=block&blockid=MQ==", nil, "good"); code != "" {
		t.Fatal(code)
	}
	damaged := map[string]string{"x-ms-content-crc64": crcText("something else")}
	if _, code, _ := in.do("PUT", link+"&comp=block&blockid=Mg==", damaged,
		"bad"); code != "Crc64Mismatch" {
		t.Fatal(code)
	}
	if _, code, _ := in.do("PUT", link+"&comp=blocklist", nil,
		"<BlockList><Latest>MQ==</Latest></BlockList>"); code != "" {
		t.Fatal(code)
	}
	if got := string(in.content("x")); got != "good" {
		t.Errorf("delivered %q", got)
	}
}
