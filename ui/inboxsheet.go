package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"inboxuploader/internal/show"
	"inboxuploader/uploader/inboxes"
)

// mostInMenu is how many kept inboxes a menu lists; the sheet has them all.
const mostInMenu = 12

// choices are the menus' entries for the kept inboxes.
func (v *inboxView) choices() (items []*fyne.MenuItem) {
	if len(v.kept) == 0 || len(v.kept) == 1 && v.kept[0].Inbox.Key() == v.token.Inbox.Key() {
		return nil
	}
	for _, r := range v.kept[:min(len(v.kept), mostInMenu)] {
		item := fyne.NewMenuItem(tr("Send to {{.Inbox}}", values("Inbox", show.Text(r.Name))),
			func() { v.tokens.choose(r) })
		item.Checked = r.Inbox.Key() == v.token.Inbox.Key()
		items = append(items, item)
	}
	return append(items, fyne.NewMenuItemSeparator())
}

// manage is the menus' entry for the sheet with the kept inboxes, if there are any.
func (v *inboxView) manage() []*fyne.MenuItem {
	if len(v.kept) == 0 {
		return nil
	}
	return []*fyne.MenuItem{fyne.NewMenuItem(tr("Saved inboxes…"), v.openKept)}
}

// menu is what opens below the inbox's name.
func (v *inboxView) menu() *fyne.Menu {
	items := append(v.choices(), v.tokens.pasteItem())
	return fyne.NewMenu("", append(items, v.manage()...)...)
}

// openKept opens the sheet with the inboxes that are kept under names.
func (v *inboxView) openKept() {
	list := column(4, -1)
	closing := v.newButton(tr("Close"), nil)
	closing.Importance = widget.HighImportance
	if len(v.kept) == 0 {
		list.Add(small(tr("Paste a token and tick “Remember” to save its inbox here.")))
	}
	for i, r := range v.kept {
		if i > 0 {
			list.Add(widget.NewSeparator())
		}
		list.Add(v.keptRow(r))
	}
	s := v.openSheet(tr("Saved inboxes"), 560, inset(0, 12, 8, 14, list), closing)
	s.tag("cancel", closing)
	closing.OnTapped = s.close
	v.window.Canvas().Focus(closing)
}

// keptRow is an inbox on the sheet, and what can be done with it.
func (v *inboxView) keptRow(r inboxes.Record) fyne.CanvasObject {
	used := r.Inbox.Key() == v.token.Inbox.Key()
	name := v.newCutText(show.Text(r.Name), theme.ColorNameForeground, theme.SizeNameText)
	name.bold = true
	parts := []string{whichToken(r.Inbox)}
	if used {
		parts = append([]string{tr("in use")}, parts...)
	}
	if r.Ref == "" {
		parts = append(parts, tr("token not saved"))
	}
	words := v.newCutText(strings.Join(parts, " · "), colorMuted, theme.SizeNameCaptionText)
	use := v.newButton(tr("Use"), func() {
		v.top.close()
		v.tokens.choose(r)
	})
	visible(use, !used)
	more := v.newSign(tr("Rename, replace the token, remove"),
		icon("more", theme.ColorNameForeground), nil)
	more.OnTapped = func() {
		v.popUp(more, fyne.NewMenu("",
			fyne.NewMenuItem(tr("Rename…"), func() { v.renameAsked(r) }),
			fyne.NewMenuItem(tr("Replace its token…"), func() { v.tokens.replace(r) }),
			fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem(tr("Remove…"), func() { v.removeAsked(r) })))
	}
	return inset(4, 4, 0, 0, line(8, 0, column(2, -1, name, words), use, more))
}

// renameAsked asks for another name.
func (v *inboxView) renameAsked(r inboxes.Record) {
	no, yes := v.newButton(tr("Cancel"), nil), v.newButton(tr("Rename"), nil)
	yes.Importance = widget.HighImportance
	wrong := v.newCutText("", theme.ColorNameError, theme.SizeNameCaptionText)
	name := v.newSheetEntry("", nil)
	name.Text = r.Name
	name.OnChanged = func(to string) {
		to = strings.TrimSpace(to)
		wrong.set(v.nameProblem(r.Inbox, to), theme.ColorNameError)
		if to == "" || wrong.content != "" {
			yes.Disable()
		} else {
			yes.Enable()
		}
	}
	s := v.openSheet(tr("Rename inbox"), 440, inset(0, 12, 8, 14, column(4, -1, name, wrong)), no, yes)
	s.tag("name", name)
	s.tag("cancel", no)
	s.tag("confirm", yes)
	no.OnTapped = v.openKept // in place of this one
	yes.OnTapped = func() {
		to := strings.TrimSpace(name.Text)
		v.change("renamed", func(ctx context.Context) error {
			_, err := v.config.Inboxes.Rename(ctx, r.Name, to)
			return err
		})
	}
	name.OnSubmitted = func(string) {
		if !yes.Disabled() {
			yes.OnTapped()
		}
	}
	v.window.Canvas().Focus(name)
}

// removeAsked says what removing an inbox does, and asks.
func (v *inboxView) removeAsked(r inboxes.Record) {
	no, yes := v.newButton(tr("Cancel"), nil), v.newButton(tr("Remove"), nil)
	yes.Importance = widget.DangerImportance
	words := tr("Its name and its saved token are removed from this computer. Files in the inbox " +
		"stay. To send there again, paste a token.")
	if r.Inbox.Key() == v.token.Inbox.Key() {
		words = tr("Its name and its saved token are removed from this computer. Files in the " +
			"inbox stay. You can keep uploading until you quit.")
	}
	s := v.openSheet(tr("Remove “{{.Inbox}}”?", values("Inbox", shortened(show.Text(r.Name), 30))),
		480, inset(0, 12, 8, 14, flush(words)), no, yes)
	s.tag("cancel", no)
	s.tag("confirm", yes)
	no.OnTapped = v.openKept // in place of this one
	yes.OnTapped = func() {
		v.change("forgotten", func(ctx context.Context) error {
			_, err := v.config.Inboxes.Remove(ctx, r.Name, false)
			return err
		})
	}
	v.window.Canvas().Focus(no)
}

// change changes what is kept, and shows the sheet with the inboxes again.
func (v *inboxView) change(event string, do func(ctx context.Context) error) {
	v.top.close()
	v.inBackground(func(ctx context.Context) {
		stop := v.sayWaiting()
		err := do(ctx)
		stop()
		all, listed := v.config.Inboxes.List(ctx)
		v.do(func() {
			if ctx.Err() != nil {
				return
			}
			if listed == nil {
				v.keptAre(all)
			}
			if _, ok := v.record(v.token.Inbox.Key()); !ok && v.token.Inbox.Host != "" {
				v.unkept = true
			}
			v.events.event(event, "done", err == nil)
			v.openKept()
			if err != nil {
				v.config.Log.Info("change inbox", "error", err)
				v.tell(tr("That was not possible"), explain(err))
			}
			v.wake()
		})
	})
}

// replace asks for a new token for a saved inbox.
func (v *tokenView) replace(r inboxes.Record) {
	text := v.app.Clipboard().Content()
	if _, err := v.inboxes.parse(text); err != nil {
		text = ""
	}
	v.show(&tokenDialog{tokenView: v, replaces: r.Name}, text)
}
