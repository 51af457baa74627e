#!/bin/bash
# desktop: -t
# The program starts at login where the person says so, and waits in the tray until it is asked for.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
entry=$XDG_CONFIG_HOME/autostart/org.inboxuploader.desktop.desktop

# high enough for the whole of the settings down to the box
printf '%s\n' '{"width":900,"height":760,"stay_awake":true}' >"$UPLOADER_HOME/settings.json"
start
keys ctrl+comma
mark
click login
want login '"on":true' >/dev/null
sleep 0.3
shot 1-settings
[ -f "$entry" ] || fail "there is no entry"
xdotool windowmove "$WIN" 210 90
sleep 0.3
placed=$(position)
stop
say "the settings make it start at login"

# What a desktop does at login.
command=$(sed -n 's/^Exec=//p' "$entry")
STARTS=$((STARTS + 1)) SEEN=0
SAID=$OUT/said.$STARTS ERRS=$OUT/errors.$STARTS
# shellcheck disable=SC2086
eval "exec env UPLOADER_E2E=1 $command" >"$SAID" 2>"$ERRS" &
APP=$!
want hidden >/dev/null
tray wait
visible && fail "the window is there"
say "at login it stays in the tray"

"$UPLOADER" window --hidden || fail "a second start at login: exit status $?"
sleep 0.3
visible && fail "a second start at login brought the window"
tray click 'Show window'
WIN=$(timeout 20 xdotool search --sync --onlyvisible --name '^Inbox Uploader$' 2>/dev/null | tail -1)
[ -n "$WIN" ] || fail "there is no window"
xdotool windowactivate --sync "$WIN" 2>/dev/null
xdotool windowfocus --sync "$WIN" 2>/dev/null
sleep 0.5
tries=60
until [ "$(position)" = "$placed" ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || fail "it stood at $placed and stands at $(position)"
	sleep 0.05
done
shot 2-shown
mark
paste "$TOKEN"
want token '"usable":true' >/dev/null
click use
want used >/dev/null
keys ctrl+comma
mark
click login
want login '"on":false' >/dev/null
[ ! -e "$entry" ] || fail "the entry is still there"
say "it is shown by the tray where it was, works, and does not start at login any more"
stop

tray unwatch
start window --hidden
say "without a tray the window is shown"
stop
inbox_ends
clean
