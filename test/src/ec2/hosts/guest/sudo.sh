#!/bin/sh
# sudo of an instance: who logs in has root's number and may do all, once the mark of a login is off.
. "${MEGALITH_GUEST_SETTINGS:-/etc/guest/settings}"
user=root
while [ $# -gt 0 ]; do
  case $1 in
  -n | -E | -H | -S | -b | -i | -s) shift ;;
  -u)
    user=$2
    shift 2
    ;;
  --)
    shift
    break
    ;;
  -*)
    echo "sudo: unknown option '$1'" >&2
    exit 1
    ;;
  *) break ;;
  esac
done
[ $# -gt 0 ] || exit 0
unset MEGALITH_LOGIN
home=$ROOT_HOME
[ "$user" = root ] || home=/home/$user
export PATH="$SAFE_PATH"
exec env HOME="$home" USER="$user" LOGNAME="$user" SUDO_USER="${USER-root}" "$@"
