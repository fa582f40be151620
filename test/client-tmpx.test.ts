import { checkRequest } from '../src/client/request'
const bad: unknown[] = [
 undefined, {}, {messages:[]}, {messages:[{role:'system',content:'x'}]}, {messages:[{role:'robot',content:'x'}]}, {messages:[{content:'x'}]},
 {messages:[{role:'user',content:[{type:'image',url:'ftp://x/y'}]}]}, {messages:[{role:'user',content:[{type:'image',data:'!!',mediaType:'text/plain'}]}]},
 {messages:[{role:'user',content:[]}]}, {messages:[{role:'user',content:3}]}, {messages:[{role:'user',content:'x',nam:1}]}, {messages:[{role:'user',content:'x'}], temprature: 1},
 {messages:[{role:'user',content:[{type:'audio'}]}]}, {messages:[{role:'user',content:[{type:'text',text:'a',foo:1}]}]},{messages:[{role:'user',content:[{type:'image',url:'http://x/y',detial:1}]}]},
 {messages:[{role:'user',content:'x'}], params:{temperature:9, maxTokens:0, foo:1}}, {messages:[{role:'user',content:'x'}], toolChoice:'maybe'}, {messages:[{role:'user',content:'x'}], toolChoice:{tool:''}}, {messages:'hi'},
 {messages:[{role:'user',content:'x'}], output:{name:'', schema:3}}, {messages:[{role:'tool',content:'x'}]}, {messages:[{role:'user',content:'x'}], params:{providerOptions:{x:{y:()=>1}}}},
 {messages:[{role:'user',content:''}]},
 {messages:[{role:'user',content:'x'}], tools:[{name:'a',parameters:{d:undefined}}]},
 {messages:[{role:'user',content:'x'}], params:{stop:'x'}},
 {messages:[{role:'user',content:'x'}], params:{seed:NaN}},
]
it('x',()=>{ for (const b of bad) { let m='OK'; try { checkRequest(b) } catch(e) { m=(e as Error).message } process.stdout.write(JSON.stringify(b)+'\n   '+m+'\n') } })
