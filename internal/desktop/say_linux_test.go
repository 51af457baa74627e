package desktop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSayTakesTheBoxThatIsThere, hands it the words as they are, and waits until a person has
// closed it.
func TestSayTakesTheBoxThatIsThere(t *testing.T) {
	const words = "The folder “/data/<b>a & b</b>” can't be used. $(rm -rf /) Choose another one, or ask whoever looks after this computer."
	for _, box := range []string{"zenity", "kdialog", "xmessage"} {
		t.Run(box, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir)
			// It ends as where a person closes it by Esc.
			script := "#!/bin/sh\nfor a; do echo \"$a\"; done >" + dir + "/said\nexit 1\n"
			if err := os.WriteFile(filepath.Join(dir, box), []byte(script), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := Say("Inbox Uploader", words); err != nil {
				t.Fatal(err)
			}
			said, err := os.ReadFile(filepath.Join(dir, "said"))
			if err != nil {
				t.Fatal(err)
			}
			want := words
			if box == "kdialog" { // which takes markup
				want = strings.NewReplacer("<", "‹", ">", "›", "&", "＆").Replace(words)
			}
			if got := strings.Join(strings.Fields(string(said)), " "); !strings.Contains(got,
				want) || !strings.Contains(got, "Inbox Uploader") {
				t.Errorf("%s was told:\n%s", box, said)
			}
			for line := range strings.Lines(string(said)) {
				if box == "xmessage" && len([]rune(line)) > 80 {
					t.Errorf("a long line: %s", line)
				}
			}
		})
	}
}
