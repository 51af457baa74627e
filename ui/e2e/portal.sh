#!/bin/bash
# "Add files…", "Add a folder…" and "Save receipt…" in the desktop's own dialog, which its portal opens: several files at once, a folder,
# nothing. Then the same without a portal, in Fyne's dialog, which Esc closes.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
data=$OUT/data/visit
mkdir -p "$data" "$OUT/data/run_017"
printf 'a\n' >"$data/a.txt"
printf 'b\n' >"$data/50% saline + 5 µg (#3).csv"
printf 'c\n' >"$data/心拍数 1.csv"
printf 'd\n' >"$OUT/data/run_017/d.txt"

start
mark; paste "$TOKEN"; want token >/dev/null; click use; want used >/dev/null

mark
keys ctrl+o
dialog 'Add files' "$data/"
keys ctrl+a
shot dialog root
keys Return
want added '"files":3,"missing":0' >/dev/null
want reviewed '"files":3' >/dev/null
say "three files are picked at once"

mark
xdotool windowactivate --sync "$WIN" 2>/dev/null
click send
want delivered '"delivered":3' >/dev/null
for f in "$data"/*; do cmp "$f" "$INBOX_DIR/practice-1/$(basename "$f")" || fail "the file differs"; done

mark
click receipt
dialog 'Save receipt'
shot receipt root
keys Return
want receipt >/dev/null
grep -q 'a\.txt' "$HOME"/Receipt*.csv || fail "the receipt does not name the files: $(ls -la "$HOME")"
xdotool windowactivate --sync "$WIN" 2>/dev/null
mark
click receipt
dialog 'Save receipt'
keys Escape
xdotool windowactivate --sync "$WIN" 2>/dev/null
sees menu || fail "a dialog of the window's own opens after the desktop's was closed"
tail -n +$((SEEN + 1)) "$SAID" | grep -q '"event":"receipt"' && fail "nothing was named, and a receipt was saved"
say "a receipt is saved where the person says"

mark
keys ctrl+shift+o
dialog 'Add a folder' "$OUT/data/run_017"
xdotool search --onlyvisible --name '^Add a folder$' >/dev/null 2>&1 && keys Return # the first one took what the dialog had completed
want reviewed '"files":1' >/dev/null
say "a folder is picked"
xdotool windowactivate --sync "$WIN" 2>/dev/null
click cancel

mark
keys ctrl+o
dialog 'Add files'
keys Escape
xdotool windowactivate --sync "$WIN" 2>/dev/null
tail -n +$((SEEN + 1)) "$SAID" | grep -q '"event":"added"' && fail "nothing was picked, and something was added"
sees menu || fail "the window is not as it was"
say "picking nothing changes nothing"
stop

# opened NUMBER waits until Fyne's dialog is open (1), or not any more (0).
opened() {
	local tries=40
	while [ $tries -gt 0 ]; do
		if sees menu; then [ "$1" = 0 ] && return; else [ "$1" = 1 ] && return; fi
		sleep 0.1
		tries=$((tries - 1))
	done
	fail "Fyne's dialog is $([ "$1" = 1 ] && echo not open || echo open still)"
}
DBUS_SESSION_BUS_ADDRESS=unix:path=$OUT/none start
sees cancel && click cancel # it asks for the token, which no keyring can be asked for
click receipt
opened 1
shot fynes
keys Return # there is such a file, so it asks
sleep 0.5
shot fynes-asks
keys Escape
opened 1
keys Escape
opened 0
keys ctrl+o
opened 1
keys Tab Tab Escape
opened 0
say "Esc closes Fyne's dialogs, wherever the keyboard is"
stop
inbox_ends
clean
