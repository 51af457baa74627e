#!/bin/bash
# desktop: -s 1000x700
# Every reason not to start is a window or a box: the state folder, a second start that nobody answers, damaged settings.
. "$(dirname "$0")/person.sh"

# refused NAME [COMMAND...] starts the program as an icon does, waits for the box, takes its picture and closes it by Esc or Enter.
refused() {
	local name=$1 box tries=200
	shift
	"$@" "$UPLOADER" >"$OUT/$name.out" 2>"$OUT/$name.err" </dev/null &
	APP=$!
	while ! box=$(xdotool search --onlyvisible --name "${BOX:-^Inbox Uploader$}" 2>/dev/null | tail -1) || [ -z "$box" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat "$OUT/$name.err" >&2; shot "fail-$name" root; kill -9 "$APP"; echo "FAIL: $name: there is no box" >&2; exit 1; }
		sleep 0.1
	done
	xdotool windowactivate --sync "$box" 2>/dev/null
	sleep 2
	shot "$name" root
	keys Return
	tries=100
	while kill -0 "$APP" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { kill -9 "$APP"; echo "FAIL: $name: it does not end" >&2; exit 1; }
		sleep 0.1
	done
	wait "$APP"
	CODE=$?
	APP=''
	[ $CODE != 0 ] || { echo "FAIL: $name: it ended with 0" >&2; exit 1; }
	grep -q "$EXPECTED" "$OUT/$name.err" || { cat "$OUT/$name.err" >&2; echo "FAIL: $name: not on stderr" >&2; exit 1; }
	say "$name: a box, then exit $CODE"
}

printf 'a file' >"$OUT/no-folder"
EXPECTED="can't be written" refused state-folder env UPLOADER_HOME="$OUT/no-folder/state"

mkdir -m 700 "$OUT/silent"
exec 9>"$OUT/silent/window.lock"
flock 9
EXPECTED="does not respond" refused second-start env UPLOADER_HOME="$OUT/silent"
exec 9>&-

printf '{"width": ' >"$UPLOADER_HOME/settings.json"
start
want told "could not be read and were reset" >/dev/null
shot damaged-settings
[ -s "$UPLOADER_HOME/settings.json.damaged" ] || fail "the old settings are gone"
stop
say "damaged settings are said, and kept"
