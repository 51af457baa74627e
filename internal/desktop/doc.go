// Package desktop is the window's interface to the desktop, the same on all systems: find out
// whether there is a tray ([HasTray]), stay awake ([StayAwake]), show a file ([Reveal]), let the
// person pick files ([Choose]), start at login ([Login]), and allow only one window ([Claim],
// [Hand]).
package desktop
