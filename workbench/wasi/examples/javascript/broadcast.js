// Broadcast: what a node hears of it passes on to its neighbours, to each again and again until it is
// acknowledged. QuickJS calls it when there is something to read, and by a timer: it is run with --std.

const RETRY = 250; // milliseconds

let own;
const neighbours = new Map(); // by name, what each has not acknowledged yet
const seen = new Set();

const send = (dest, body) => std.out.puts(`${JSON.stringify({ src: own, dest, body })}\n`);

const pass = (neighbour, values) => {
  if (values.length > 0) send(neighbour, { type: 'pass', values });
};

const learn = (values, source) => {
  const fresh = values.filter((value) => !seen.has(value));
  for (const value of fresh) seen.add(value);
  for (const [name, owed] of neighbours) {
    if (name === source) continue;
    for (const value of fresh) owed.add(value);
    pass(name, fresh);
  }
};

const handlers = {
  init: (body) => {
    own = body.node_id;
  },
  topology: (body) => {
    for (const name of body.topology[own] ?? []) neighbours.set(name, new Set());
  },
  broadcast: (body) => learn([body.message]),
  read: () => ({ messages: [...seen] }),
  pass: (body, source) => {
    learn(body.values, source);
    return { values: body.values };
  },
};

const handle = (src, body) => {
  if (body.type === 'pass_ok') {
    for (const value of body.values) neighbours.get(src)?.delete(value);
    return;
  }
  const id = 'msg_id' in body ? { in_reply_to: body.msg_id } : {};
  const does = handlers[body.type];
  if (does) send(src, { type: `${body.type}_ok`, ...does(body, src), ...id });
  else send(src, { type: 'error', code: 10, text: `${body.type} is not supported`, ...id });
};

const hear = (line) => {
  let message;
  try {
    message = JSON.parse(line);
  } catch {}
  if (typeof message?.src === 'string' && typeof message.body?.type === 'string') {
    handle(message.src, message.body);
  } else {
    std.err.puts(`skipped: ${line.slice(0, 200)}\n`);
  }
};

// Bytes are kept as characters until their line is whole.
let rest = '';
const buffer = new Uint8Array(1 << 16);
os.setReadHandler(0, () => {
  const read = os.read(0, buffer.buffer, 0, buffer.length);
  if (read <= 0) std.exit(0);
  const parts = [rest];
  for (let at = 0; at < read; at += 4096) {
    parts.push(String.fromCharCode(...buffer.subarray(at, Math.min(at + 4096, read))));
  }
  const lines = parts.join('').split('\n');
  rest = lines.pop();
  for (const line of lines) hear(utf8(line));
  std.out.flush();
});

function utf8(bytes) {
  try {
    return decodeURIComponent(escape(bytes));
  } catch {
    return bytes;
  }
}

const retry = () => {
  for (const [name, owed] of neighbours) pass(name, [...owed]);
  std.out.flush();
  os.setTimeout(retry, RETRY);
};
os.setTimeout(retry, RETRY);
