#!/bin/sh
# PID 1 of an instance: does what cloud-init would, in its order, and keeps an sshd running until it is told to end.
# /etc/guest is written by the test: settings, boot/ (each boot), once (the first boot), scripts/ (the first boot, last).
set -u
. /etc/guest/settings
export PATH LANG=C.UTF-8 HOME=/root INSTANCE_ID="$INSTANCE_ID"
log=/var/log/cloud-init-output.log
state=/var/lib/cloud/instance

# What runs is asked to end and has a second for it; with this process the rest dies.
end() {
  trap '' TERM
  kill -TERM -1
  tries=0
  # A kernel of its own has processes that never end.
  if [ -x /etc/guest/power-off ]; then tries=90; fi
  while set -- /proc/[0-9]* && [ $# -gt 1 ] && [ "$tries" -lt 100 ]; do
    sleep 0.01
    tries=$((tries + 1))
  done
  [ ! -x /etc/guest/power-off ] || /etc/guest/power-off
  exit 0
}
trap end TERM

# Only `wait` is left at once when the signal comes.
follow() {
  "$@" &
  wait $!
}

run_all() {
  for script in "$1"/*; do
    [ ! -x "$script" ] || "$script"
  done
}

if [ "$SSH" = silent ]; then
  # A stopped server: the kernel accepts, and nobody greets. It stops before anybody can reach it.
  MEGALITH_GUEST=1 /usr/sbin/sshd -D -e &
  until grep -q ' 0*:0016 0*:0000 0A ' /proc/net/tcp; do sleep 0.01; done
  kill -STOP $!
fi
read -r go || exit 0
exec </dev/null
if [ ! -e /etc/guest/installed ]; then
  # The machine's own may be links that lead out of here, and have no systemd to talk to.
  rm -f /usr/bin/systemd-run
  for name in shutdown poweroff halt; do
    rm -f "/usr/sbin/$name" "/sbin/$name"
    cp /etc/guest/shutdown "/usr/sbin/$name"
  done
  for name in sudo systemctl; do
    rm -f "/usr/bin/$name"
    cp "/etc/guest/$name" "/usr/bin/$name"
  done
  sed -i "/^$LOGIN:/d" /etc/passwd /etc/shadow
  home=/root
  if [ "$LOGIN" != root ]; then home=/home/$LOGIN; fi
  shell=/bin/sh
  if [ -x /bin/bash ]; then shell=/bin/bash; fi
  echo "$LOGIN:x:0:0::$home:$shell" >>/etc/passwd
  echo "$LOGIN:*:19000:0:99999:7:::" >>/etc/shadow
  mkdir -p "$state" /var/lib/cloud/data "$home/.ssh"
  if [ "$LOGIN" != root ]; then mkdir -p /root/.ssh; fi
  echo "$INSTANCE_ID" >/var/lib/cloud/data/instance-id
  : >/etc/guest/installed
fi
follow run_all /etc/guest/boot >>"$log" 2>&1
if [ ! -e "$state/configured" ]; then
  . /etc/guest/once >>"$log" 2>&1
  : >"$state/configured"
fi
if [ ! -e "$state/boot-finished" ]; then
  {
    run_all /etc/guest/scripts
    : >"$state/boot-finished"
  } >>"$log" 2>&1 &
fi
while :; do
  case $SSH in
  open) follow env MEGALITH_GUEST=1 /usr/sbin/sshd -D -e ;;
  *) follow env MEGALITH_GUEST=1 sleep 1000 ;;
  esac
  follow env MEGALITH_GUEST=1 sleep 0.1
done
