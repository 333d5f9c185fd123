import { dirname } from 'node:path';
import type { CloudInitPlan } from './cloud-init-plan.js';

export interface GuestLogin {
  readonly user: string;
  readonly home: string;
  /** Of the key pair. */
  readonly publicKey: string | undefined;
}

/** Shell text of what a guest does at its first boot, once its boot scripts have run: files, host keys, who may log in. */
export function guestOnce(plan: CloudInitPlan, { user, home, publicKey }: GuestLogin): string {
  const files = plan.files.flatMap(({ path, base64, mode, owner, append }) => [
    `mkdir -p ${word(dirname(path))}`,
    `base64 -d ${append ? '>>' : '>'}${word(path)} <<'END'\n${wrapped(base64)}END`,
    `chmod ${word(mode)} ${word(path)}`,
    `chown ${word(owner)} ${word(path)}`,
  ]);
  const replaced = plan.deletesHostKeys && plan.hostKeys.length > 0;
  const keys = plan.hostKeys.flatMap(({ type, privateText, publicLine }) => {
    const path = `/etc/ssh/ssh_host_${type}_key`;
    return [
      `rm -f ${path} ${path}.pub`,
      `(umask 077; printf %s ${word(ended(privateText))} >${path})`,
      publicLine === undefined
        ? `ssh-keygen -y -f ${path} >${path}.pub </dev/null`
        : `printf %s ${word(ended(publicLine))} >${path}.pub`,
    ];
  });
  const lines = [...(publicKey === undefined ? [] : [publicKey]), ...plan.authorizedKeys].map(line => line.trim());
  const letIn = [
    `printf %s ${word(lines.map(ended).join(''))} >${word(`${home}/.ssh/authorized_keys`)}`,
    `chmod 600 ${word(`${home}/.ssh/authorized_keys`)}`,
  ];
  const sendAway = `no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command="echo 'Please login as the user \\"${user}\\" rather than the user \\"root\\".';exit 142" `;
  const root =
    user === 'root'
      ? []
      : [`printf %s ${word(lines.map(line => ended(sendAway + line)).join(''))} >/root/.ssh/authorized_keys`];
  const problems = plan.problems.map(problem => `echo ${word(`cloud-init: ${problem}`)}`);
  const commands = [
    ...problems,
    ...files,
    ...(replaced ? ['rm -f /etc/ssh/ssh_host_*key*'] : []),
    ...keys,
    ...letIn,
    ...root,
  ];
  return `${commands.join('\n')}\n`;
}

function word(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function ended(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function wrapped(base64: string): string {
  return base64.replace(/.{1,76}/g, '$&\n');
}
