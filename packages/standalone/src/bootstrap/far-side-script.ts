import { agentScript } from './far-side-agent.js';
import { factsScript } from './far-side-facts.js';
import { nodeScript } from './far-side-node.js';
import { shellQuote } from './shell-quote.js';

export interface FarSideOptions {
  /** Begins every line that is meant for us; whatever else a login shell prints is noise. */
  readonly marker: string;
  /** Absolute, or relative to the user's home. */
  readonly folder: string;
  /** The hash in the agent's folder name. */
  readonly hash?: string;
  /** False: only a Node that was delivered counts. */
  readonly installedNode: boolean;
  /** False where the facts are known. */
  readonly facts: boolean;
}

export interface FarSideAgent {
  /** SHA-256 of the agent file, hex. */
  readonly digest: string;
  readonly bytes: number;
  /** In the names of half-written files. */
  readonly tag: string;
  /** Settings of the daemon beside its home: JSON members, each led by a comma. */
  readonly settings: string;
}

/** A script that looks and leaves no trace. */
export function lookScript(options: FarSideOptions): string {
  return `${beginning(options)}
locate
say folder "$H"
${options.facts ? 'facts' : ''}
findNode
[ -z "$node" ] || say node "$node	$version"
agents=$H/agents/$hash
if [ -n "$hash" ] && [ -d "$agents" ]; then
  if [ -n "$node" ]; then socket=$("$node" -e '${findsSocket}' "$agents" 2>/dev/null)
  elif [ -S "$agents/socket" ]; then socket=$agents/socket
  else socket=; fi
  [ -z "$socket" ] || say agent "$socket"
fi
say end
`;
}

/** A script that makes the host ready, as far as it is not, and starts the agent; it asks for what it needs. */
export function bootstrapScript(options: FarSideOptions, agent: FarSideAgent): string {
  return `${beginning(options)}
digest=${shellQuote(agent.digest)} bytes=${agent.bytes} tag=${shellQuote(agent.tag)} settings=${shellQuote(agent.settings)}
leave() { rm -f "$H"/agents/*/*."$tag".part "$H"/node/*/*."$tag".part "$H"/node/*/bin/*."$tag".part; }
locate
trap leave EXIT
trap 'exit 1' HUP INT PIPE TERM
makeFolder
say folder "$H"
findNode
ensureAgent
${options.facts ? 'facts' : ''}
ensureNode
say node "$node	$version"
startAgent
`;
}

/** The command that reads a script from its standard input and runs it: the same words in every login shell. */
export function scriptReader(script: string): string {
  return `sh -c 'eval "$(head -c ${Buffer.byteLength(script)})"'`;
}

/** Prints the socket where an agent answers: the one that it wrote down, which is elsewhere where its folder's path is long. */
const findsSocket = [
  'const{join}=require("path"),folder=process.argv[1];let socket=join(folder,"socket")',
  'try{socket=JSON.parse(require("fs").readFileSync(join(folder,"agent.json"))).socket}catch{}',
  'require("net").connect(socket,()=>{console.log(socket);process.exit()}).on("error",()=>process.exit(1))',
].join(';');

function beginning({ marker, folder, hash = '', installedNode }: FarSideOptions): string {
  return `umask 077
LC_ALL=C
export LC_ALL
marker=${shellQuote(marker)} folder=${shellQuote(folder)} hash=${shellQuote(hash)} installed=${installedNode ? 'yes' : 'no'}
say() { printf '%s\\t%s\\t%s\\n' "$marker" "$1" "\${2-}"; }
fail() {
  say fail "$1	$2	$(printf %s "$3" | tr '\\n\\t' '  ')"
  exit 1
}
${factsScript}${nodeScript}${agentScript}`;
}
