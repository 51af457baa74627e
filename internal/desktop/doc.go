// Package desktop is what the window asks of the desktop around it, in one form for all systems:
// whether there is a tray ([HasTray]), to stay awake ([StayAwake]), to show a file ([Reveal]), to
// let files be picked ([Choose]), to be started at login ([Login]), and to have one window only
// ([Claim], [Hand]).
package desktop
