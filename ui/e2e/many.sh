#!/bin/bash
# desktop: -t
# 10,000 files: dropped one by one as far as the desktop can, and as a folder; from a second start; and still no wait for the window.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
data=$OUT/data/many
mkdir -p "$data"
/usr/bin/python3 - "$data" <<'P'
import os, sys
for i in range(10000):
    with open(os.path.join(sys.argv[1], f'{i:05d}.txt'), 'w') as f: f.write(str(i))
P
start
mark; paste "$TOKEN"; want token >/dev/null; click use; want used >/dev/null
mark; drop drop "$data"
want reviewed '"files":10000' 30 >/dev/null
click cancel
drop drop --hold "$data"
sleep 2
grep -q '"event":"drop lost"' "$SAID" && fail "a drop that arrived, or was not made, is said to be lost"
mark
seq -f "$data/%05.0f.txt" 0 9999 >"$OUT/list.all"
drop drop --from-file "$OUT/list.all"
want 'drop lost' >/dev/null
want trouble drop-lost >/dev/null
sleep 1
shot drop-lost
say "10,000 files dropped one by one: the window says to drop their folder"
for i in $(seq 0 1999); do printf '%s/%05d.txt\n' "$data" "$i"; done >"$OUT/list"
mark; drop drop --from-file "$OUT/list"
want reviewed '"files":2000' >/dev/null
say "2,000 files dropped one by one"
click cancel

mark
"$UPLOADER" "$data" || fail "the second start failed"
want reviewed '"files":10000' 30 >/dev/null
say "a second start hands its folder to the window"
mark; click send; want sending >/dev/null
want delivered '"delivered":10000' 120 >/dev/null
same "$data"
shot delivered
say "10,000 files delivered, every byte the same"
stop
inbox_ends
clean
