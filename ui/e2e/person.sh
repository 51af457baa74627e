# person.sh: what a person does with the program, and what they see of it. Source it in a journey, on the desktop of ./desktop:
# $OUT is the journey's folder, $UPLOADER the program.
#
# The program speaks with UPLOADER_E2E=1: one JSON object a line, see CONTRIBUTING.md. "want" waits for one that came after "mark".
E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export UPLOADER_HOME=$OUT/state
mkdir -p "$UPLOADER_HOME"
STARTS=0 APP='' WIN='' SEEN=0

say() { echo "  $*"; }
fail() {
	echo "FAIL: $*" >&2
	shot fail root 2>/dev/null
	local p
	for p in $APP ${INBOX:-} ${LINE:-}; do kill "$p" 2>/dev/null; done
	tail -n 8 "$SAID" "$ERRS" >&2
	exit 1
}

# start [ARGUMENT...] runs the program and waits for its window.
start() {
	STARTS=$((STARTS + 1)) SEEN=0
	SAID=$OUT/said.$STARTS ERRS=$OUT/errors.$STARTS
	UPLOADER_E2E=1 "$UPLOADER" "$@" >"$SAID" 2>"$ERRS" &
	APP=$!
	want started >/dev/null
	WIN=$(timeout 20 xdotool search --sync --onlyvisible --name '^Inbox Uploader$' 2>/dev/null | tail -1)
	[ -n "$WIN" ] || fail "there is no window"
	xdotool windowactivate --sync "$WIN" 2>/dev/null
	sleep 0.3
}
# stop ends it as a desktop does at logout, kill_it as a power cut.
stop() { kill "$APP" 2>/dev/null; wait "$APP"; local code=$?; APP=''; return $code; }
kill_it() { kill -9 "$APP"; wait "$APP" 2>/dev/null; APP=''; }

# position prints where the window stands on the screen.
position() { xwininfo -id "$WIN" | awk '/Absolute/ {printf "%s ", $NF}'; }

