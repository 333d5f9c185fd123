#!/bin/sh
# shutdown, poweroff and halt of an instance. A minute takes MINUTE_MS milliseconds, which stands in the settings.
. "${MEGALITH_GUEST_SETTINGS:-/etc/guest/settings}"
name=${0##*/}
waiting=$RUN/shutdown-waits

fail() {
  echo "$name: $1" >&2
  exit 1
}

cancel() {
  if [ -s "$waiting" ]; then
    read -r pid <"$waiting"
    # Itself first: it may not have a group of its own yet, and it must not go on without its sleep.
    kill -KILL "$pid" 2>/dev/null
    kill -KILL -- "-$pid" 2>/dev/null
    rm -f "$waiting"
  fi
}

[ -z "${MEGALITH_LOGIN-}" ] || fail 'Interactive authentication required.'
when=+1
[ "$name" = shutdown ] || when=now
while [ $# -gt 0 ]; do
  case $1 in
  -h | -P | -H | --halt | --poweroff | --no-wall | -f | --force | -p | -hP | -Ph) ;;
  -c)
    cancel
    exit 0
    ;;
  -*) fail "this machine cannot '$1'" ;;
  *)
    when=$1
    break
    ;;
  esac
  shift
done
case $when in
now | +0 | 0)
  eval "$OFF"
  exit
  ;;
esac
minutes=${when#+}
case $minutes in '' | *[!0-9]*) fail "failed to parse time specification: $when" ;; esac
cancel
ms=$((minutes * MINUTE_MS))
MEGALITH_GUEST=1 setsid sh -c 'sleep "$1"; '"$OFF" sh "$((ms / 1000)).$(printf %03d $((ms % 1000)))" </dev/null >/dev/null 2>&1 &
echo $! >"$waiting"
