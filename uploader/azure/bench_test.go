package azure

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/minio/crc64nvme"

	"inboxuploader/uploader/store"
)

// BenchmarkPutBlock compares the store with the SDK's StageBlock over the same transport, and with
// the least that net/http needs for the same request, against a server that discards. The server's
// own work is in both.
func BenchmarkPutBlock(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		created(w)
	}))
	defer server.Close()
	for _, size := range []int{1 << 10, 16 << 10, 8 << 20} {
		data := make([]byte, size)
		crc := crc64nvme.Checksum(data)
		b.Run(fmt.Sprintf("store/%dKiB", size>>10), func(b *testing.B) {
			s, err := open(testToken(server.URL), secretQuery, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.PutBlock(b.Context(), "folder/a", "aWQ=",
					store.NewBody(data, crc)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("sdk/%dKiB", size>>10), func(b *testing.B) {
			s, err := open(testToken(server.URL), secretQuery, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				k, err := s.call("put block", "folder/a")
				if err != nil {
					b.Fatal(err)
				}
				body := store.NewBody(data, crc)
				_, err = s.client.StageBlock(k.with(b.Context()), "aWQ=", body,
					&blockblob.StageBlockOptions{
						TransactionalValidation: blob.TransferValidationTypeCRC64(crc),
					})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("plain/%dKiB", size>>10), func(b *testing.B) {
			transport := &http.Transport{WriteBufferSize: writeBuffer, DisableCompression: true}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				target := server.URL + "/inbox/folder/a?" + secretQuery + "comp=block&blockid=" +
					url.QueryEscape("aWQ=")
				req, err := http.NewRequestWithContext(b.Context(), http.MethodPut, target,
					bytes.NewReader(data))
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("x-ms-version", "2021-12-02")
				req.Header.Set("x-ms-content-crc64", checksum(crc))
				resp, err := client.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
}
