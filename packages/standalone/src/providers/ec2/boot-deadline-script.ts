import { shellQuote } from '../../bootstrap/shell-quote.js';
import { systemdTimer } from './systemd-timer.js';

/**
 * Shuts the machine down where no agent began to serve in time after a boot, in POSIX sh, for root, to be run at every boot: its client died, and with
 * nobody to look after it the machine would stay until its absolute end. Once an agent serves, ending the machine is that agent's part. What is left of
 * agents of earlier boots does not count; clocks don't either.
 * @param user who logs in: the agents are in that user's home folder
 * @param withinMs from the boot on; a client's own patience has to end before
 */
export function bootDeadlineScript(user: string, withinMs: number): string {
  const after = Math.ceil(withinMs / 1000);
  // It appears once an agent serves. The first boot has not made the user yet.
  const served = `"$(getent passwd ${shellQuote(user)} | cut -d: -f6)"/.megalith/agents/*/agent.json`;
  const look = `for line in ${served}; do [ ! -e "$line" ] || exit 0; done; shutdown -h now || poweroff -f`;
  return `rm -f ${served}
look=${shellQuote(look)}
${systemdTimer('megalith-boot', `${after}s`, '"$look"')} || {
  (
    trap '' HUP
    sleep ${after}
    eval "$look"
  ) </dev/null >/dev/null 2>&1 &
}
`;
}
