import { FunctionExecutor } from '@megalith/core';
process.env.MEGALITH_HOME='/tmp/x/home';
Object.defineProperty(process,"execPath",{value:"/tmp/x/wrapnode.sh"});
const fx=new FunctionExecutor();
await fx.command(['true'],[1]);
const t=performance.now();await fx.command(['true'],Array.from({length:1000},(_,i)=>i));console.log('1000 true',(performance.now()-t).toFixed(0));
await fx.close();
