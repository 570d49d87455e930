#!/usr/bin/env node
'use strict';
// A node of broadcast: what is new goes to the neighbours, again and again until they have
// acknowledged it. On Maelstrom it runs in real time; in lockstep it repeats.
require('./lockstep');

const readline = require('readline');

const RETRY = 500; // milliseconds, and up to a half more

let nodeId = null;
let neighbours = [];
const seen = new Set();
const unacknowledged = new Map(); // `${neighbour} ${message}`: a timer

const send = (dest, body) => console.log(JSON.stringify({ src: nodeId, dest, body }));

function passOn(neighbour, message) {
  send(neighbour, { type: 'pass_on', message });
  const again = setTimeout(passOn, RETRY * (1 + Math.random() / 2), neighbour, message);
  unacknowledged.set(`${neighbour} ${message}`, again);
}

function learn(message, source) {
  if (seen.has(message)) return;
  seen.add(message);
  neighbours.filter((it) => it !== source).forEach((it) => passOn(it, message));
}

async function handle({ src, body }) {
  let reply = { type: `${body.type}_ok`, in_reply_to: body.msg_id };
  switch (body.type) {
    case 'init':
      nodeId = body.node_id;
      break;
    case 'topology':
      neighbours = body.topology[nodeId];
      break;
    case 'broadcast':
      learn(body.message, src);
      break;
    case 'read':
      reply.messages = [...seen];
      break;
    case 'pass_on':
      learn(body.message, src);
      send(src, { type: 'passed_on', message: body.message });
      return;
    case 'passed_on': {
      const key = `${src} ${body.message}`;
      clearTimeout(unacknowledged.get(key));
      unacknowledged.delete(key);
      return;
    }
    default:
      if (body.msg_id === undefined) return;
      reply = { type: 'error', in_reply_to: body.msg_id, code: 10 };
      reply.text = `${body.type} is not supported`;
  }
  send(src, reply);
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  let request;
  try {
    request = JSON.parse(line);
    if (typeof request.body.type !== 'string') throw new TypeError('no type');
  } catch (e) {
    console.error(`skipped: ${line.slice(0, 200)}: ${e.message}`);
    return;
  }
  handle(request);
}).on('close', () => process.exit(0));
