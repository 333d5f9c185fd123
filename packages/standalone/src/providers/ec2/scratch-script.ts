import { shellQuote } from '../../bootstrap/shell-quote.js';

/**
 * Makes the machine's own fast disks one file system and mounts it, in POSIX sh, for root. To be run at every boot: stopping empties these disks, a
 * reboot does not, and what is there is kept. Several disks are striped with mdadm or LVM, whichever the image has; with neither, the first is taken.
 * Without such disks, or where that fails, the folder is on the volume with the system.
 * @param user owns the folder; before the first boot has made that user, everybody may write there
 * @param folder where it is mounted
 * @param root what `/sys` and `/dev` are under, for tests
 */
export function scratchScript(user: string, folder = '/scratch', root = ''): string {
  const at = root === '' ? '' : shellQuote(root);
  return `mkdir -p ${shellQuote(folder)}
for model in ${at}/sys/block/nvme*n1/device/model; do
  case $(cat "$model" 2>/dev/null) in
  'Amazon EC2 NVMe Instance Storage'*)
    disk=\${model%/device/model}
    set -- "$@" ${at}"/dev/\${disk##*/}"
    ;;
  esac
done
if [ $# -gt 0 ] && ! mountpoint -q ${shellQuote(folder)}; then
  if [ $# -gt 1 ]; then
    if command -v mdadm >/dev/null; then mdadm --assemble --scan; else command -v vgchange >/dev/null && vgchange -ay; fi
  fi
  device=$(blkid -L mlscratch)
  if [ -z "$device" ]; then
    device=$1
    if [ $# -gt 1 ]; then
      if command -v mdadm >/dev/null; then
        mdadm --create /dev/md127 --run --name=mlscratch --level=0 --raid-devices=$# "$@" && device=/dev/md127
      elif command -v lvcreate >/dev/null; then
        vgcreate -y mlscratch "$@" && lvcreate -y -n data -i $# -l 100%FREE mlscratch && device=/dev/mlscratch/data
      fi
    fi
    if command -v mkfs.xfs >/dev/null; then
      mkfs.xfs -q -f -K -L mlscratch "$device"
    else
      mkfs.ext4 -q -F -E nodiscard -L mlscratch "$device"
    fi
  fi
  mount -o noatime "$device" ${shellQuote(folder)}
fi
if id -u ${shellQuote(user)} >/dev/null 2>&1; then
  chown ${shellQuote(user)} ${shellQuote(folder)} && chmod 755 ${shellQuote(folder)}
else
  chmod 1777 ${shellQuote(folder)}
fi
`;
}
