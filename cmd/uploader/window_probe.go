//go:build cgo && !nogui

package main

import "github.com/go-gl/glfw/v3.4/glfw"

// drawProblem says why no window can be drawn on this display, or nothing; it tries with an
// invisible one. Fyne finds out only when it runs: on Windows it then neither opens a window nor
// ends, elsewhere it panics. drawProblem terminates GLFW again, since Fyne starts it with its own
// hints. It belongs to the program's first goroutine.
func drawProblem() (problem string) {
	const noOpenGL = "This display lacks OpenGL, which the window needs. Some remote desktops " +
		"and virtual machines have none."
	defer func() {
		if recover() != nil { // GLFW reports what its caller did not expect
			problem = noOpenGL
		}
	}()
	if glfw.Init() != nil {
		return "The display can't be reached."
	}
	defer glfw.Terminate()
	glfw.WindowHint(glfw.Visible, glfw.False)
	w, err := glfw.CreateWindow(1, 1, "", nil, nil)
	if err != nil || w == nil {
		return noOpenGL
	}
	w.Destroy()
	return ""
}
