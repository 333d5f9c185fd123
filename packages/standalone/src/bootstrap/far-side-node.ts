/**
 * The part of the far side's script that finds Node or receives it. A binary is used only after it ran; one that was
 * delivered is under its final name only then.
 */
export const nodeScript = `
usable() {
  [ -f "$1" ] && [ -x "$1" ] || return 1
  version=$("$1" --version 2>/dev/null </dev/null) || return 1
  case $version in
    v[0-9].* | v1[0-9].*) return 1 ;;
    v[0-9]*.*) node=$1 ;;
    *) return 1 ;;
  esac
}
findNode() {
  node=
  home=\${HOME:-/nonexistent}
  if [ "$installed" = yes ]; then
    for candidate in "$(command -v node 2>/dev/null)" /usr/bin/node /usr/local/bin/node \\
      "$home"/.nvm/versions/node/*/bin/node "$home/.local/bin/node" \\
      "$home"/.volta/tools/image/node/*/bin/node "$home/.volta/bin/node" /opt/node*/bin/node; do
      usable "$candidate" && return 0
    done
  fi
  for candidate in "$H"/node/*/bin/node; do usable "$candidate" && return 0; done
  [ "$installed" = yes ] && [ -n "$SHELL" ] && command -v timeout >/dev/null 2>&1 || return 0
  candidate=$(timeout 5 "$SHELL" -l -c 'command -v node' 2>/dev/null </dev/null | grep '^/' | tail -n 1)
  usable "$candidate" || return 0
}
sum() {
  [ -f "$1" ] || return 0
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"
  elif command -v shasum >/dev/null 2>&1; then shasum -a 256 <"$1"
  elif command -v openssl >/dev/null 2>&1; then openssl dgst -sha256 -r <"$1"
  elif [ -n "$node" ]; then
    "$node" -e 'console.log(require("crypto").createHash("sha256").update(require("fs").readFileSync(0)).digest("hex"))' <"$1"
  else fail exec "$1" 'the host has none of sha256sum, shasum, openssl to check what arrives'
  fi | { read -r digest rest; printf %s "$digest"; }
}
fetch() {
  if command -v curl >/dev/null 2>&1; then
    said=$(curl -fsSL --connect-timeout "$3" --speed-limit 1024 --speed-time "$3" --max-time "$4" -o "$2" "$1" 2>&1) && return
    [ $? -ne 23 ] || fail disk "$2" "$said"
  elif command -v wget >/dev/null 2>&1; then
    how=-q
    ! wget --help 2>&1 | grep -q -e --tries || how='-nv -t 1'
    limit=
    ! command -v timeout >/dev/null 2>&1 || limit="timeout $4"
    said=$($limit wget $how -T "$3" -O "$2" "$1" 2>&1) && return
    [ $? -ne 3 ] || fail disk "$2" "$said"
  else said='the host has neither curl nor wget'
  fi
  return 1
}
prepare() {
  bin=$H/node/$1/bin
  part=$bin/node.$tag.part
  said=$(mkdir -p "$bin" 2>&1) || fail disk "$bin" "$said"
}
adopt() {
  said=$(chmod 700 "$part" 2>&1) || fail disk "$part" "$said"
  said=$("$part" --version 2>&1 </dev/null)
  case $? in
    0) ;;
    126) fail exec "$part" "$said" ;;
    *) return 1 ;;
  esac
  said=$(mv -f "$part" "$bin/node" 2>&1) || fail disk "$bin/node" "$said"
  usable "$bin/node" || fail node "$bin/node" 'it does not run'
}
canUnpack() {
  command -v gzip >/dev/null 2>&1 && command -v tar >/dev/null 2>&1 && return
  said='the host has no gzip, or no tar'
  return 1
}
download() {
  canUnpack || return 1
  prepare "$1"
  archive=$H/node/$1/node.tgz.$tag.part
  fetch "$2" "$archive" "$4" "$5" || return 1
  found=$(sum "$archive")
  [ "$found" = "$3" ] || { said="SHA-256 is $found instead of $3"; return 1; }
  said=$( { gzip -dc <"$archive" | tar -xOf - package/bin/node >"$part"; } 2>&1) || fail disk "$part" "$said"
  rm -f "$archive"
  adopt
}
receive() {
  canUnpack || fail exec "$H/node" "$said"
  prepare "$1"
  say send node
  said=$( { gzip -dc >"$part"; } 2>&1) || fail disk "$part" "$said"
  [ "$(sum "$part")" = "$2" ] || fail disk "$part" 'what arrived is not what was sent'
  adopt
}
ensureNode() {
  while [ -z "$node" ]; do
    say need node
    IFS='	' read -r how first second third fourth fifth || exit 1
    case $how in
      download) download "$first" "$second" "$third" "$fourth" "$fifth" || say refused "$said" ;;
      upload) receive "$first" "$second" || fail node "$part" "$said" ;;
      *) exit 1 ;;
    esac
    rm -f "$H"/node/*/*."$tag".part "$H"/node/*/bin/*."$tag".part
  done
}
`;
