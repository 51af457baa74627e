package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// someTray is an application with a tray, which Fyne's test application has not.
type someTray struct {
	menus []*fyne.Menu
	icons []fyne.Resource
}

var _ desktop.App = (*someTray)(nil)

func (s *someTray) SetSystemTrayMenu(m *fyne.Menu)    { s.menus = append(s.menus, m) }
func (s *someTray) SetSystemTrayIcon(r fyne.Resource) { s.icons = append(s.icons, r) }
func (s *someTray) SetSystemTrayWindow(fyne.Window)   {}
