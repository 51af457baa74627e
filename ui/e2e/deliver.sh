#!/bin/bash
# The whole way of a person who never saw the program: paste, drop, review, send; pause, resume; a power cut; the tray; every byte.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
data=$OUT/data/run_017
mkdir -p "$data/visit 1"
for i in $(seq 40); do head -c $((i * 1000)) /dev/urandom >"$data/visit 1/sample $i.fastq"; done
head -c 60000000 /dev/urandom >"$data/large.bin"
printf 'names\n' >"$data/50% saline + 5 µg (#3) & more.csv"
printf 'more\n' >"$data/心拍数.csv"
printf 'x\n' >"$OUT/data/a b#c%20d?e.txt"

start
shot 1-start
paste "$TOKEN"
want token '"usable":true' >/dev/null
shot 2-token
mark
click use
want used >/dev/null
say "the token is pasted and in use"

mark
drop drop "$data" "$OUT/data/a b#c%20d?e.txt"
want added '"files":2' >/dev/null
want reviewed '"files":44' >/dev/null
shot 3-review
say "a folder and a file with an odd name are dropped and reviewed"

mark
click send
want sending >/dev/null
want delivered '"delivered":44' 60 >/dev/null
shot 4-delivered
same "$data"
cmp "$OUT/data/a b#c%20d?e.txt" "$INBOX_DIR/practice-1/a b#c%20d?e.txt" || fail "the file differs"
say "everything is delivered, every byte the same"
grep -q 'Everything is in the inbox' "$OUT/notifications.log" || fail "no notification"
grep -q 'run_017\|large.bin\|fastq' "$OUT/notifications.log" && fail "a notification names a file"

mark
click clear
want cleared >/dev/null
sees undo || fail "it can't be undone"
mark; click undo
want "put back" >/dev/null
sleep 0.3
sees clear || fail "what was cleared is not back"
mark
click clear
want settled '"files":44' 20 >/dev/null
sees paste || fail "the first page is not back"
say "cleared"

tray wait
mark
keys alt+F4
want told >/dev/null
click hide
want close-to-tray >/dev/null
sleep 0.3
visible && fail "the window is not hidden"
tray click 'Show window'
sleep 0.5
visible || fail "the window is not back"
say "closed to the tray and back"

tray click Quit
wait "$APP" || fail "exit status $?"
APP=''
inbox_ends
clean
