/**
 * The part of the far side's script that says what the host is. Plain POSIX `sh`; raw values go back, and the client
 * reads them (`host-facts.ts`).
 */
export const factsScript = `
limits() {
  level=$2/
  while [ -n "$level" ]; do
    level=\${level%/*}
    [ ! -r "$1$level/$3" ] || ! read -r limit <"$1$level/$3" || say "$4" "$limit"
  done
}
quotasV1() {
  level=$2/
  while [ -n "$level" ]; do
    level=\${level%/*}
    [ -r "$1$level/cpu.cfs_quota_us" ] || continue
    read -r quota <"$1$level/cpu.cfs_quota_us"
    read -r period <"$1$level/cpu.cfs_period_us"
    say cpuQuota "$quota $period"
  done
}
cgroupFacts() {
  [ -r /proc/self/cgroup ] || return 0
  while IFS=: read -r number controllers path; do
    [ "$path" != / ] || path=
    case ,$controllers, in
      ,,) limits /sys/fs/cgroup "$path" cpu.max cpuQuota
          limits /sys/fs/cgroup "$path" memory.max memoryLimit
          limits /sys/fs/cgroup "$path" memory.high memoryLimit ;;
      *,memory,*) limits /sys/fs/cgroup/memory "$path" memory.limit_in_bytes memoryLimit ;;
      *,cpu,*) quotasV1 /sys/fs/cgroup/cpu "$path" ;;
    esac
  done </proc/self/cgroup
}
libcName() {
  getconf GNU_LIBC_VERSION 2>/dev/null && return
  ldd --version 2>&1 | head -n 2 | tr '\\n' ' '
  for loader in /lib/ld-musl-*; do [ ! -e "$loader" ] || printf ' musl'; done
}
facts() {
  say os "$(uname -s)"
  say arch "$(uname -m)"
  say cpus "$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null)"
  if [ -r /proc/meminfo ]; then
    while read -r key value unit; do
      case $key in MemTotal:) say memoryKib "$value"; break ;; esac
    done </proc/meminfo
  fi
  place=$H
  while [ ! -d "$place" ] && [ -n "$place" ]; do place=\${place%/*}; done
  df -Pk "\${place:-/}" 2>/dev/null | { read -r header; read -r device total used free rest; say diskFreeKib "$free"; }
  say libc "$(libcName)"
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then say cgroup v2
  elif [ -d /sys/fs/cgroup/memory ]; then say cgroup v1
  else say cgroup none; fi
  cgroupFacts
}
`;
