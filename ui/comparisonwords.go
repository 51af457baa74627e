package ui

import (
	"errors"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/problem"
	"inboxuploader/uploader/receipt"
	"inboxuploader/workspace"
)

// explainPaper says why nothing was compared.
func explainPaper(err error) problem.Explanation {
	p, ok := errors.AsType[*paperError](err)
	if !ok {
		return explainIssuing(err)
	}
	name := values("Name", show.Text(filepath.Base(p.path)))
	x := problem.Explanation{Safe: tr("Nothing was compared.")}
	line, isLine := errors.AsType[*workspace.ListError](p.err)
	other, isOther := errors.AsType[*workspace.OtherInboxError](p.err)
	switch {
	case errors.Is(p.err, workspace.ErrNotPaper):
		x.What = tr("“{{.Name}}” is neither a receipt nor a list of checksums.", name)
		x.Do = tr("Choose the sender's receipt in JSON or CSV, or a list such as SHA256SUMS or " +
			"MD5SUMS.")
	case errors.Is(p.err, receipt.ErrNotReceipt):
		x.What = tr("The receipt “{{.Name}}” was cut off or changed.", name)
		x.Do = tr("Ask its sender for it once more.")
	case isLine:
		x.What = tr("Line {{.N}} of “{{.Name}}” is no checksum and name as sha256sum and md5sum "+
			"write them.", name, values("N", number(int64(line.Line))))
		x.Do = tr("Ask its sender for it once more.")
	case isOther:
		x.What = tr("The receipt “{{.Name}}” is about another inbox, “{{.Inbox}}”.", name,
			values("Inbox", show.Text(other.Inbox)))
		x.Do = tr("Look with which token its files arrived.")
	default:
		x.What = tr("“{{.Name}}” can't be read.", name)
		x.Do = tr("Look whether it is there and whether you may open it.")
	}
	return x
}

// showResult says what the comparison came to, and what it can't know.
func (c *comparison) showResult() {
	c.words.RemoveAll()
	c.list.clear()
	sign, color, verdict := c.verdict()
	head := c.v.newCutText(verdict, theme.ColorNameForeground, theme.SizeNameText)
	head.bold = true
	c.words.Add(line(6, 1, signOf(sign, color), head))
	c.words.Add(small(strings.Join(c.facts(), "\n")))
	c.showDifferences()
}

// verdict is the result in one line, which says no more than was compared.
func (c *comparison) verdict() (sign string, color fyne.ThemeColorName, words string) {
	v := c.result
	var n int64
	for _, of := range v.Differences {
		n += of
	}
	n -= v.Harmless
	switch {
	case !c.stated && len(c.papers) > 0:
		return "attention", theme.ColorNameWarning,
			tr("Your receipt or list names no file, so nothing was compared.")
	case !c.stated:
		return "attention", theme.ColorNameWarning,
			tr("Nothing in this inbox says what should be there, so nothing was compared.")
	case n > 0:
		return "attention", theme.ColorNameWarning, trn("{{.N}} differences", n)
	case len(c.unread) > 0:
		return "attention", theme.ColorNameWarning, tr("Not all that is stated could be read")
	case v.NotCompared+v.NoSum > 0:
		return "yes", theme.ColorNameSuccess, tr("Nothing differs in what was compared")
	default:
		return "yes", theme.ColorNameSuccess, tr("Everything is as stated")
	}
}

// facts are the numbers, and what was not compared.
func (c *comparison) facts() (all []string) {
	v := c.result
	say := func(n int64, words string) {
		if n > 0 {
			all = append(all, words)
		}
	}
	of := func(n int64) map[string]any { return values("Files", files(n)) }
	if c.stated {
		all = append(all, tr("As stated: {{.N}} of {{.Files}}. In the inbox: {{.There}}, {{.Size}}.",
			values("N", number(v.Same+v.Harmless), "Files", files(v.Stated), "There",
				files(v.Files), "Size", amount(v.Bytes))))
	}
	var kinds []string
	for _, kind := range workspace.Differences() {
		if n := v.Differences[kind]; n > 0 {
			kinds = append(kinds, kindWords(kind, n))
		}
	}
	if kinds != nil {
		all = append(all, strings.Join(kinds, " · "))
	}
	if c.deep {
		say(v.BySum, tr("Content read and compared: {{.Files}}.", of(v.BySum)))
	} else {
		say(v.BySum, tr("Content compared by the MD5 that the storage keeps: {{.Files}}.",
			of(v.BySum)))
	}
	say(v.ByETag, tr("Not written since delivery, by its ETag: {{.Files}}.", of(v.ByETag)))
	say(v.NotCompared, tr("Content not compared: {{.Files}}. The storage keeps no checksum of the "+
		"kind that is stated.", of(v.NotCompared)))
	say(v.NoSum, tr("Content not compared: {{.Files}}, of which no checksum is stated.", of(v.NoSum)))
	say(v.Papers, tr("Notes and lists beside them: {{.Files}}.", of(v.Papers)))
	say(c.others, tr("Not looked at: {{.Files}} that the receipt names in other inboxes.",
		of(c.others)))
	for _, name := range c.unread {
		all = append(all, unreadWords(name))
	}
	return all
}

