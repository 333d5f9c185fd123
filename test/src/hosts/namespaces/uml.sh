#!/bin/sh
# First process of a host with a kernel of its own: makes its root from an image and a disk, then becomes User-Mode Linux.
# uml.sh NAME DISK FILES NODE SHARED IMAGE MEMORY: the first five as in boot.sh; IMAGE is a folder with a whole system and the
# kernel, MEMORY what the kernel has, as `512M`.
set -eu
name=$1 disk=$2 files=$3 node=$4 shared=$5 image=$6 memory=$7
root=$disk/root
read -r pid rest </proc/self/stat
[ -d "$root" ] || mkdir -p "$root" "$disk/work" "$disk/upper"
mount -t overlay "$name" -o "lowerdir=$image,upperdir=$disk/upper,workdir=$disk/work" "$root"
if [ ! -e "$disk/installed" ]; then
  cp -R "$files/." "$root"
  cp -P "$image/usr/bin/systemctl" "$root/etc/guest/systemctl-of-the-image"
  [ -z "$node" ] || : >"$root/usr/local/bin/node"
  truncate -s 2G "$disk/home"
  : >"$disk/installed"
fi
[ -z "$node" ] || mount --bind -o ro "$node" "$root/usr/local/bin/node"
[ -z "$shared" ] || { mkdir -p "$root$shared" && mount --bind "$shared" "$root$shared"; }
mount -t proc proc /proc
mount -t tmpfs -o mode=755 run /run
echo "$pid"
# It goes on with a line on its standard input, which comes with the network.
read -r go || exit 0
# The network is the guest's: this kernel only carries its packets.
hardware=$(ip -o link show eth0 | sed 's|.*link/ether \([^ ]*\) .*|\1|')
addresses=$(ip -o -4 addr show eth0 | sed 's|.* inet \([^ ]*\) .*|\1|' | paste -s -d ,)
ip addr flush dev eth0
# What the kernel does not know of these words, its first program has in its environment.
exec "$image/usr/bin/linux.uml" "mem=$memory" root=/dev/root rootfstype=hostfs "rootflags=$root" rw init=/usr/sbin/guest-kernel-init \
  con=null con0=null,fd:1 ssl=null "ubd0=$disk/home" "vec0:transport=raw,ifname=eth0,depth=64,gro=1,mac=$hardware" \
  uml_dir=/run/uml umid=guest quiet panic=-1 "NAME=$name" "ADDRESSES=$addresses" </dev/null >&2
