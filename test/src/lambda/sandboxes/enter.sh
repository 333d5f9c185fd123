# Becomes a sandbox of Lambda: the code read-only, a disk of its own at /tmp, nothing to see of control groups. The first process in its
# namespace, which waits for the runtime and for what that leaves behind.
# Arguments: MIB-OF-TMP IMAGE CODE RUNTIME UID GID DOOR... -- COMMAND...
set -e
PATH=$PATH:/usr/sbin:/sbin
mib=$1 image=$2 code=$3 runtime=$4 uid=$5 gid=$6
shift 6
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/task /mnt/runtime
mount --bind "$code" /mnt/task
mount --bind "$runtime" /mnt/runtime
mount -o remount,bind,ro /mnt/task
mount -o remount,bind,ro /mnt/runtime
mount -t tmpfs -o ro tmpfs /dev/shm
# A disk and not memory, so that files there do not count as memory, as they do not at Lambda.
truncate -s "${mib}M" "$image"
{ mke2fs -q -F -t ext4 -O ^has_journal -m 0 "$image" && mount -o loop "$image" /tmp; } >/dev/null 2>&1 ||
  mount -t tmpfs -o "size=${mib}m" tmpfs /tmp
chmod 1777 /tmp
while [ "$1" != -- ]; do
  echo 0 >"$1"
  shift
done
shift
mount -t tmpfs -o ro tmpfs /sys/fs/cgroup
cd /mnt/task
setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$@" &
wait $!