// kindWords says how many files differ in that way.
func kindWords(kind workspace.Difference, n int64) string {
	many := values("N", number(n))
	switch kind {
	case workspace.Missing:
		return tr("{{.N}} missing", many)
	case workspace.Additional:
		return tr("{{.N}} additional", many)
	case workspace.SizeDiffers:
		return tr("{{.N}} with a different size", many)
	case workspace.ChecksumDiffers:
		return tr("{{.N}} with different content", many)
	case workspace.Replaced:
		return tr("{{.N}} replaced", many)
	case workspace.Touched:
		return tr("{{.N}} written or edited since", many)
	case workspace.Contradicted:
		return tr("{{.N}} contradictory", many)
	default:
		return tr("{{.N}} not read", many)
	}
}

// showDifferences shows one line for each.
func (c *comparison) showDifferences() {
	c.found.mu.Lock()
	all, more := c.found.all, c.found.more
	c.found.mu.Unlock()
	for _, f := range all[:min(len(all), c.most)] {
		sign, color, words := c.difference(f)
		c.list.add(sign, color, show.Text(f.Name), words)
	}
	if rest := len(all) - c.most; rest > 0 {
		c.list.box.Add(inset(8, 0, 0, 0, line(0, -1, c.v.newButton(
			trn("Show {{.N}} more", int64(min(rest, 10*differencesShown))), func() {
				c.most += 10 * differencesShown
				c.show()
			}))))
		return
	}
	if more > 0 {
		c.list.say(trn("{{.N}} more differences are not listed here.", more))
	}
}

// difference says how a file differs.
func (c *comparison) difference(
	f workspace.Finding,
) (sign string, color fyne.ThemeColorName, words string) {
	sign, color = "attention", theme.ColorNameWarning
	both := sizesOf(f.Stated, f.Size)
	switch f.Difference {
	case workspace.Missing:
		sign, color, words = "no", theme.ColorNameError, tr("Missing: stated, but not in the inbox.")
		if f.Stated >= 0 {
			words = tr("Missing: stated with {{.Stated}}, but not in the inbox.", both)
		}
	case workspace.Additional:
		sign, color = "add", colorMuted
		words = tr("Additional: {{.There}}, stated nowhere.", both)
	case workspace.SizeDiffers:
		words = tr("Different size: {{.Stated}} stated, {{.There}} in the inbox.", both)
	case workspace.ChecksumDiffers:
		words = tr("Different content: its checksum is not the stated one.")
	case workspace.Replaced:
		words = tr("Replaced since delivery, with different content.")
		if f.Stated >= 0 && f.Stated != f.Size {
			words = tr("Replaced since delivery: {{.Stated}} stated, {{.There}} in the inbox.", both)
		}
	case workspace.Touched:
		if f.Same {
			sign, color = "yes", colorMuted
		}
		words = c.touched(f)
	case workspace.Contradicted:
		words = tr("Contradictory: stated in two ways that can't both be true.")
	case workspace.Unread:
		x := explainIssuing(f.Err)
		words = tr("Not read: {{.Why}}", values("Why", strings.TrimSpace(x.What+" "+x.Do)))
	}
	return sign, color, words
}

// touched says what is known of a file that was written or edited since.
func (c *comparison) touched(f workspace.Finding) string {
	switch {
	case f.Same:
		return tr("Written or edited since delivery; its content is as stated.")
	case f.Agrees:
		return tr("Written or edited since delivery; the MD5 that the storage has is as stated.")
	case c.deep:
		return tr("Written or edited since delivery; no checksum of its content is stated.")
	default:
		return tr("Written or edited since delivery; whether its content is the same was not compared.")
	}
}

// sizesOf says two sizes so that they look different where they are.
func sizesOf(stated, there int64) map[string]any {
	a, b := amount(stated), amount(there)
	if a == b && stated != there {
		a, b = number(stated)+" "+tr("B"), number(there)+" "+tr("B")
	}
	return values("Stated", a, "There", b)
}

// copyLines puts the differences on the clipboard, for a letter to the sender.
func (c *comparison) copyLines() {
	c.found.mu.Lock()
	all, more := c.found.all, c.found.more
	c.found.mu.Unlock()
	var b strings.Builder
	for _, f := range all {
		_, _, words := c.difference(f)
		b.WriteString(show.Text(f.Name) + "\t" + words + "\n")
	}
	if more > 0 {
		b.WriteString(trn("{{.N}} more differences are not listed here.", more) + "\n")
	}
	c.v.app.Clipboard().SetContent(b.String())
	c.v.events.event("copied lines", "lines", len(all))
}
