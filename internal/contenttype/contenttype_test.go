package contenttype

import (
	"mime"
	"strings"
	"testing"
)

func TestContentType(t *testing.T) {
	for name, want := range map[string]string{
		"data.csv":               "text/csv",
		"in/Box/DATA.CSV":        "text/csv",
		"reads.fastq.gz":         "application/gzip",
		"reads.fastq":            "text/x-fastq",
		"brain.nii":              "application/x-nifti",
		"scan.dcm":               "application/dicom",
		"table.parquet":          "application/vnd.apache.parquet",
		"array.h5":               "application/x-hdf5",
		"variants.vcf":           "text/x-vcf",
		"meta.xml":               "text/xml",
		"no extension":           "application/octet-stream",
		"folder.csv/file":        "application/octet-stream",
		"ends.":                  "application/octet-stream",
		"unheard.of":             "application/octet-stream",
		"":                       "application/octet-stream",
		"odd.\xff":               "application/octet-stream",
		".csv":                   "text/csv",
		"report.docx":            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"a.csv/../plain text.md": "text/markdown",
	} {
		if got := Of(name); got != want {
			t.Errorf("ContentType(%q) = %q, want %q", name, got, want)
		}
	}
}

// A type goes into a header as it is.
func TestContentTypesAreWellFormed(t *testing.T) {
	for ext, ct := range byExtension {
		if parsed, params, err := mime.ParseMediaType(ct); err != nil || !strings.EqualFold(parsed, ct) || len(params) > 0 {
			t.Errorf("%q: %q: %v", ext, ct, err)
		}
		if ext != strings.ToLower(ext) || strings.Contains(ext, ".") {
			t.Errorf("extension %q is never looked up", ext)
		}
	}
}
