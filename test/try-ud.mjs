const { startInstanceHosts } = await import('/tmp/i4/test/dist/ec2/hosts/start-instance-hosts.js');
const { newKeyPair } = await import('/tmp/i4/test/dist/hosts/keys.js');
const { untilGreeted } = await import('/tmp/i4/test/dist/hosts/banner.js');
const { userData } = await import('/tmp/i4/packages/standalone/dist/providers/ec2/user-data.js');
const t0=performance.now(); const el=()=>Math.round(performance.now()-t0);
const hosts = await startInstanceHosts({ kind: 'nspawn' });
const host = newKeyPair('injected');
const base = { maxLifetimeMs: 3600_000, bootMs: 600_000, user: 'ec2-user', hostKey: { privateText: host.privateText, publicLine: host.publicLine.trim() } };
const cases = {
  plain: userData({ ...base, endsAt: Date.now()+3600_000 }),
  past: userData({ ...base, endsAt: Date.now()-1000 }),
  fallback: "#cloud-config\nbootcmd:\n - shutdown -h +60; echo code $? > /code\n",
};
let n=0;
const spec = userData => ({ instanceId: `i-0000000000000000${++n}`, type: 'm6i.large', zone: 'us-east-1a', region: 'us-east-1', market: 'spot', imageId: 'ami-1', userData, publicKey: host.publicLine, user: 'ec2-user', cpus: 2, memoryBytes: 4e9 });
const greeted = async h => { for (let i=0;i<300;i++) { try { await untilGreeted(h.privateAddress, 22, 500); return true; } catch (e) { await new Promise(r=>setTimeout(r,100)); } } };
try {
  const [p, q, f] = await Promise.all(Object.values(cases).map(u => hosts.boot(spec(u))));
  q.off.then(()=>console.log(el(),'past is off'));
  f.off.then(()=>console.log(el(),'fallback is off'));
  await greeted(p); console.log(el(), 'plain greeted');
  await Promise.race([f.off, greeted(f).then(()=>console.log(el(),'fallback greeted'))]);
  try { console.log((await f.machine.exec('cat /code /run/systemd/shutdown/scheduled; cat /var/log/cloud-init-output.log | head -20')).stdout); } catch (e) { console.log(e.message, f.machine.log().slice(-500)); }
  console.log((await p.machine.exec('until cloud-init status --wait; do sleep 0.2; done; grep -E "WARN|ERR" /var/log/cloud-init.log; systemctl list-timers --all | grep mega; touch /kept; echo sometest > /scratch/x')).stdout);
  await p.powerOff(); console.log(el(), 'stopped');
  await p.powerOn(); await greeted(p); console.log(el(), 'greeted again');
  console.log((await p.machine.exec('systemctl list-timers --all | grep mega; ls -la /kept /scratch; stat -c %U /scratch; ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key')).stdout, host.fingerprint);
  console.log(await p.machine.exec('systemctl reboot')); await new Promise(r=>setTimeout(r,3000)); await greeted(p); console.log(el(), 'greeted after reboot'); 
  console.log((await p.machine.exec('systemctl list-timers --all | grep mega; uptime; systemd-analyze')).stdout);
} finally { await hosts.close(); }
