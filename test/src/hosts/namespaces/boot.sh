#!/bin/sh
# PID 1 of a host: makes its root from the machine's own system folders and a disk, then keeps an sshd running.
# boot.sh NAME DISK FILES NODE SHARED: FILES is what the host has beyond the system, NODE the program to give it, or nothing,
# SHARED a folder of the machine that the host has too, or nothing.
set -eu
name=$1 disk=$2 files=$3 node=$4 shared=$5
read -r pid rest </proc/self/stat
echo "$name" >/proc/sys/kernel/hostname
if [ ! -d "$disk/root" ]; then
  mkdir -p "$disk/root" "$disk/work" "$disk/upper/etc" "$disk/upper/usr/local"
  # A character device 0/0 hides what is below: everything but the system, and the machine's own Node and SSH settings.
  for path in /* /.[!.]* /etc/ssh; do
    case $path in /bin | /sbin | /lib* | /usr | /etc) continue ;; esac
    [ ! -e "$path" ] || mknod "$disk/upper$path" c 0 0
  done
  for folder in /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin; do
    mkdir -p "$disk/upper$folder"
    for program in node nodejs; do
      [ ! -e "$folder/$program" ] || mknod "$disk/upper$folder/$program" c 0 0
    done
  done
fi
mount -t overlay "$name" -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" "$disk/root"
cd "$disk/root"
if [ ! -d proc ]; then
  mkdir dev etc/ssh mnt proc run srv sys var var/empty var/log
  mkdir -m 1777 tmp var/tmp
  cp -R "$files/." .
  [ -z "$node" ] || : >usr/local/bin/node
fi
[ -z "$node" ] || mount --bind -o ro "$node" usr/local/bin/node
if [ -n "$shared" ]; then
  mkdir -p ".$shared"
  mount --bind "$shared" ".$shared"
fi
mount -t proc proc proc
mount -t tmpfs -o mode=755 run run
mount -t tmpfs -o mode=755 dev dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev/
mkdir dev/pts dev/shm run/sshd
chmod 1777 dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
# The machine's control groups are seen and not written: they would outlive the host.
mount -t sysfs -o ro sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
while read -r source target rest; do
  case $target in "$disk/root/sys/fs/cgroup"*) mount -o remount,bind,ro "$target" ;; esac
done </proc/self/mounts
echo "$pid"
# A host may bring its own first process: it goes on with a line on its standard input, which comes with the network.
if [ -x usr/sbin/guest-init ]; then
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot . /usr/sbin/guest-init >/dev/null
fi
exec chroot . /bin/sh -c 'while :; do /usr/sbin/sshd -D -e; sleep 0.1; done' </dev/null >/dev/null