mark() { SEEN=$(wc -l <"$SAID"); }
# want EVENT [TEXT] [SECONDS] prints the first event of that name after the mark whose line has the text.
want() {
	local until=$((SECONDS + ${3:-20})) line
	while [ $SECONDS -le $until ]; do
		line=$(tail -n +$((SEEN + 1)) "$SAID" 2>/dev/null | grep -F "\"event\":\"$1\"" | grep -F -- "${2:-}" | head -1)
		[ -n "$line" ] && { printf '%s\n' "$line"; return; }
		kill -0 "$APP" 2>/dev/null || fail "the program ended while $1 was waited for"
		sleep 0.05
	done
	fail "no event “$1” ${2:-}"
}
# field NAME takes a field out of an event on stdin.
field() { /usr/bin/python3 -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1"; }

# place NAME prints "X Y", the middle of a visible widget in pixels of the window.
place() {
	local from tries=60 found
	from=$(wc -l <"$SAID")
	kill -USR2 "$APP"
	while [ $tries -gt 0 ]; do
		found=$(tail -n +$((from + 1)) "$SAID" | grep -F '"event":"where"' | tail -1)
		[ -n "$found" ] && break
		sleep 0.05
		tries=$((tries - 1))
	done
	printf '%s\n' "$found" | /usr/bin/python3 -c '
import json, sys
w = json.loads(sys.stdin.readline() or "{}").get("widgets", {}).get(sys.argv[1])
if not w: sys.exit(1)
print(w["x"] + w["w"] // 2, w["y"] + w["h"] // 2)' "$1"
}
sees() { place "$1" >/dev/null; }
# look NAME is place for a widget that may come within seconds: what is delivered is told before it is drawn.
look() {
	local tries
	for tries in 1 2 3 4 5 6; do
		place "$1" && return
		sleep 0.5
	done
	return 1
}
click() {
	local p
	p=$(look "$1") || fail "there is no widget $1 in sight"
	# shellcheck disable=SC2086
	xdotool mousemove --window "$WIN" $p
	sleep 0.1
	xdotool click "${2:-1}"
	sleep 0.25
}
keys() { xdotool key "$@"; sleep 0.15; }
# clip puts a text on the clipboard, which a program in the background serves.
clip() { printf %s "$1" | xclip -selection clipboard -i >/dev/null 2>&1; }
paste() { clip "$1"; keys ctrl+v; sleep 0.2; }
# drop NAME PATH... drags files from another program's window onto a widget.
drop() {
	local name=$1 p
	shift
	p=$(look "$name") || fail "there is no widget $name in sight"
	/usr/bin/python3 "$E2E/drop.py" --to "$WIN" --at "${p/ /,}" "$@" >>"$OUT/drop.log" || fail "the drop failed: $(tail -1 "$OUT/drop.log")"
}
# dialog TITLE [PATH] waits for the desktop's dialog and lets it go to a path.
dialog() {
	DIALOG=$(timeout 20 xdotool search --sync --onlyvisible --name "^$1\$" 2>/dev/null | tail -1)
	[ -n "$DIALOG" ] || fail "the desktop's dialog “$1” did not open"
	xdotool windowactivate --sync "$DIALOG" 2>/dev/null
	sleep 0.5
	# The window manager keeps it in front of the window that it is for.
	xprop -id "$DIALOG" WM_TRANSIENT_FOR | grep -qi "$(printf '0x%x' "$WIN")" || fail "the dialog “$1” does not belong to the window"
	[ -n "${2:-}" ] || return 0
	keys alt+Home # from the files that were used last, where no path can be chosen
	sleep 0.3
	keys ctrl+l
	sleep 0.3
	clip "$2"
	keys ctrl+a ctrl+v
	sleep 0.5
	keys Return
	sleep 1 # it reads the folder
}
tray() { /usr/bin/python3 "$E2E/tray.py" "$@"; }
visible() { xdotool search --onlyvisible --name '^Inbox Uploader$' >/dev/null 2>&1; }
# shot NAME [WINDOW] takes a picture of the window, or of all with WINDOW root.
shot() {
	mkdir -p "$OUT/shots"
	import -silent -window "${2:-$WIN}" "$OUT/shots/$1.png"
}

# inbox [ARGUMENT...] starts a local inbox in $OUT/inbox and sets TOKEN.
inbox() {
	INBOX_DIR=$OUT/inbox
	"$UPLOADER" inbox serve --dir "$INBOX_DIR" --print-token "$OUT/token.txt" "$@" >"$OUT/inbox.log" 2>&1 &
	INBOX=$!
	local tries=200
	while [ ! -s "$OUT/token.txt" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "the inbox did not start: $(cat "$OUT/inbox.log")"
		sleep 0.05
	done
	TOKEN=$(cat "$OUT/token.txt")
}
inbox_ends() { kill "$INBOX" 2>/dev/null; wait "$INBOX" 2>/dev/null; }
# same FOLDER compares every byte of a folder with what the inbox has of it.
same() { diff -r "$1" "$INBOX_DIR/practice-1/$(basename "$1")" || fail "the inbox differs from $1"; }

# clean looks for what must never be: calls on the wrong thread, panics, races, and a signature anywhere.
clean() {
	grep -l 'Error in Fyne call thread\|DATA RACE\|^panic:' "$OUT"/errors.* && fail "$(grep -h -m3 -A3 'Error in Fyne\|DATA RACE\|^panic' "$OUT"/errors.*)"
	local signature
	signature=$(sed -n 's/.*[?&]sig=\([^&]*\).*/\1/p' "$OUT/token.txt" | head -1)
	[ -n "$signature" ] || fail "the token has no signature to look for"
	if grep -rlF --exclude=token.txt -e "$signature" "$OUT"/said.* "$OUT"/errors.* "$OUT/state" "$OUT/home" "$OUT/notifications.log" 2>/dev/null; then
		fail "the signature stands in a file"
	fi
}

# slow_line BYTES_PER_SECOND makes TOKEN lead to the inbox over a slow line, of process LINE.
slow_line() {
	local port tries=200
	port=$(sed -n 's|^http://127.0.0.1:\([0-9]*\)/.*|\1|p' <<<"$TOKEN")
	/usr/bin/python3 "$E2E/slow.py" "$port" "$1" >"$OUT/line.port" 2>"$OUT/line.log" &
	LINE=$!
	while [ ! -s "$OUT/line.port" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "the line did not start"
		sleep 0.05
	done
	TOKEN=${TOKEN/127.0.0.1:$port/127.0.0.1:$(cat "$OUT/line.port")}
}
pull_cable() { kill -USR1 "$LINE"; }
plug_cable() { kill -USR2 "$LINE"; }
