#!/bin/bash
# desktop: -t
# tasks: what five tasks take of a person who knows the program, in steps (a click, a key, a paste, a drag) and in seconds until what they
# want has come about. No journey, and asserts no time: prints a table for docs/BENCHMARKS.md. A step waits until what it needs is there.
#   ui/e2e/run tasks
. "$(dirname "$0")/person.sh"
STEPS=0
step() { STEPS=$((STEPS + 1)); "$@"; }
begin() { STEPS=0 BEGUN=$(date +%s%N); mark; }
# ends TASK writes a row; what the task waits for has come about.
ends() {
	row="| $1 | $STEPS | $(awk -v n=$(($(date +%s%N) - BEGUN)) 'BEGIN {printf "%.1f", n / 1e9}') |"
	rows="${rows:-}$row"$'\n'
	say "$row"
}
files() {
	mkdir -p "$1"
	local i
	for i in $(seq "$2"); do head -c 20000 /dev/urandom >"$1/scan_$i.nii"; done
}

inbox --lifetime 1m
address=$(sed 's#http://##; s#/.*##' <<<"$TOKEN")
slow_line 300000
line=$(sed 's#http://##; s#/.*##' <<<"$TOKEN")
files "$OUT/data/run_1" 20
start
begin
step paste "$TOKEN"; want token '"usable":true' >/dev/null
mark; step click use; want used >/dev/null
mark; step drop drop "$OUT/data/run_1"; want reviewed '"files":20' >/dev/null
mark; step click send; want delivered '"delivered":20' 60 >/dev/null
ends "first delivery"

files "$OUT/data/run_2" 40
mark; drop list "$OUT/data/run_2"; want reviewed '"files":40' >/dev/null
mark; click send; want sending >/dev/null; sleep 1
kill_it
sleep 60 # the token ends
inbox_ends
rm "$OUT/token.txt"
inbox --lifetime 48h --addr "$address"
TOKEN=${TOKEN/"$address"/"$line"}
start
begin
step paste "$TOKEN"; want token '"usable":true' >/dev/null
mark; step click use; want used >/dev/null
sleep 0.5
if sees resume_all; then step click resume_all; fi
want delivered '' 60 >/dev/null
ends "after a restart, with the next token"
same "$OUT/data/run_2"

files "$OUT/data/run_3" 10
mark; drop list "$OUT/data/run_3"; want reviewed '"files":10' >/dev/null
mkdir "$OUT/data/away"
for i in 1 2 3; do mv "$OUT/data/run_3/scan_$i.nii" "$OUT/data/away/"; done
mark; click send; want delivered '"need":3' 60 >/dev/null
sleep 0.5; shot missing
mv "$OUT/data/away/"* "$OUT/data/run_3/" # its reason is in sight: the files are gone
begin
step keys ctrl+r; want delivered '"need":0' 60 >/dev/null
ends "three files were not sent: send them"
same "$OUT/data/run_3"

begin
step click receipt
step dialog 'Save receipt' "$OUT/receipt.csv"
until [ -s "$OUT/receipt.csv" ]; do sleep 0.1; done
ends "hand the receipt over"

files "$OUT/data/run_4" 5
begin
step drop list "$OUT/data/run_4"; want reviewed '"files":5' >/dev/null
step click watch
mark; step click send; want watching >/dev/null
ends "keep a folder sending"
stop
kill "$LINE"
inbox_ends
printf '\n| task | steps | s |\n|---|---|---|\n%s' "$rows"
