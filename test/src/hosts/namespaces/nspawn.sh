#!/bin/sh
# First process of a host with a system of its own: makes its root from an image and a disk, then lets systemd boot there.
# nspawn.sh NAME DISK FILES NODE SHARED IMAGE GROUP: the first five as in boot.sh; IMAGE is a folder with a whole system, GROUP a
# path of control groups that is this host's alone.
set -eu
name=$1 disk=$2 files=$3 node=$4 shared=$5 image=$6 group=$7
read -r pid rest </proc/self/stat
[ -d "$disk/root" ] || mkdir -p "$disk/root" "$disk/work" "$disk/upper"
mount -t overlay "$name" -o "lowerdir=$image,upperdir=$disk/upper,workdir=$disk/work" "$disk/root"
[ -e "$disk/installed" ] || { cp -R "$files/." "$disk/root" && : >"$disk/installed"; }
# What systemd does with its groups stays in this one, where it can be found and removed.
for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  [ -e "$tree/cgroup.procs" ] || continue
  mkdir -p "$tree/$group"
  echo 0 >"$tree/$group/cgroup.procs"
done
mount -t proc proc /proc
mount -t tmpfs -o mode=755 run /run
echo "$pid"
# It goes on with a line on its standard input, which comes with the network.
read -r go || exit 0
library=$(echo "$image"/usr/lib/*/systemd)
set -- --machine="$name" --directory="$disk/root" --register=no --keep-unit --console=pipe \
  --resolv-conf=off --timezone=off --link-journal=no --network-namespace-path=/proc/self/ns/net
[ -z "$node" ] || set -- "$@" --bind-ro="$node:/usr/local/bin/node"
[ -z "$shared" ] || set -- "$@" --bind="$shared"
# The image's own nspawn: this machine needs none, and no systemd. It ends with 133 for a reboot.
loader=$(echo "$image"/lib*/ld-linux-*.so.*)
trap 'kill -TERM "$nspawn"' TERM
code=133
while [ "$code" = 133 ]; do
  "$loader" --library-path "$library:${library%/systemd}" "$image/usr/bin/systemd-nspawn" "$@" \
    --boot systemd.unit=multi-user.target </dev/null >/dev/null &
  nspawn=$!
  code=143
  while [ "$code" = 143 ]; do wait "$nspawn" && code=0 || code=$?; done
done
exit "$code"
