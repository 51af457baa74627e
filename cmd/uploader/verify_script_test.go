package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// manyFiles is the scripts' command
//
//	files FOLDER COUNT
//
// which makes so many small files in a folder, no two of them alike.
func manyFiles(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: files FOLDER COUNT")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i := range n {
		file := filepath.Join(ts.MkAbs(args[0]), fmt.Sprintf("%02d", i%10), fmt.Sprintf("%04d.txt", i))
		ts.Check(os.MkdirAll(filepath.Dir(file), 0o700))
		ts.Check(os.WriteFile(file, fmt.Appendf(nil, "file %d\n", i), 0o600))
	}
}

// tamper is the scripts' command
//
//	tamper TOKEN-FILE write|remove|metadata NAME [TEXT]
//
// which does that to a file in the inbox of a token, past all programs.
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 3 {
		ts.Fatalf("usage: tamper TOKEN-FILE write|remove|metadata NAME [TEXT]")
	}
	address, query, _ := strings.Cut(strings.TrimSpace(ts.ReadFile(args[0])), "?")
	method, body := http.MethodPut, ""
	switch args[1] {
	case "write":
		body = args[3]
	case "remove":
		method = http.MethodDelete
	case "metadata":
		query = "comp=metadata&" + query
	default:
		ts.Fatalf("tamper %s?", args[1])
	}
	r, err := http.NewRequest(method, address+"/"+args[2]+"?"+query, strings.NewReader(body))
	ts.Check(err)
	r.Header.Set("x-ms-version", "2021-12-02")
	r.Header.Set("x-ms-blob-type", "BlockBlob")
	r.Header.Set("x-ms-meta-seen", "yes")
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(answer.Body.Close())
	if answer.StatusCode/100 != 2 {
		ts.Fatalf("%s: %s", answer.Status, text)
	}
}
