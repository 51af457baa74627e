#!/bin/bash
# desktop: -s 1280x900
# What the window says is true after a kill without a keyring: which inbox needs its token, that nothing goes on, and that Del asks.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
slow_line 2000000
data=$OUT/data/run_019
mkdir -p "$data"
for i in $(seq 30); do head -c 300000 /dev/urandom >"$data/sample_$i.fastq"; done
start
mark; paste "$TOKEN"; want token '"usable":true' >/dev/null; click use; want used >/dev/null
mark; drop drop "$data"; want reviewed '"files":30' >/dev/null
rm "$data/sample_7.fastq"
click send; want sending >/dev/null; sleep 1.5
kill_it

start
sleep 1
shot 1-after-the-kill
mark; click resume_all
want resumed >/dev/null
sleep 0.5
shot 2-which-token
keys Escape
want trouble token-needed >/dev/null
sleep 0.5
shot 3-cancelled
say "the window says which inbox needs its token"

mark; click list; keys ctrl+a; sleep 0.5; keys Delete
want removed >/dev/null
sleep 0.5
shot 4-removed
mark; keys ctrl+z
want "put back" >/dev/null
sleep 0.5
say "what Del removes can be put back"

FIRST=$TOKEN FIRST_INBOX=$INBOX FIRST_DIR=$INBOX_DIR
rm "$OUT/token.txt"
INBOX_DIR=$OUT/inbox2
"$UPLOADER" inbox serve --dir "$INBOX_DIR" --container lung-1 --print-token "$OUT/token.txt" --lifetime 48h >"$OUT/inbox2.log" 2>&1 &
INBOX=$!
until [ -s "$OUT/token.txt" ]; do sleep 0.05; kill -0 "$INBOX" || fail "no second inbox: $(cat "$OUT/inbox2.log")"; done
mark; paste "$(cat "$OUT/token.txt")"; want token '"usable":true' >/dev/null; click use; want used >/dev/null
mark; drop drop "$data"; want reviewed '"files":29' >/dev/null
click send; want sending >/dev/null; sleep 2
shot 5-two-inboxes
mark; click paste
sleep 0.5; keys Escape
clip "$FIRST"
mark; paste "$FIRST"; want token '"usable":true' >/dev/null; click use; want used >/dev/null
want delivered '"need":1' 90 >/dev/null
sleep 0.5
shot 6-one-missing
say "two inboxes are told apart, and what was missing is named"
stop
kill "$LINE" "$FIRST_INBOX"
inbox_ends
clean
