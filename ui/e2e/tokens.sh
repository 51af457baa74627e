#!/bin/bash
# desktop: -k -t -s 1300x900
# The side of those who run an inbox: a token is created, confirmed, copied and used; once the view is closed it can't be copied again;
# revoked, it opens nothing. First on the practice inbox, then on a connected account, whose key is in the keyring.
. "$(dirname "$0")/person.sh"
head -c 300000 /dev/urandom >"$OUT/scan.nii"

# send [TOKEN] delivers a file with a token and no window, and prints what is said.
send() { printf '%s\n' "$1" | UPLOADER_HOME=$OUT/elsewhere "$UPLOADER" copy "$OUT/scan.nii" - "${@:2}" 2>&1; }

start
mark; click practice; want reviewed >/dev/null
click cancel
mark; click tokens; want tokens '"tokens":0' >/dev/null
sleep 0.3; shot 1-empty
sees create || fail "there is no button to create a token"
paste "MRI of the second visit – 心拍数"
sleep 0.3; shot 2-form
mark; click create; want asked >/dev/null
sleep 0.3; shot 3-confirm
mark; click confirm; want created >/dev/null
sleep 0.3; shot 4-created
mark; click copy; want copied >/dev/null
sleep 0.3; shot 5-copied
made=$(xclip -selection clipboard -o)
case $made in http://127.0.0.1:*sig=*) ;; *) fail "no token is on the clipboard" ;; esac
printf '%s\n' "$made" >"$OUT/token.txt"
send "$made" >"$OUT/sent.txt" || fail "the token does not work: $(cat "$OUT/sent.txt")"
say "a token is created, confirmed, copied, and works"

mark; click cancel; want "tokens closed" >/dev/null
mark; click tokens; want tokens '"tokens":1' >/dev/null
sleep 0.3; shot 6-reopened
sees copy && fail "it can be copied again"
say "once the view is closed it can't be copied again"

mark; click revoke; want asked >/dev/null
sleep 0.3; shot 7-revoke
mark; click confirm; want revoked >/dev/null
sleep 0.3; shot 8-revoked
send "$made" --overwrite=true >"$OUT/refused.txt" && fail "a revoked token still works"
grep -q 'does not accept' "$OUT/refused.txt" || fail "refused in other words: $(cat "$OUT/refused.txt")"
sees revoke && fail "it can be revoked again"
mark; keys Escape; want "tokens closed" >/dev/null
say "revoked, it opens nothing"
stop
clean

# A connected account. The menu has the view once it is connected, also while the window is open.
rm "$OUT/token.txt"
inbox
start
"$UPLOADER" workspace connect "${TOKEN%%/practice-1*}" --workspace lab --key-file "$INBOX_DIR/.blobserver/key" >"$OUT/connect.txt" 2>&1 ||
	fail "connect: $(cat "$OUT/connect.txt")"
xdotool windowminimize --sync "$WIN"; xdotool windowmap --sync "$WIN"; xdotool windowactivate --sync "$WIN"
sleep 0.5
mark; click menu; sleep 0.3; shot 9-menu
keys Down; keys Down; keys Return
want tokens '"wsid":"lab"' >/dev/null
mark
paste "Sequencing run 17"
keys Return; want asked >/dev/null
keys Return; want created >/dev/null
mark; keys Return; want copied >/dev/null
made=$(xclip -selection clipboard -o)
send "$made" >"$OUT/sent2.txt" || fail "the token does not work: $(cat "$OUT/sent2.txt")"
cmp "$OUT/scan.nii" "$INBOX_DIR/lab-1/scan.nii" || fail "the file differs"
"$UPLOADER" token list >"$OUT/list.txt" 2>&1
grep -q 'Sequencing run 17' "$OUT/list.txt" || fail "the command's table lacks it: $(cat "$OUT/list.txt")"
say "from the keyboard alone: created, copied, used; the command line has the same table"

inbox_ends
sleep 0.3
mark; keys Escape; want "tokens closed" >/dev/null
stop
clean
printf '%s\n' "$made" >"$OUT/token.txt"
clean
