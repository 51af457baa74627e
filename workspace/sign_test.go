package workspace

import (
	"net/url"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/google/go-cmp/cmp"

	"inboxuploader/uploader/azure"
	"inboxuploader/uploader/token"
)

// TestLinksAreSignedAsTheSDKDoes compares each parameter with what the SDK makes of the same.
func TestLinksAreSignedAsTheSDKDoes(t *testing.T) {
	a, err := ParseAccount(testKey, labAddress)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := blob.NewSharedKeyCredential("labinbox", testKey)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, r := range map[string]Request{
		"least": {From: from, To: from.Add(time.Hour), Rights: "w"},
		"most":  {From: from, To: from.Add(DefaultPeriod), Rights: "racwdl", IP: "198.51.100.1-198.51.100.20"},
	} {
		t.Run(name, func(t *testing.T) {
			values := sas.BlobSignatureValues{
				Version: azure.Version, Protocol: sas.ProtocolHTTPS, StartTime: r.From,
				ExpiryTime: r.To, Permissions: r.Rights,
				ContainerName: "ws-7", Identifier: "upload-x",
			}
			if r.IP != "" {
				values.IPRange = sas.IPRange{Start: []byte{198, 51, 100, 1}, End: []byte{198, 51, 100, 20}}
			}
			theirs, err := values.SignWithSharedKey(credential)
			if err != nil {
				t.Fatal(err)
			}
			want, err := url.ParseQuery(theirs.Encode())
			if err != nil {
				t.Fatal(err)
			}
			link, err := url.Parse(a.link("ws-7", "upload-x", r, labAddress))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, link.Query()); diff != "" {
				t.Errorf("parameters (-SDK +ours):\n%s", diff)
			}
			if link.Host != "labinbox.blob.core.windows.net" || link.Path != "/ws-7" {
				t.Errorf("leads to %s%s", link.Host, link.Path)
			}
		})
	}
}

// TestALinkSaysWhatTheDocumentationLists decodes a link field by field.
func TestALinkSaysWhatTheDocumentationLists(t *testing.T) {
	from := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, address := range []string{
		labAddress, "https://labinbox.blob.core.chinacloudapi.cn",
		"https://labinbox.blob.core.usgovcloudapi.net",
		"https://labinbox.z7.blob.storage.azure.net", "http://127.0.0.1:10000/labinbox",
	} {
		a, err := ParseAccount(testKey, address)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Open(a, "ws-0421", Options{})
		if err != nil {
			t.Fatal(err)
		}
		tok, g, err := w.prepare(12,
			Request{Reason: "May", From: from, To: from.Add(DefaultPeriod), Rights: "cw", IP: "198.51.100.7"}, from, newPolicy())
		if err != nil {
			t.Fatal(err)
		}
		got := tok.Fields(from.Add(time.Hour))
		left := int64((DefaultPeriod - time.Hour) / time.Second)
		want := token.Fields{
			InboxID: "labinbox", WsID: "ws-0421", TID: "12", Date: "2021-12-02",
			ValidFrom: "2026-03-01T12:00:00Z", ValidTo: "2026-03-31T12:00:00Z",
			State: token.StateActive, SecondsLeft: &left,
			Storage: got.Storage, Container: "ws-0421-12", Rights: []string{"create", "write"},
			Policy: g.policy, IP: "198.51.100.7",
			HTTPSOnly: address[:5] == "https", Warnings: []string{},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}
