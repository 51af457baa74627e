// Package ui is the program's window: what a person sees of the queue, and every word that only a
// window needs.
//
// Call [New] with a [Config], then [Window.Run]. The window samples the queue: one goroutine takes
// a sample at most ten times a second and passes it to Fyne's thread in one piece, and never takes
// the next before that one is shown. Rows are read when they come into sight. Nothing here blocks
// Fyne's thread, and no cost grows with the length of the queue.
//
// A [Window] is small: it holds the views and what they share. Each view (queueView, reviewView,
// tokenView, trayView, …) has its own type in files named after it, is created on a screen, and
// knows the other views that connect gives it.
//
// The package never imports fyne/v2/app, so it compiles and its tests run without a C compiler, a
// graphics library or a screen; cmd/uploader gives it a [fyne.App].
package ui
