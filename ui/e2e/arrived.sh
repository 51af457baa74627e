#!/bin/bash
# desktop: -k -t -s 1500x1000
# A data manager's questions, in the window alone: what came, from whom, is it whole, what differs from the receipt? Three senders with three
# programs and three tokens; AzCopy and rclone take part where they are installed, and where they are not this program sends in their place.
. "$(dirname "$0")/person.sh"
inbox
UPLOADER_WORKSPACE_KEY=$(cat "$INBOX_DIR/.blobserver/key")
export UPLOADER_WORKSPACE_KEY
"$UPLOADER" workspace connect "${TOKEN%%/practice-1*}" --workspace lab --no-keyring >"$OUT/connect.txt" 2>&1 || fail "connect: $(cat "$OUT/connect.txt")"

# token NAME REASON [ARGUMENT...] creates one into NAME.txt.
token() { "$UPLOADER" token create --reason "$2" "${@:3}" >"$OUT/$1.txt" 2>"$OUT/$1.log" || fail "token: $(cat "$OUT/$1.log")"; }
# send NAME PATH [ARGUMENT...] delivers with this program.
send() {
	UPLOADER_HOME=$OUT/elsewhere "$UPLOADER" copy "$2" --recursive --token-file "$OUT/$1.txt" "${@:3}" >"$OUT/$1.sent" 2>&1 ||
		fail "send: $(cat "$OUT/$1.sent")"
}
cd "$OUT" || exit 1
mkdir -p survey single
for i in $(seq 0 1203); do
	mkdir -p "run/$((i % 10))"
	printf 'file %d\n' "$i" >"run/$((i % 10))/$(printf %04d "$i").txt"
done
for i in $(seq 40); do printf 'answers %d\n' "$i" >"survey/$i.csv"; done
echo 7 >single/one.csv
md5sum survey/*.csv >survey.md5
token single 'Table of the registry' --rights rcwl
token survey 'Survey of the second site'
token run 'MRI of the second visit – 心拍数'
send run run --receipt run.csv --note 'All of visit 2. The cable was replaced on day 3.' --from 'Imaging core'
if command -v azcopy >/dev/null; then
	AZCOPY_LOG_LOCATION=$OUT/azcopy AZCOPY_JOB_PLAN_LOCATION=$OUT/azcopy AZCOPY_DISABLE_SYSLOG=true azcopy copy survey "$(cat survey.txt)" \
		--recursive --put-md5 --from-to LocalBlob --skip-version-check --output-level quiet >survey.sent 2>&1 || fail "azcopy: $(cat survey.sent)"
else
	say "AzCopy is not installed; this program sends in its place"
	send survey survey --put-md5
fi
if command -v rclone >/dev/null; then
	RCLONE_CONFIG=$OUT/none.conf rclone copy single :azureblob:lab-1/single --azureblob-sas-url "$(cat single.txt)" --retries 1 \
		--low-level-retries 1 >single.sent 2>&1 || fail "rclone: $(cat single.sent)"
else
	say "rclone is not installed; this program sends in its place"
	send single single
fi

# settings JSON makes the next start have these.
settings() { printf '%s\n' "$1" >"$UPLOADER_HOME/settings.json"; }
# tokens opens the view of upload tokens.
tokens() {
	mark; click menu; sleep 0.3; keys Down; keys Down; keys Return
	want tokens '"tokens":3' >/dev/null
}

settings '{"width":900,"height":620,"appearance":"light"}'
start
tokens
mark; click count; want counted '"tokens":3' >/dev/null
sleep 0.3; shot 1-tokens
mark; click 'arrived 3'; want arrived '"files":1205' >/dev/null
sleep 0.4; shot 2-arrived
mark; click notes; want notes '"notes":1' >/dev/null
sleep 0.3; shot 3-notes
keys Escape
say "what came, and from whom"

mark; click verify
dialog 'Verify against a receipt' "$OUT/run.csv"
want compared '"differs":false' >/dev/null
xdotool windowactivate --sync "$WIN" 2>/dev/null
sleep 0.4; shot 4-whole
mark; click deep; click again; want compared '"deep":true' >/dev/null
sleep 0.4; shot 5-whole-deep
keys Escape
say "is it whole: against the receipt, and every byte"

sed '/0007.txt/d; /0012.txt/s/,8,/,9,/' run.csv >tampered.csv
cmp -s run.csv tampered.csv && fail "the receipt has another form than this journey expects: $(head -3 run.csv)"
mark; drop arrivedlist "$OUT/tampered.csv"; want compared '"differs":true' >/dev/null
sleep 0.4; shot 6-tampered
click copy
sleep 0.3
xclip -selection clipboard -o >differs.txt
grep -q '^run/2/0012.txt.*Different size' differs.txt || fail "the forged line is not told: $(cat differs.txt)"
grep -q '^run/7/0007.txt.*Additional' differs.txt || fail "the additional file is not told: $(cat differs.txt)"
[ "$(wc -l <differs.txt)" = 2 ] || fail "more differs: $(cat differs.txt)"
keys Escape
say "what differs from the receipt: two lines, and no other"

mkdir fetched
mark; click fetch
dialog Fetch "$OUT/fetched/"
want fetched '"whole":true' 60 >/dev/null
xdotool windowactivate --sync "$WIN" 2>/dev/null
sleep 0.4; shot 7-fetched
diff -r run fetched/run || fail "what was fetched differs"
keys Escape
mark; click export; keys Down; keys Return
dialog 'Export list'
keys Return
want exported '"path":"lab-3.csv"' >/dev/null
xdotool windowactivate --sync "$WIN" 2>/dev/null
sleep 0.4; shot 8-exported
[ "$(grep -c '^run/' "$HOME"/lab-3.csv)" = 1204 ] || fail "the list lacks files: $(head -3 "$HOME"/lab-3.csv)"
keys Escape
say "fetched byte by byte, and its list as a table"

# The others: a list of checksums beside AzCopy's files, and one file.
mark; click 'arrived 2'; want arrived '"files":40' >/dev/null
mark; drop arrivedlist "$OUT/survey.md5"; want compared '"differs":false' >/dev/null
sleep 0.3; shot 9-list
keys Escape; keys Escape
mark; click 'arrived 1'; want arrived '"files":1,' >/dev/null
keys Escape
mark; keys Escape; want "tokens closed" >/dev/null
stop
say "the other senders' deliveries"

for look in light dark; do
	for size in 480x360 900x620 1400x900; do
		settings "{\"width\":${size%x*},\"height\":${size#*x},\"appearance\":\"$look\"}"
		start
		tokens
		sleep 0.3; shot "$look-$size-1-tokens"
		mark; click count; want counted '"tokens":3' >/dev/null
		sleep 0.3; shot "$look-$size-2-counted"
		keys Return; want arrived >/dev/null
		sleep 0.4; shot "$look-$size-3-arrived"
		mark; drop arrivedlist "$OUT/tampered.csv"; want compared >/dev/null
		sleep 0.4; shot "$look-$size-4-tampered"
		stop
	done
done
inbox_ends
clean
cp run.txt token.txt
clean
