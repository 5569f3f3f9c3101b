#!/bin/sh
# Proves that a static sessiond starts, and ends, in a root directory that holds nothing but it: no /proc, no /dev, no libraries.
# Usage: empty-root.sh BINARY. Needs root, or a kernel that lets users have namespaces.
set -eu

binary=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -m 700 "$root/state"
cp "$binary" "$root/sessiond"

if [ "$(id -u)" = 0 ]; then enter="chroot"; else enter="unshare --user --map-root-user chroot"; fi
spec='{"protocol":1,"sessionId":"0192f3a4-7f3e-7cc0-98c4-dc0c0c07398f","linkSocket":"/state/link.sock","stateDir":"/state","env":{"PATH":"/bin"},"shell":"/sessiond"}'
answer=$(printf '%s' "$spec" | $enter "$root" /sessiond start)
pid=$(printf '%s' "$answer" | sed -n 's/^{"pid":\([0-9]*\),.*/\1/p')
[ -n "$pid" ] || { echo "no pid in: $answer" >&2; exit 1; }
grep -q '"sessiond begins"' "$root/state/sessiond.log"

# A second one for the same session is refused while the first lives.
if again=$(printf '%s' "$spec" | $enter "$root" /sessiond start); then
    echo "a second sessiond started: $again" >&2
    exit 1
fi

kill -TERM "$pid"
tries=0
until grep -q '"sessiond ends"' "$root/state/sessiond.log"; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || { echo "sessiond does not end" >&2; exit 1; }
    sleep 0.05
done
[ "$(ls "$root/state")" = sessiond.log ] || { echo "left behind: $(ls "$root/state")" >&2; exit 1; }
echo "sessiond starts and ends in an empty root directory"
