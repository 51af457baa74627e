package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// connect makes the views, and lets each know those that it needs. Some know one another, so all
// are there before the first is filled. Their widgets are build's.
func (w *Window) connect() {
	sc := w.screen
	w.settings, w.sampler = newKeptSettings(sc), newSampler(sc, w.show)
	w.notifier, w.dialogs = &notifier{screen: sc}, &fileDialogs{screen: sc}
	w.copied, w.awake = &copied{screen: sc}, &awake{screen: sc}
	w.inboxes, w.tokens, w.intake, w.reviews = &inboxView{}, &tokenView{}, &intake{}, &reviewView{}
	w.commands, w.issuing, w.options = &commands{}, &issuing{}, &settingsView{}
	w.tray, w.menus, w.header, w.banner = &trayView{}, &menus{}, &header{}, &banner{}
	w.start, w.queue, w.practice = &startView{}, &queueView{}, &practiceView{}
	w.hours, w.undo = &keptHours{screen: sc}, &undoBar{}
	w.watched = &watchView{
		screen: sc, settings: w.settings, inboxes: w.inboxes, tokens: w.tokens,
		notifier: w.notifier, hours: w.hours,
	}
	w.notifier.folders = w.watched
	w.documents = &documentSender{screen: sc}
	w.notifier.documents = w.documents
	w.connection = &connectionView{screen: sc, dialogs: w.dialogs, inboxes: w.inboxes}

	*w.inboxes = inboxView{
		screen: sc, settings: w.settings, practice: w.practice, tokens: w.tokens,
		commands: w.commands, watched: w.watched, hours: w.hours,
	}
	*w.tokens = tokenView{
		screen: sc, settings: w.settings, inboxes: w.inboxes, intake: w.intake,
		commands: w.commands, practice: w.practice, start: w.start, watched: w.watched,
		hours: w.hours,
	}
	*w.intake = intake{
		screen: sc, dialogs: w.dialogs, inboxes: w.inboxes, tokens: w.tokens, reviews: w.reviews,
		start: w.start,
	}
	*w.reviews = reviewView{
		screen: sc, settings: w.settings, inboxes: w.inboxes, intake: w.intake,
		notifier: w.notifier, watched: w.watched,
	}
	*w.commands = commands{
		screen: sc, sampler: w.sampler, inboxes: w.inboxes, tokens: w.tokens, queue: w.queue,
		watched: w.watched, undo: w.undo, step: closed(),
	}
	*w.undo = undoBar{screen: sc, commands: w.commands}
	*w.issuing = issuing{
		screen: sc, inboxes: w.inboxes, practice: w.practice, copied: w.copied, dialogs: w.dialogs,
	}
	*w.options = settingsView{
		screen: sc, settings: w.settings, inboxes: w.inboxes, connection: w.connection,
		setLanguage: w.setLanguage, watched: w.watched, hours: w.hours,
	}
	*w.tray = trayView{
		screen: sc, settings: w.settings, sampler: w.sampler, intake: w.intake, tokens: w.tokens,
		commands: w.commands, quit: w.quitAsked, watched: w.watched,
	}
	receipts := &receipts{
		screen: sc, settings: w.settings, dialogs: w.dialogs, inboxes: w.inboxes, queue: w.queue,
	}
	*w.menus = menus{
		screen: sc, inboxes: w.inboxes, tokens: w.tokens, intake: w.intake, issuing: w.issuing,
		practice: w.practice, options: w.options, connection: w.connection, quit: w.quitAsked,
		watched: w.watched, history: &history{screen: sc, inboxes: w.inboxes, receipts: receipts},
	}
	*w.header = header{
		screen: sc, inboxes: w.inboxes, tokens: w.tokens, intake: w.intake, banner: w.banner,
		menus: w.menus,
	}
	*w.start = startView{
		screen: sc, inboxes: w.inboxes, tokens: w.tokens, intake: w.intake,
		begin: w.practice.begin,
	}
	*w.queue = queueView{
		screen: sc, settings: w.settings, sampler: w.sampler, inboxes: w.inboxes, intake: w.intake,
		commands: w.commands, practice: w.practice, banner: w.banner, awake: w.awake,
		receipts: receipts,
	}
	*w.banner = banner{
		screen: sc, inboxes: w.inboxes, tokens: w.tokens, intake: w.intake, commands: w.commands,
		options: w.options, connection: w.connection, room: w.roomForBanner,
		hours: w.hours,
	}
	*w.practice = practiceView{
		screen: sc, inboxes: w.inboxes, tokens: w.tokens, reviews: w.reviews, issuing: w.issuing,
		start: w.start,
	}
}

// build arranges the window's parts from top to bottom.
func (w *Window) build() fyne.CanvasObject {
	w.header.build()
	w.banner.build()
	w.practice.build()
	w.watched.build()
	w.start.build()
	w.queue.build()
	w.undo.build()
	pages := container.NewStack(w.start.box, w.queue.box)
	w.tag("drop", pages)
	w.ownTip = newTip(w.screen)
	all := container.New(&watchedLayout{atLeast{smallest}, w.resized}, container.NewStack(
		// Fyne paints the background
		column(0, 4, w.header.box, w.practice.box, w.watched.strip.box, w.banner.box, pages),
		w.undo.box, w.ownTip.layer))
	if w.config.Place == nil {
		return all
	}
	return container.NewStack(container.NewWithoutLayout(w.config.Place.Mark()), all)
}

// watchedLayout tells when the window's size changes.
type watchedLayout struct {
	atLeast
	changed func(fyne.Size)
}

func (l *watchedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.atLeast.Layout(objects, size)
	l.changed(size)
}
