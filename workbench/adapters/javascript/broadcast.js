#!/usr/bin/env node
'use strict';
// A node of broadcast: what is new goes to the neighbours, again and again until they have
// acknowledged it. What it has acknowledged itself is on its disk, so that it may be killed. On
// Maelstrom it runs in real time; in lockstep it repeats.
const { Disk } = require('./lockstep');

const readline = require('readline');

const RETRY = 500; // milliseconds, and up to a half more

let nodeId = null;
let disk = null;
let neighbours = [];
const seen = new Set();
const learning = new Map(); // message: a promise, until it is on the disk
const unacknowledged = new Map(); // `${neighbour} ${message}`: a timer

const send = (dest, body) => console.log(JSON.stringify({ src: nodeId, dest, body }));

function passOn(neighbour, message) {
  send(neighbour, { type: 'pass_on', message });
  const again = setTimeout(passOn, RETRY * (1 + Math.random() / 2), neighbour, message);
  unacknowledged.set(`${neighbour} ${message}`, again);
}

// Takes up what an earlier life has left.
function begin() {
  disk = new Disk(nodeId);
  neighbours = JSON.parse(String(disk.files.get('neighbours') ?? '[]'));
  const log = String(disk.files.get('seen') ?? '');
  const lines = log.split('\n');
  // Behind the last newline is what was not written to its end.
  disk.truncate('seen', Buffer.byteLength(log) - Buffer.byteLength(lines.pop()));
  for (const line of lines.filter((it) => /^[0-9]+$/.test(it))) seen.add(Number(line));
  for (const message of seen) neighbours.forEach((it) => passOn(it, message));
}

async function keep(message, source) {
  disk.append('seen', `${message}\n`);
  await disk.sync();
  seen.add(message);
  learning.delete(message);
  neighbours.filter((it) => it !== source).forEach((it) => passOn(it, message));
}

async function learn(message, source) {
  if (seen.has(message)) return;
  if (!learning.has(message)) learning.set(message, keep(message, source));
  await learning.get(message);
}

async function handle({ src, body }) {
  let reply = { type: `${body.type}_ok`, in_reply_to: body.msg_id };
  switch (body.type) {
    case 'init':
      nodeId = body.node_id;
      begin();
      break;
    case 'topology':
      neighbours = body.topology[nodeId];
      disk.replace('neighbours', JSON.stringify(neighbours));
      await disk.sync();
      break;
    case 'broadcast':
      await learn(body.message, src);
      break;
    case 'read':
      reply.messages = [...seen];
      break;
    case 'pass_on':
      await learn(body.message, src);
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
