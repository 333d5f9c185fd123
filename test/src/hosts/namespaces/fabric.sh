#!/bin/sh
# PID 1 of the network between hosts: holds its namespaces and the hosts' disks until its owner closes stdin or dies.
# With it all processes of its namespace die, with them their namespaces, and with those their links and mounts.
# fabric.sh FOLDER
set -eu
folder=${1:?}
mount -t tmpfs -o mode=700 disks /mnt
ip -batch - <<END
link set lo up
link add outer type bridge
link set outer up
link add inner type bridge
link set inner up
END
# No /proc of its own is mounted here, so this is the pid as the machine numbers it.
read -r pid rest </proc/self/stat
echo "$pid"
set +e
cat >/dev/null
rm -rf "$folder"
