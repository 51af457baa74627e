#!/bin/bash
# desktop: -t
# figures: how fast the window is, on this machine. No journey, and asserts nothing: prints a table for docs/BENCHMARKS.md.
#   ui/e2e/run figures
. "$(dirname "$0")/person.sh"
FILES=${FILES:-100000}
ticks() { awk '{sub(/.*\) /, ""); print $12 + $13}' "/proc/$1/stat"; }
# load SECONDS prints the share of one core that the window takes for so long.
load() {
	local before after
	before=$(ticks "$APP")
	sleep "$1"
	after=$(ticks "$APP")
	awk -v t=$((after - before)) -v s="$1" -v hz="$(getconf CLK_TCK)" 'BEGIN {printf "%.1f %%", 100 * t / hz / s}'
}
memory() { awk '/^VmHWM|^RssAnon/ {printf "%s %d MB  ", $1, $2 / 1024}' "/proc/$APP/status"; }
row() { printf '| %s | %s |\n' "$1" "$2"; }

frames=$(for i in 1 2 3 4 5; do
	xsetroot -solid black 2>/dev/null
	UPLOADER_HOME=$OUT/first.$i /usr/bin/python3 "$E2E/firstframe.py" "$UPLOADER"
	sleep 0.5
done | sort -n | sed -n 3p)

inbox --lifetime 48h
slow_line 150000
data=$OUT/data/many
/usr/bin/python3 - "$data" "$FILES" <<'P'
import os, sys
for i in range(int(sys.argv[2])):
    d = os.path.join(sys.argv[1], f'{i // 1000:03d}')
    if i % 1000 == 0: os.makedirs(d)
    with open(os.path.join(d, f'{i:06d}.txt'), 'wb') as f: f.write(b'x' * 2000)
P
start
empty=$(sleep 2; load 20)
mark; paste "$TOKEN"; want token >/dev/null; click use; want used >/dev/null
mark; drop drop "$data"; want reviewed "\"files\":$FILES" 60 >/dev/null
mark
# How long the window takes to answer a signal, which its own thread does, while the files are added.
/usr/bin/python3 "$E2E/answers.py" "$APP" "$SAID" "\"total\":$FILES" >"$OUT/answers" &
asked=$!
click send
want progress "\"total\":$FILES" 120 >/dev/null
wait $asked
sleep 3
mark
sending=$(load 20)
refreshes=$(tail -n +$((SEEN + 1)) "$SAID" | grep -c '"event":"progress"')
used=$(memory)
mark; click pause_all; want paused >/dev/null
sleep 5
paused=$(load 20)
echo
row "start to first frame, median of 5" "$frames ms"
row "idle, nothing in the list" "$empty of a core"
row "adding $FILES files: longest wait of an input" "$(cat "$OUT/answers")"
row "sending, $FILES rows, $((refreshes / 20)) refreshes a second" "$sending of a core"
row "memory" "$used"
row "idle, $FILES rows, all paused" "$paused of a core"
kill_it
kill "$LINE"
inbox_ends
