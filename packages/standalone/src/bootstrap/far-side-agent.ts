/**
 * The part of the far side's script that makes Megalith's folder, receives the agent and starts it. What is written
 * gets a name of its own first, and its final one by `rename`: two clients may do all of this at once. An agent that ends
 * without a word was killed, and is started again.
 */
export const agentScript = `
locate() {
  case $folder in
    /*) H=$folder ;;
    *)
      [ -n "$HOME" ] && [ -d "$HOME" ] || fail disk "\${HOME:-~}" 'the user has no home folder'
      case $folder in
        '~/'*) H=$HOME/\${folder#\\~/} ;;
        *) H=$HOME/$folder ;;
      esac ;;
  esac
  [ ! -d "$H" ] || H=$(CDPATH= cd -P -- "$H" && pwd -P) || fail disk "$folder" 'the folder cannot be entered'
  case $H in
    *[\\"\\'\\\\\\!]* | *[[:cntrl:]]*) fail disk "$folder" 'its path holds quotes, "\\", "!" or control characters' ;;
  esac
}
makeFolder() {
  said=$(mkdir -p "$H/agents/$hash" 2>&1) || fail disk "$H" "$said"
  H=$(CDPATH= cd -P -- "$H" && pwd -P)
  [ -O "$H" ] || fail disk "$H" 'the folder belongs to another user'
  said=$(chmod 700 "$H" "$H/agents" "$H/agents/$hash" 2>&1) || fail disk "$H" "$said"
  find "$H/agents" "$H/node" -name '*.part' -type f -mmin +60 -exec rm -f {} + >/dev/null 2>&1
}
ensureAgent() {
  agent=$H/agents/$hash/agent.mjs
  found=$(sum "$agent")
  if [ "$found" != "$digest" ]; then
    part=$agent.$tag.part
    say send agent
    said=$( { head -c "$bytes" >"$part"; } 2>&1) || fail disk "$part" "$said"
    found=$(sum "$part")
    [ "$found" = "$digest" ] || fail disk "$part" "what arrived is not what was sent: its SHA-256 is $found"
    said=$(mv -f "$part" "$agent" 2>&1) || fail disk "$agent" "$said"
  fi
  said=$(chmod 600 "$agent" 2>&1) || fail disk "$agent" "$said"
}
startAgent() {
  log=$H/agents/$hash/agent.log
  said=$( { echo >"$agent.$tag.part" && rm -f "$agent.$tag.part" && : >>"$log" && chmod 600 "$log"; } 2>&1) ||
    fail disk "$log" "$said"
  seen=$(wc -c <"$log")
  cd "$H" || exit 1
  tries=4
  while
    tries=$((tries - 1))
    if command -v setsid >/dev/null 2>&1; then
      (setsid "$node" "$agent" machine "{\\"home\\":\\"$H\\"$settings}" </dev/null 2>>"$log" &)
    else
      "$node" -e 'require("child_process").spawn(process.execPath,process.argv.slice(1),{detached:true,stdio:["ignore",1,2]}).unref()' \\
        "$agent" machine "{\\"home\\":\\"$H\\"$settings}" </dev/null 2>>"$log"
    fi | {
      IFS= read -r line && say serving "$line" && exit
      said=$(tail -c +$((seen + 1)) "$log" | head -c 2000)
      [ -n "$said" ] || [ "$tries" = 0 ] || exit 9
      fail exec "$agent" "$said"
    }
    [ $? = 9 ]
  do :; done
}
`;
