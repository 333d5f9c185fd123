import { writeFileSync, mkdtempSync, mkdirSync } from 'node:fs';
const { startInstanceHosts } = await import('/tmp/i4/test/dist/ec2/hosts/start-instance-hosts.js');
const { newKeyPair } = await import('/tmp/i4/test/dist/hosts/keys.js');
const { untilGreeted } = await import('/tmp/i4/test/dist/hosts/banner.js');
const { userData } = await import('/tmp/i4/packages/standalone/dist/providers/ec2/user-data.js');
const t0=performance.now(); const el=()=>Math.round(performance.now()-t0);
const hosts = await startInstanceHosts({ kind: process.argv[2] ?? 'nspawn' });
const pair = newKeyPair('client'), host = newKeyPair('injected');
const ud = userData({ endsAt: Date.now()+3600_000, maxLifetimeMs: 3600_000, bootMs: 600_000, user: 'ec2-user', hostKey: { privateText: host.privateText, publicLine: host.publicLine.trim() } });
console.log(el(), 'boot');
const h = await hosts.boot({ instanceId: 'i-00000000000000001', type: 'm6i.large', zone: 'us-east-1a', region: 'us-east-1', market: 'spot', imageId: 'ami-1', userData: ud, publicKey: pair.publicLine, user: 'ec2-user', cpus: 2, memoryBytes: 4e9 });
console.log(el(), 'booted', h.publicAddress);
h.off.then(()=>console.log(el(),'OFF'));
let ended = false;
try {
  for (let i=0;i<200;i++) { try { await untilGreeted(h.privateAddress, 22, 500); break; } catch (e) { await new Promise(r=>setTimeout(r,100)); } }
  console.log(el(), 'greeted');
  const sh = process.argv[3] ?? 'systemctl list-timers --all; cat /run/cloud-init/result.json; cloud-init status --long; ls -la /etc/ssh /scratch; ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key; cat /etc/passwd | tail -3; cat /var/log/cloud-init-output.log; grep -E "WARN|ERR|Trace" /var/log/cloud-init.log; node -v; systemctl --failed; hostname; systemd-analyze';
  if (h.machine) for (let i=0;i<1;i++) { await new Promise(r=>setTimeout(r,Number(process.env.WAIT??6000))); const r = await h.machine.exec(sh); console.log(el(), r.code, r.stdout, r.stderr); }
  console.log(host.fingerprint);
  if (process.env.SHUT) { console.log(await h.machine.exec('sudo -n shutdown -h now')); await h.off; console.log(el(), 'is off'); }
} finally { console.log(h.machine?.log().slice(-1000)); const t=performance.now(); await hosts.close(); console.log('closed', performance.now()-t); }
