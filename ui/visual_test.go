package ui

import (
	"strings"
	"testing"
)

// TestNamesFromRightToLeftAreInOrder beside numbers and Latin words, which Fyne paints from left to
// right as they come.
func TestNamesFromRightToLeftAreInOrder(t *testing.T) {
	for name, want := range map[string]string{
		"scan_10.csv":           "scan_10.csv",
		"心拍数 2024.csv":          "心拍数 2024.csv",
		"קובץ אחד.txt":          "קובץ אחד.txt",
		"تقرير 2024.pdf":        "2024 تقرير.pdf",
		"تقرير 2024 نهائي.pdf":  "نهائي 2024 تقرير.pdf",
		"run 2 תוצאה 3.csv":     "run 2 3 תוצאה.csv",
		"(טיוטה) scan.csv":      "(טיוטה) scan.csv",
		"דוח 2024 (טיוטה).docx": "(טיוטה) 2024 דוח.docx",
	} {
		if got := strings.ReplaceAll(visual(name), mark, ""); got != want {
			t.Errorf("%q is painted as %q, want %q", name, got, want)
		}
	}
}
