#!/bin/sh
# systemctl of an instance, which has no systemd: what people ask of it on fresh machines.
while [ $# -gt 0 ]; do
  case $1 in -*) shift ;; *) break ;; esac
done
case "$*" in
'reload ssh' | 'reload sshd' | 'reload ssh.service' | 'reload sshd.service' | \
  'reload-or-restart ssh' | 'reload-or-restart sshd' | 'restart ssh' | 'restart sshd' | 'try-restart ssh' | 'try-restart sshd')
  [ -z "${MEGALITH_LOGIN-}" ] || exit 1
  kill -HUP "$(cat /run/sshd.pid)"
  ;;
poweroff | halt) exec shutdown -h now ;;
*)
  echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2
  exit 1
  ;;
esac
