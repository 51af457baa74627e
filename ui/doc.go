// Package ui is the program's window: what a person sees of the queue, and every word that only a
// window needs.
//
// Call [New] with a [Config], then [Window.Run]. The window samples the queue: one goroutine looks
// at it at most ten times a second and hands what it saw to Fyne's thread in one piece, never a
// second one before the first is shown. Rows are read when they come into sight. Nothing here
// blocks Fyne's thread, and no cost grows with the length of the queue.
//
// A [Window] is small: it holds the views and what they share. Each view (queueView, reviewView,
// tokenView, trayView, …) has its own type in files named after it, is made on a screen, and knows
// the other views that connect gives it.
//
// The package never imports fyne/v2/app, so that it compiles and is tested without a C compiler, a
// graphics library or a screen; cmd/uploader hands it a [fyne.App].
package ui
