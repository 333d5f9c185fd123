import { shellQuote } from '../../bootstrap/shell-quote.js';
import { systemdTimer } from './systemd-timer.js';

/**
 * Kill switch (a), in POSIX sh, for root: shuts the machine down at its absolute end, and needs neither an agent nor network nor credentials. To be
 * run at every boot, before anything else: a machine that was stopped and started again has the same end, and one that wakes up after it goes at once.
 * It arms the first of these that works: a timer of systemd's own (which lives when processes are killed for their memory), `shutdown` with a delay,
 * a process that sleeps.
 * @param endsAt epoch milliseconds; the minute in which it lies is not begun
 * @param maxLifetimeMs what is left never counts for more, whatever the machine's clock says
 * @param folder where the end stands, in epoch seconds, for whoever wants to know
 */
export function endScript(endsAt: number, maxLifetimeMs: number, folder = '/var/lib/megalith'): string {
  return `end=${Math.floor(endsAt / 1000)}
left=$((end - $(date +%s)))
[ "$left" -le ${Math.floor(maxLifetimeMs / 1000)} ] || left=${Math.floor(maxLifetimeMs / 1000)}
if [ "$left" -lt 60 ]; then
  shutdown -h now || poweroff -f
  exit
fi
finish='shutdown -h now; sleep 300; poweroff -f'
${systemdTimer('megalith-end', '"$left"s', '"$finish"')} ||
  shutdown -h "+$((left / 60))" || {
  (
    trap '' HUP
    sleep "$left"
    eval "$finish"
  ) </dev/null >/dev/null 2>&1 &
}
mkdir -p ${shellQuote(folder)} && echo "$end" >${shellQuote(`${folder}/end`)}
`;
}
