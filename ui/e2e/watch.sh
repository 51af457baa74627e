#!/bin/bash
# desktop: -k -t -s 1280x900
# Keep sending a folder: what is there, what appears while the window is in the tray, what appears after a power cut; its disk goes and
# comes back; the hours of the day hold it back, until "Send now anyway". With LOOKS="light dark" also pictures of it in two sizes.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
data=$OUT/data/run_017
mkdir -p "$data/Thumbnail_Images"
for i in $(seq 5); do head -c $((i * 30000)) /dev/urandom >"$data/s_1_110$i.tif"; done
printf x >"$data/Thumbnail_Images/a.jpg"

# setting JSON changes these settings before the next start.
setting() {
	/usr/bin/python3 -c '
import json, os, sys
path = sys.argv[1] + "/settings.json"
now = json.load(open(path)) if os.path.exists(path) else {"stay_awake": True}
now.update(json.loads(sys.argv[2]))
json.dump(now, open(path, "w"))' "$UPLOADER_HOME" "$1"
}
setting '{"settle_seconds": 2, "width": 900, "height": 620, "appearance": "light"}'

start
mark; paste "$TOKEN"; want token '"usable":true' >/dev/null
mark; click use; want used >/dev/null; want kept '"kept":true' >/dev/null
mark; drop drop "$data"; want reviewed '"files":6' >/dev/null
shot 1-review
click watch; sleep 0.3
shot 2-keep-sending
mark; click send; want watching '"folders":1' >/dev/null
want watched '"growing"' >/dev/null; sleep 0.3
shot 3-begun
want delivered '"delivered":6' >/dev/null
want notification '6 new files delivered' >/dev/null
sleep 0.5; shot 4-delivered
same "$data"
say "what was there is sent"
click watched; sleep 0.3; shot 5-folders; click cancel

tray wait
mark; keys alt+F4; want told >/dev/null; sleep 0.3; shot 6-to-the-tray
click hide; want close-to-tray >/dev/null; sleep 0.3
visible && fail "the window is not hidden"
mark
printf 'new' >"$data/RunInfo.xml"
want delivered '"delivered":7' >/dev/null
want notification '1 new file delivered' 90 >/dev/null
sleep 0.5
grep -q 'new file delivered' "$OUT/notifications.log" || fail "no notification"
grep -q 'run_017\|RunInfo\|tif' "$OUT/notifications.log" && fail "a notification names a file"
same "$data"
tray menu >"$OUT/tray.menu"
grep -q 'Watching 1 folder' "$OUT/tray.menu" || fail "the tray does not say so: $(cat "$OUT/tray.menu")"
say "what appears while the window is in the tray is sent, and told without a name"

mark; tray click Quit; want told 'Folders are being watched' >/dev/null; sleep 0.5; shot 7-quit
click stay
mark; mv "$data" "$data.away"; want watched '"disk"' >/dev/null; sleep 0.3; shot 8-no-disk
mark; mv "$data.away" "$data"; want watched '"quiet"' >/dev/null
say "it waits for the disk"
kill_it
printf 'later' >"$data/later.txt"
start
want delivered '"delivered":8' >/dev/null
same "$data"
say "after a power cut it goes on by itself, with the token from the keyring"
stop

from=$(date -d '+2 hours' +%H:%M) to=$(date -d '+3 hours' +%H:%M)
setting "{\"between\": \"$from-$to\"}"
start
mark; printf 'at night' >"$data/night.txt"
want trouble outside-hours >/dev/null; sleep 0.5
shot 9-hours
tray menu >"$OUT/tray.menu"
grep -q "Waiting until .*$from" "$OUT/tray.menu" || fail "the tray does not say so: $(cat "$OUT/tray.menu")"
mark; click send_anyway; want delivered '"delivered":9' >/dev/null
same "$data"
say "outside the hours it waits, and sends if the person wants it"
stop

n=0
for look in ${LOOKS:-}; do
	for size in 900x620 480x360; do
		n=$((n + 1))
		setting "{\"between\": \"$from-$to\", \"appearance\": \"$look\", \"width\": ${size%x*}, \"height\": ${size#*x}}"
		start
		mark; printf x >"$data/picture_$n.txt"; want trouble outside-hours >/dev/null; sleep 0.5
		shot "$look-$size-1-hours"
		click watched; sleep 0.3; shot "$look-$size-2-folders"; click cancel
		mkdir "$OUT/data/scan_$n"; printf x >"$OUT/data/scan_$n/a.nii"
		mark; drop drop "$OUT/data/scan_$n"; want reviewed >/dev/null
		keys shift+Tab shift+Tab; sleep 0.2; keys space; sleep 0.3; shot "$look-$size-3-review"; click cancel
		keys ctrl+comma; sleep 0.4; shot "$look-$size-4-settings"; keys Page_Down; sleep 0.3; shot "$look-$size-5-settings"; click cancel
		mv "$data" "$data.away"; sleep 3; shot "$look-$size-6-no-disk"; mv "$data.away" "$data"
		mark; click send_anyway; want delivered >/dev/null; sleep 0.5; shot "$look-$size-7-delivered"
		stop
	done
done
inbox_ends
clean
