#!/bin/bash
# desktop: -t
# No keyring, and a token that ends while files are sent: they wait, calmly, and go on with the next one.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
slow_line 3000000
short=$TOKEN
data=$OUT/data/run_019
mkdir -p "$data"
for i in $(seq 60); do head -c 300000 /dev/urandom >"$data/s$i.dat"; done

start
mark; paste "$short"; want token '"usable":true' >/dev/null
mark; click use; want used >/dev/null; want kept '"kept":false' >/dev/null
sleep 0.3; shot no-keyring
say "without a keyring the token is kept until the end of the program"
mark; drop drop "$data"; want reviewed '"files":60' >/dev/null
click send; want sending >/dev/null; sleep 1
mark; pull_cable
want trouble '"reason":"network-down"' 60 >/dev/null
sleep 0.5; shot no-network
say "the cable is pulled, and it is said"
mark; plug_cable
want delivered '"delivered":60' 90 >/dev/null
same "$data"
say "it went on by itself"

mark; click clear; want cleared >/dev/null

# The practice inbox ends its token at the touch of a switch.
stop
start
mark; click practice; want reviewed >/dev/null
click cancel
click end_token; want "token ended" >/dev/null
mark; drop drop "$data/s1.dat" "$data/s2.dat"; want reviewed '"files":2' >/dev/null
mark; click send; want trouble '"reason":"expired"' 60 >/dev/null
sleep 0.5; shot ended
say "the token has ended, and it is said"
mark; keys ctrl+v; want token '"usable":true' >/dev/null
click use; want used >/dev/null; want delivered '"delivered":2' 60 >/dev/null
say "the next token goes on"
stop
kill "$LINE"
inbox_ends
clean
