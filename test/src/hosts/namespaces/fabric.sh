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
# Control groups of hosts with systemd: they can go once nothing runs there.
for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  group=$tree/${folder##*/}
  tries=0
  while [ -d "$group" ] && [ "$tries" -lt 100 ]; do
    kill -KILL -1
    find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
    [ ! -d "$group" ] || sleep 0.05
    tries=$((tries + 1))
  done
done
rm -rf "$folder"
