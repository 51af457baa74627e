#!/bin/bash
# desktop: -t -s 2100x1500
# Pictures of every view, light and dark, at the smallest size, a usual one and double scale, into shots/.
. "$(dirname "$0")/person.sh"
inbox --lifetime 150h
data=$OUT/data/run_017
mkdir -p "$data/visit 1"
for i in $(seq 30); do head -c $((i * 40000)) /dev/urandom >"$data/visit 1/S08$((10 + i))_R1.fastq"; done
printf 'x\n' >"$data/a very long name of a file that nobody wants to read to its end but that has to be told from its neighbours, part 12 of 14.csv"
printf 'x\n' >"$data/.DS_Store"
ln -s nowhere "$data/link"
ended=$(sed 's/&se=[^&]*/\&se=2020-01-01T00%3A00%3A00Z/; s/&st=[^&]*/\&st=2019-12-01T00%3A00%3A00Z/' <<<"$TOKEN")

# views NAME takes the pictures of one look.
views() {
	local look=$1
	start
	shot "$look-1-start"
	mark; paste "$ended"; want token >/dev/null; sleep 0.3; shot "$look-2a-token-ended"; click cancel
	mark; paste "not a token at all"; want token >/dev/null; sleep 0.3; shot "$look-2b-no-token"; click cancel
	mark; paste "$TOKEN"; want token >/dev/null; sleep 0.3; shot "$look-2-token"
	mark; click use; want used >/dev/null; sleep 0.3; shot "$look-3-ready"
	mark; drop drop "$data"; want reviewed >/dev/null; sleep 0.3; shot "$look-4-review"
	mark; click send; want delivered '' 60 >/dev/null; sleep 0.5; shot "$look-6-delivered"
	click menu; sleep 0.3; shot "$look-7-menu"; keys Escape
	keys ctrl+comma; sleep 0.4; shot "$look-8-settings"; click cancel
	stop
	rm -rf "$UPLOADER_HOME"/journal* "$UPLOADER_HOME"/queue* "$INBOX_DIR"/practice-1/run_017
}
# settings JSON makes the next start have these.
settings() { mkdir -p "$UPLOADER_HOME"; printf '%s\n' "$1" >"$UPLOADER_HOME/settings.json"; }

for look in ${LOOKS:-light dark}; do
	settings '{"appearance":"'"$look"'","width":1000,"height":700,"stay_awake":true}'
	views "$look-1000x700"
	settings '{"appearance":"'"$look"'","width":480,"height":360,"stay_awake":true}'
	views "$look-480x360"
	settings '{"appearance":"'"$look"'","width":1000,"height":700,"stay_awake":true}'
	FYNE_SCALE=2 views "$look-double"
done
inbox_ends
clean
