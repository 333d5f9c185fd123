import { shellQuote } from '../../bootstrap/shell-quote.js';

/**
 * A script that prints the public half of the key that is to be installed, behind `megalith-host-key`. It makes one beside the host key, unless one is there
 * from an attempt that was cut off, or the host key is no longer the injected one: then that was replaced before, and is the new one.
 */
export function stageKeyScript(keyPath: string, injected: string): string {
  return `${beginning(keyPath)}
injected=${shellQuote(injected)}
current=$(publicOf "$key")
shown=$(printf '%s\\n' "$current" | ssh-keygen -l -E sha256 -f -)
case " $shown " in
*" $injected "*) ;;
*) echo "megalith-host-key $current"; exit 0 ;;
esac
if [ -e "$next" ] && ! publicOf "$next" >/dev/null 2>&1; then rm -f "$next"; fi
if [ ! -e "$next" ]; then
  rm -f "$own" "$own.pub"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$own" </dev/null
  # Of several connections at once the first one's key counts.
  ln "$own" "$next" 2>/dev/null || [ -e "$next" ]
fi
made=$(publicOf "$next")
echo "megalith-host-key $made"
`;
}

/** A script that puts a staged key into place, where it is not yet, and has sshd read it. @param publicLine type and base64 of that key */
export function installKeyScript(keyPath: string, publicLine: string, reload: string): string {
  return `${beginning(keyPath)}
wanted=${shellQuote(publicLine)}
isWanted() { case "$1" in "$wanted" | "$wanted "*) return 0 ;; *) return 1 ;; esac; }
if ! isWanted "$(publicOf "$key")"; then
  if ! isWanted "$(publicOf "$next")"; then
    echo 'another host key was made meanwhile' >&2
    exit 1
  fi
  # On disk before its name: a host key that is lost with the power locks everybody out.
  if ! { sync "$next" && mv -f "$next" "$key"; } 2>/dev/null; then
    # Another connection may just have done it.
    isWanted "$(publicOf "$key")" || { echo 'the new host key can not be installed' >&2; exit 1; }
  fi
fi
printf '%s\\n' "$wanted" >"$own"
chmod 644 "$own"
mv -f "$own" "$key.pub"
if command -v restorecon >/dev/null; then restorecon "$key" "$key.pub"; fi
sync "$key" "$key.pub" "\${key%/*}"
tries=0
# An sshd that just reads its keys anew, because another connection told it to, has no pid file.
until { ${reload}; }; do
  tries=$((tries + 1))
  [ "$tries" -lt 10 ] || exit 1
  sleep 0.1
done
`;
}

/** `publicOf` reads a private key through a copy: ssh-keygen refuses one that a group may read, as some distributions have them. */
function beginning(keyPath: string): string {
  return `set -eu
umask 077
key=${shellQuote(keyPath)}
next=$key.megalith
own=$next.$$
trap 'rm -f "$own" "$own.pub"' EXIT
trap 'exit 1' HUP INT TERM
# One connection at a time: what is staged by one and installed by another is the same key.
if command -v flock >/dev/null; then exec 9<"\${key%/*}" && flock -w 20 9; fi
publicOf() { rm -f "$own" && cat "$1" >"$own" && ssh-keygen -y -f "$own" </dev/null; }`;
}
