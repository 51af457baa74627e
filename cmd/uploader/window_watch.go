//go:build cgo && !nogui

package main

import (
	"log/slog"
	"time"

	"inboxuploader/ui"
	"inboxuploader/uploader"
	"inboxuploader/uploader/feed"
	"inboxuploader/uploader/ledger"
	"inboxuploader/uploader/scan"
	"inboxuploader/uploader/watch"
)

// windowWatch keeps sending the folders that the window is told to.
type windowWatch struct {
	lists copyRun // keeps lists of files in the state folder
	dir   string  // the state folder
	queue *uploader.Queue
	log   *slog.Logger
}

// feed is [ui.Config.Watch].
func (w *windowWatch) feed(
	folder ui.WatchedFolder, o ledger.AddOptions, settle time.Duration, refused func(scan.Found),
) (ui.Feed, error) {
	f, err := feed.New(w.queue, folder.Inbox, feed.Options{
		Roots: []string{folder.Path}, Send: o, List: w.lists.writeList,
		Watch: watch.Options{
			Scan: o.Scan, Settle: settle, Dir: w.dir,
			Refused: func(found *scan.Found) { refused(*found) },
			Alone:   func(why error) { w.log.Info("no notices of changes", "error", why) },
		},
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}
