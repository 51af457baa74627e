package ui

import "testing"

// TestAboutShowsTheLicences of what the program is made of, from the first line on.
func TestAboutShowsTheLicences(t *testing.T) {
	d := openDesk(t, Config{})
	d.openAbout()
	d.press(tr("Licences"))
	d.look()
	if !d.says("# What the program is made of") {
		t.Error("the page's first line is not in sight")
	}
}
