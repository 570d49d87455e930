#!/usr/bin/env node
'use strict';
// A node of broadcast as nearly everyone writes it first: it hands on what is new, once. It knows
// nothing of lockstep, and has no timers: `workbench test --reactive`.

let nodeId = null;
let neighbours = [];
const seen = new Set();

const send = (dest, body) => console.log(JSON.stringify({ src: nodeId, dest, body }));

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { src, body } = JSON.parse(line);
  const reply = { type: `${body.type}_ok`, in_reply_to: body.msg_id };
  if (body.type === 'init') {
    nodeId = body.node_id;
  } else if (body.type === 'topology') {
    neighbours = body.topology[nodeId];
  } else if (body.type === 'read') {
    reply.messages = [...seen];
  } else if (!seen.has(body.message)) {
    seen.add(body.message);
    neighbours
      .filter((it) => it !== src)
      .forEach((it) => send(it, { type: 'broadcast', message: body.message }));
  }
  if (body.msg_id !== undefined) send(src, reply);
});
