#!/bin/bash
# desktop: -k -t -s 2100x1500
# Pictures of every view, light and dark, at the smallest size, a usual one and double scale, into shots/. LOOKS="light dark" and
# LANGUAGES="en de fr es ja" say which; the languages are taken from the environment, as the system's would be.
. "$(dirname "$0")/person.sh"
inbox --lifetime 150h
slow_line 4000000
ended=$(sed 's/\([?&]\)se=[^&]*/\1se=2020-01-01T00%3A00%3A00Z/; s/\([?&]\)st=[^&]*/\1st=2019-12-01T00%3A00%3A00Z/' <<<"$TOKEN")

UPLOADER_WORKSPACE_KEY=$(cat "$INBOX_DIR/.blobserver/key")
export UPLOADER_WORKSPACE_KEY
"$UPLOADER" workspace connect "${TOKEN%%/practice-1*}" --workspace lab --no-keyring >"$OUT/connect.txt" 2>&1 || fail "connect: $(cat "$OUT/connect.txt")"
for reason in "Sequencing run 17" "A reason that takes some more words, for the data of the other site" "心拍数のデータ"; do
	"$UPLOADER" token create --reason "$reason" --valid-days 7 >/dev/null 2>&1
done
"$UPLOADER" token revoke 2 >/dev/null 2>&1

# folder NAME makes a folder of files for one look; the inbox keeps what another one sent.
folder() {
	data=$OUT/data/$1
	mkdir -p "$data/visit 1"
	local i
	for i in $(seq 30); do head -c $((i * 40000)) /dev/urandom >"$data/visit 1/S08$((10 + i))_R1.fastq"; done
	head -c 14000000 /dev/urandom >"$data/recording.i16"
	head -c 11000000 /dev/urandom >"$data/scan.nii"
	printf 'x\n' >"$data/a very long name of a file that nobody wants to read to its end but that has to be told from its neighbours, part 12 of 14.csv"
	printf 'x\n' >"$data/.DS_Store"
	ln -s nowhere "$data/link"
}

# views LOOK takes the pictures of one look.
views() {
	local look=$1
	folder "run_$look"
	start
	shot "$look-1-start"
	mark; paste "$ended"; want token >/dev/null; sleep 0.3; shot "$look-2a-token-ended"; click cancel
	mark; paste "not a token at all"; want token >/dev/null; sleep 0.3; shot "$look-2b-no-token"; click cancel
	mark; paste "$TOKEN"; want token >/dev/null; sleep 0.3; shot "$look-2-token"
	mark; click check; want checked '"accepted":true' >/dev/null; sleep 0.3; shot "$look-2c-token-checked"
	mark; click use; want used >/dev/null; sleep 0.3; shot "$look-3-ready"
	mark; drop drop "$data"; want reviewed >/dev/null; sleep 0.3; shot "$look-4-review"
	mark; click send; want sending >/dev/null; sleep 3; shot "$look-5-sending"
	mark; click pause_all; want paused >/dev/null; sleep 2; shot "$look-5b-paused"
	mark; click resume_all; want resumed >/dev/null; pull_cable; want trouble '' 60 >/dev/null; sleep 0.5; shot "$look-5c-no-network"
	mark; plug_cable; want delivered '' 120 >/dev/null; sleep 0.5; shot "$look-6-delivered"
	click menu; sleep 0.3; shot "$look-7-menu"; keys Escape
	mark; click menu; keys Down; keys Down; keys Return; want tokens >/dev/null; sleep 0.3; shot "$look-7a-tokens"
	paste "MRI of the second visit, all of the subjects of the northern site"; mark; click create; want asked >/dev/null; sleep 0.3; shot "$look-7b-create"
	mark; click confirm; want created >/dev/null; sleep 0.3; shot "$look-7c-created"
	mark; click copy; want copied >/dev/null; sleep 0.6; shot "$look-7d-copied"; click cancel
	keys ctrl+comma; sleep 0.4; shot "$look-8-settings"; click cancel
	stop
}
# settings JSON makes the next start have these.
settings() { mkdir -p "$UPLOADER_HOME"; printf '%s\n' "$1" >"$UPLOADER_HOME/settings.json"; }

for language in ${LANGUAGES:-en}; do
	export LANGUAGE=$language
	in=$language-
	[ "$language" = en ] && in=''
	for look in ${LOOKS:-light dark}; do
		settings '{"appearance":"'"$look"'","width":1000,"height":700,"stay_awake":true}'
		views "$in$look-1000x700"
		settings '{"appearance":"'"$look"'","width":480,"height":360,"stay_awake":true}'
		views "$in$look-480x360"
		[ "$language" = en ] || continue
		settings '{"appearance":"'"$look"'","width":1000,"height":700,"stay_awake":true}'
		FYNE_SCALE=2 views "$look-double"
	done
done
kill "$LINE"
inbox_ends
clean
