#!/bin/bash
# desktop: -k -t
# Pause and resume; then a power cut, a new start, and "Resume pending uploads" in the tray. The token comes from the keyring, the queue
# from the disk, and every byte arrives once.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
slow_line 8000000
data=$OUT/data/run_018
mkdir -p "$data/small"
for i in $(seq 300); do head -c 20000 /dev/urandom >"$data/small/s$i.dat"; done
head -c 90000000 /dev/urandom >"$data/large.bin"

start
mark; paste "$TOKEN"; want token '"usable":true' >/dev/null
mark; click use; want used >/dev/null; want kept '"kept":true' >/dev/null
say "the token is in the keyring"
mark; drop drop "$data"; want reviewed '"files":301' >/dev/null
click send; want sending >/dev/null; sleep 2
shot sending
mark; click pause_all; want paused >/dev/null; sleep 1.5
shot paused
mark; click resume_all; want resumed >/dev/null
say "paused and resumed"
sleep 1.5
kill_it
say "the power is cut"

start
shot after-the-cut
tray wait
tray menu >"$OUT/tray.menu"
grep -q 'Resume pending uploads (' "$OUT/tray.menu" || fail "the tray does not offer to resume: $(cat "$OUT/tray.menu")"
mark
tray click 'Resume pending uploads'
want resumed >/dev/null
want delivered '"total":301' 120 >/dev/null
shot delivered
same "$data"
say "resumed from the tray; every byte is there"
stop
kill "$LINE"
inbox_ends
clean
