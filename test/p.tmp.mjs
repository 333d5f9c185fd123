import { FunctionExecutor } from '@megalith/core';
process.env.MEGALITH_HOME='/tmp/x/home';
const N=100000;const fx=new FunctionExecutor();
let t=performance.now();
const lap=n=>{console.log(n,(performance.now()-t).toFixed(0));t=performance.now()};
if(process.argv[2]!=='cold'){await fx.callAsync(x=>x,1);lap('warm-up call');}
const arr=Array.from({length:N},(_,i)=>i);
for(let i=0;i<3;i++){t=performance.now();await fx.map(x=>x+1,arr);lap('map 100k');}
async function* ag(){for(let i=0;i<N;i++)yield i}
await fx.map(x=>x+1,ag());lap('async gen 100k');
t=performance.now();for(let i=0;i<1000;i++)await fx.callAsync(x=>x+1,i);lap('1000 sequential calls');
await Promise.all(arr.slice(0,1000).map(i=>fx.callAsync(x=>x+1,i)));lap('1000 concurrent calls');
t=performance.now();await fx.command(['true'],arr.slice(0,1000));lap('1000 true');
await fx.close();lap('close');
