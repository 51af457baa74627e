package ui

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"inboxuploader/uploader/problem"
	"inboxuploader/workspace"
)

// exportAsked offers the formats of the list.
func (v *arrivedView) exportAsked() {
	to := func(ending string) func() {
		return func() {
			v.dialogs.saveAs(tr("Export list…"), v.container()+ending, func() string {
				if v.config.Desktop.Documents == nil {
					return ""
				}
				return v.config.Desktop.Documents()
			}, v.exportTo, func(err error) { v.exported("", err) })
		}
	}
	v.popUp(v.export, fyne.NewMenu("",
		fyne.NewMenuItem(tr("As a table (CSV)…"), to(".csv")),
		fyne.NewMenuItem(tr("For programs (JSON)…"), to(".json"))))
}

// exportTo writes the list of what arrived, in the format of the file's name.
func (v *arrivedView) exportTo(path string) {
	write := func(ctx context.Context, ws Workspace) (func(), error) {
		files := ws.Files(ctx, v.grant.TID)
		err := writeWhole(path, func(out io.Writer) error {
			if strings.EqualFold(filepath.Ext(path), ".json") {
				return workspace.WriteJSON(out, ws.ID(), v.grant.TID, files)
			}
			return workspace.WriteCSV(out, files)
		})
		if _, ok := errors.AsType[*workspace.Error](err); ok {
			return nil, err
		}
		return func() { v.exported(path, err) }, nil
	}
	v.ask(ask{words: tr("Writing the list…"), do: write})
}

// exported says what became of the list.
func (v *arrivedView) exported(path string, err error) {
	if err == nil {
		v.events.event("exported", "path", filepath.Base(path))
		v.saved = path
		return
	}
	v.config.Log.Error("export", "error", err)
	v.tell(tr("The list was not saved"), problem.Explanation{
		What: tr("The list could not be written there."),
		Safe: tr("What arrived is not affected."),
		Do:   tr("Choose another place and save it again."),
	})
}

// writeWhole gives a file its name when it is whole and on the disk.
func writeWhole(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".list-*.part")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	if err = write(out); err == nil {
		err = out.Flush()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // its name says what it is
	}
	return err
}
