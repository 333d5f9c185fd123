import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BootProgram, Guest, HostSystem } from '../../hosts/namespaces/host-system.js';
import { pidNamespace, processTable, withDescendants } from '../../hosts/process-table.js';
import type { BootSpec } from '../instance-hosts.js';

interface SystemPlace {
  readonly image: string;
  /** Path of control groups that is this host's alone. */
  readonly group: string;
  readonly name: string;
  readonly address: string;
}

/**
 * The system of an instance that boots an image with systemd, where cloud-init itself does what the user data says: here
 * stands only what images and EC2's hardware bring.
 */
export function nspawnSystem(spec: BootSpec, place: SystemPlace, guest: Guest): HostSystem {
  const { user } = spec;
  const { image, group, name, address } = place;
  return {
    user,
    home: user === 'root' ? '/root' : `/home/${user}`,
    hostKeyFile: '/etc/ssh/ssh_host_ed25519_key',
    hostKeys: [],
    guest,
    program: { script: 'nspawn.sh', args: [image, group], systemOf },
    writeFiles(folder) {
      const put = (path: string, text: string) => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      };
      // EC2's own name server would say so.
      put('etc/hosts', `127.0.0.1 localhost\n${address} ${name}\n`);
      // JSON is YAML.
      put('etc/cloud/cloud.cfg.d/90_image.cfg', `${JSON.stringify(imageSettings(user), undefined, 2)}\n`);
      for (const [key, text] of Object.entries(hardware(spec))) put(`etc/megalith-test-dmi/${key}`, `${text}\n`);
    },
  };
}

function imageSettings(user: string) {
  return {
    datasource_list: ['Ec2'],
    // Anybody else's answers would have to be waited for.
    datasource: { Ec2: { metadata_urls: ['http://169.254.169.254:80'], strict_id: false } },
    network: { config: 'disabled' },
    locale: 'false',
    system_info: {
      default_user: {
        name: user,
        lock_passwd: true,
        gecos: 'Default user',
        sudo: ['ALL=(ALL) NOPASSWD:ALL'],
        shell: '/bin/bash',
      },
    },
  };
}

/** What the firmware of a machine of EC2 says of it. */
function hardware({ instanceId, type }: BootSpec): Readonly<Record<string, string>> {
  const digits = instanceId
    .replace(/[^0-9a-f]/g, '')
    .padStart(29, '0')
    .slice(-29);
  const uuid = `ec2${digits}`.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return {
    sys_vendor: 'Amazon EC2',
    bios_vendor: 'Amazon EC2',
    product_name: type,
    product_uuid: uuid,
    product_serial: uuid,
    chassis_asset_tag: 'Amazon EC2',
  };
}

/** The first process with a numbering of its own. */
const systemOf: BootProgram['systemOf'] = firstPid => {
  const own = pidNamespace(firstPid);
  const all = withDescendants(processTable(), new Set([firstPid]));
  const isInside = (pid: number) => ![own, ''].includes(pidNamespace(pid));
  return all.find(({ pid, parent }) => isInside(pid) && !isInside(parent))?.pid;
};
