#!/bin/bash
# desktop: -k -s 1300x900
# A hospital's network: the proxy wants a sign-in, and TLS is by an authority that is not trusted here. The window asks for the one, names
# the other, tests the connection, and goes on by itself after each.
. "$(dirname "$0")/person.sh"
inbox --lifetime 48h
host=storage.hospital.test
dir=$(mktemp -d /tmp/squid.XXXXXX) # its own user has to get there
chmod 755 "$dir"
free() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# listens PORT LOG PROCESS waits until something listens there.
listens() {
	local tries=200
	until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && kill -0 "$3" || fail "nothing listens: $(tail -3 "$2")"
		sleep 0.05
	done
}

# The storage speaks TLS, with a certificate by an authority of its own.
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=Hospital Inspection CA' -keyout "$OUT/ca.key" -out "$OUT/ca.pem" 2>"$OUT/openssl.log"
openssl req -newkey rsa:2048 -nodes -subj "/CN=$host" -keyout "$OUT/tls.key" -out "$OUT/tls.csr" 2>>"$OUT/openssl.log"
openssl x509 -req -in "$OUT/tls.csr" -CA "$OUT/ca.pem" -CAkey "$OUT/ca.key" -CAcreateserial -days 30 \
	-extfile <(echo "subjectAltName=DNS:$host") -out "$OUT/tls.pem" 2>>"$OUT/openssl.log" || fail "no certificate: $(cat "$OUT/openssl.log")"
plain=$(sed -n 's|^http://127.0.0.1:\([0-9]*\)/.*|\1|p' <<<"$TOKEN")
secure=$(free)
socat "OPENSSL-LISTEN:$secure,bind=127.0.0.1,reuseaddr,fork,verify=0,cert=$OUT/tls.pem,key=$OUT/tls.key" "TCP:127.0.0.1:$plain" >"$OUT/tls.log" 2>&1 &
LINE=$!
listens "$secure" "$OUT/tls.log" "$LINE"
TOKEN=${TOKEN/http:\/\/127.0.0.1:$plain/https://$host:$secure}

# The proxy alone knows the storage's name.
port=$(free)
printf 'ann:%s\n' "$(openssl passwd -1 s3cret-of-ann)" >"$dir/people"
echo "127.0.0.1 $host" >"$dir/hosts"
cat >"$dir/squid.conf" <<END
http_port 127.0.0.1:$port
pid_filename none
shutdown_lifetime 1 second
cache deny all
access_log none
cache_log /dev/stderr
coredump_dir $dir
hosts_file $dir/hosts
visible_hostname proxy
auth_param basic program /usr/lib/squid/basic_ncsa_auth $dir/people
acl people proxy_auth REQUIRED
http_access allow people
http_access deny all
END
chmod 644 "$dir"/*
squid -N -n "e2e$$" -f "$dir/squid.conf" >"$OUT/squid.log" 2>&1 &
SQUID=$!
listens "$port" "$OUT/squid.log" "$SQUID"
export HTTPS_PROXY=http://127.0.0.1:$port

data=$OUT/data/run_020
mkdir -p "$data"
for i in $(seq 20); do head -c 200000 /dev/urandom >"$data/scan_$i.dcm"; done

start
mark; paste "$TOKEN"; want token '"usable":false' >/dev/null
click allow_host; want token '"usable":true' >/dev/null
click use; want used >/dev/null
mark; drop drop "$data"; want reviewed '"files":20' >/dev/null
mark; click send; want trouble '"reason":"proxy-sign-in"' 60 >/dev/null
sleep 0.5; shot 1-proxy-wants-a-sign-in
click sign_in
sleep 0.5
keys a n n Return
xdotool type 's3cret-of-ann'
sleep 0.3; shot 2-sign-in
mark; click proxy_sign_in; want proxy_signed_in '"kept":false' >/dev/null
want trouble '"reason":"network-inspected"' 60 >/dev/null
say "the proxy's sign-in is asked for, and used"

sleep 0.5; shot 3-certificate
mark; click test_connection; want tested '"reached":false' 60 >/dev/null
sleep 0.5; shot 4-tested
click test_copy
report=$(xclip -selection clipboard -o)
grep -q 'Hospital Inspection CA' <<<"$report" || fail "the report does not name the authority: $report"
grep -q 'sig=\|s3cret' <<<"$report" && fail "the report holds a secret"
sees test_save || fail "the certificate can't be saved"
keys Escape
say "the certificate's authority is named, and what the test saw can be sent to IT"

# What IT sends back goes into the settings.
mark; keys ctrl+comma; sleep 0.8
xdotool mousemove --window "$WIN" 182 400 # beside the entries, which scroll by themselves
for _ in $(seq 20); do # until the entry is above the buttons
	at=$(place ca_file) && [ "${at#* }" -lt 500 ] && break
	for _ in $(seq 10); do xdotool click 5; done
	sleep 0.5
done
sleep 0.5; shot 5-settings
click ca_file
xdotool type "$OUT/ca.pem"
sleep 0.3
mark; keys Escape
want delivered '"delivered":20' 60 >/dev/null
same "$data"
sleep 0.5; shot 6-delivered
say "it went on by itself"

mark; click menu; sleep 0.3; keys Escape
stop
grep -rlF 's3cret-of-ann' "$OUT"/said.* "$OUT"/errors.* "$OUT/state" 2>/dev/null && fail "the password stands in a file"
kill "$LINE" "$SQUID"
wait "$SQUID" 2>/dev/null
rm -rf "$dir"
inbox_ends
clean
