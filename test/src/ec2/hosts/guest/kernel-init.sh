#!/bin/sh
# PID 1 of an instance with a kernel of its own: what the kernel and the network need, then it is an instance like others.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm /run/sshd
mount -t devpts -o ptmxmode=0666,mode=620 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
# The root is a folder of another kernel, where no sockets can be.
mount -t ext4 /dev/ubda /home 2>/dev/null || { mkfs.ext4 -q /dev/ubda && mount -t ext4 /dev/ubda /home; } || exit 1
[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd
echo "$NAME" >/proc/sys/kernel/hostname
ip link set lo up
ip link set vec0 up
for address in $(echo "$ADDRESSES" | tr , ' '); do ip addr add "$address" dev vec0; done
ip route add 169.254.169.254 dev vec0
exec /usr/sbin/guest-init </etc/guest/go
