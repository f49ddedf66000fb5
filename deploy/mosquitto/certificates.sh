#!/bin/sh
# A certificate authority of one's own, the broker's certificate, and one for each client that wants to show one.
#   certificates.sh FOLDER BROKER-HOST [CLIENT...]
# What exists stays, so the same call adds a client or renews what was deleted. DAYS=n: how long they hold (default 825).
# ca.key signs everything: keep it off the broker and off the network.
set -eu
umask 077
folder=$1 host=$2
shift 2
days=${DAYS:-825}
mkdir -p "$folder"
cd "$folder"

if [ ! -e ca.crt ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 -subj "/CN=straitwatch CA" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout ca.key -out ca.crt 2>/dev/null
fi

sign() { # file, common name, extensions
  [ -e "$1.crt" ] && return
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj "/CN=$2" \
    -keyout "$1.key" -out "$1.csr" 2>/dev/null
  printf '%s\n' "$3" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days "$days" -extfile "$1.ext" \
    -out "$1.crt" 2>/dev/null
  rm "$1.csr" "$1.ext"
}

case $host in
*[!0-9.]*) name="DNS:$host" ;;
*) name="IP:$host" ;;
esac
sign server "$host" "subjectAltName=$name
extendedKeyUsage=serverAuth"
for client in "$@"; do
  sign "$client" "$client" "extendedKeyUsage=clientAuth"
done
chmod 644 ./*.crt
