const { startInstanceHosts } = await import('/tmp/i4/test/dist/ec2/hosts/start-instance-hosts.js');
const { newKeyPair } = await import('/tmp/i4/test/dist/hosts/keys.js');
const { ssh2Connect } = await import('/tmp/i4/test/dist/hosts/ssh-clients.js');
import { writeFileSync } from 'node:fs';
const t0=performance.now(); const el=()=>Math.round(performance.now()-t0);
const hosts = await startInstanceHosts({ kind: 'uml' });
const pair = newKeyPair('c'); writeFileSync('/tmp/ns4/id', pair.privateText, {mode:0o600});
const h = await hosts.boot({ instanceId: `i-00000000000000001`, type: 'm6i.large', zone: 'us-east-1a', region: 'us-east-1', market: 'spot', imageId: 'ami-1', userData:'', user: 'ec2-user', publicKey: pair.publicLine, cpus: 2, memoryBytes: 4e9 });
console.log(el(), 'booted', h.publicAddress);
h.off.then(()=>console.log(el(),'off'));
let c;
try { for (let i=0;i<60;i++) { try { c = await ssh2Connect({address:h.publicAddress, port:22, user:'ec2-user', identityFile:'/tmp/ns4/id'}); break; } catch (e) { if(i%10==9)console.log(e.message); await new Promise(r=>setTimeout(r,300)); } }
 console.log(el(), 'connected', !!c);
 if (c) { const ch = await c.start('hostname; uname -a; free -m; node -v; head -c 20000000 /dev/zero | wc -c; sudo -n id -u; curl --version | head -1; ps ax | wc -l'); ch.on('data',d=>process.stdout.write(d)); ch.stderr.on('data',d=>process.stdout.write(d)); await new Promise(r=>ch.once('close',r)); console.log(el());
 const up = await c.start('cat | wc -c'); up.on('data',d=>process.stdout.write(d)); up.end(Buffer.alloc(20e6)); await new Promise(r=>up.once('close',r)); console.log(el(), 'uploaded');
 const down = await c.start('head -c 20000000 /dev/zero'); let n=0; down.on('data',d=>n+=d.length); await new Promise(r=>down.once('close',r)); console.log(el(), 'downloaded', n);
 await c.start('sudo -n shutdown -h now'); await h.off; console.log(el(), 'is off'); }
 console.log(h.machine.log());
} catch (e) { console.log(e.message, h.machine.log()) } finally { await hosts.close(); console.log(el(),'closed'); process.exit(); }
