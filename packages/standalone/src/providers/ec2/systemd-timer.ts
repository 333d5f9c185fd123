/**
 * Has systemd run a program later, in POSIX sh, for root; fails where there is no systemd. It lives when processes are killed for their memory.
 * @param after as sh writes it: `"$left"s`
 * @param program a word of sh: what `/bin/sh -c` gets
 */
export function systemdTimer(unit: string, after: string, program: string): string {
  return `systemd-run --quiet --no-block --unit=${unit} --on-active=${after} \\
  --timer-property=AccuracySec=1s --timer-property=DefaultDependencies=no --property=DefaultDependencies=no \\
  /bin/sh -c ${program}`;
}
