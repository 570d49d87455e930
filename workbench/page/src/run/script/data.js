// The data: messages, operations, the lanes they are in and the places they have on
// both axes.

const CLASSES = [
  { name: 'a message between nodes', colour: '--ok', dash: [], width: 1.4 },
  { name: 'a message with a service', colour: '--green', dash: [7, 3], width: 1.4 },
  { name: 'a message with a client', colour: '--soft', dash: [2, 3], width: 1.1 },
  { name: 'an error', colour: '--fail', dash: [8, 2, 2, 2], width: 1.4 },
  { name: 'a message that was lost', colour: '--info', dash: [4, 4], width: 1.4 },
  { name: 'a message under way at the end', colour: '--soft', dash: [1, 4], width: 1.4 },
];
const ERROR = 3, LOST = 4, UNDER_WAY = 5;
const OUTCOMES = [
  { name: 'ok', colour: '--ok' },
  { name: 'unknown', colour: '--info' },
  { name: 'failed', colour: '--fail' },
];
const MOST_CLIENTS = 10; // with more, all of them share a lane

/// M the messages, O the operations, each in columns.
let M, O, lanes, axes, axis;

async function unpack(id) {
  const text = atob($(id).textContent);
  const packed = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  const lines = (await new Response(stream).text()).split('\n');
  return [JSON.parse(lines[0]), lines];
}

const sums = column => {
  const out = new Float64Array(column.length);
  let sum = 0;
  for (let i = 0; i < column.length; i++) out[i] = sum += column[i];
  return out;
};

function readOperations([o, lines]) {
  const n = o.index.length;
  O = { ...o, n, index: sums(o.index), begin: sums(o.begin), first: new Int32Array(n).fill(-1), last: new Int32Array(n).fill(-1),
    what: i => lines[1 + 2 * i], came: i => lines[2 + 2 * i] };
  O.thread = i => Math.abs(O.process[i]) % O.threads;
  O.end = i => O.took[i] < 0 ? O.span[1] : O.begin[i] + O.took[i];
  O.place = new Map();
  for (let i = 0; i < n; i++) {
    O.place.set(O.index[i], i);
    if (O.end_index[i] >= 0) O.place.set(O.end_index[i], i);
  }
}

function readMessages([m, lines]) {
  const n = m.id.length, longest = m.took.reduce((most, took) => Math.max(most, took), 0);
  M = { ...m, n, id: sums(m.id), sent: sums(m.sent), at: sums(m.at), repeats: new Map(m.repeats), dead: new Set(m.dead), old: new Map(m.old.map(([i, ...words]) => [i, words])), cls: new Uint8Array(n),
    body: i => lines[1 + i] };
  M.isNode = e => e < M.nodes;
  M.isService = e => e >= M.nodes && e < M.nodes + M.services;
  M.isClient = e => e >= M.nodes + M.services;
  M.end = Math.max(O.span[1], n ? M.sent[n - 1] : 0);
  for (let i = 0; i < n; i++) {
    const [a, b] = [M.src[i], M.dest[i]];
    M.cls[i] = M.took[i] < 0 ? (M.sent[i] + longest >= M.end ? UNDER_WAY : LOST) : M.dead.has(i) ? LOST : M.types[M.kind[i]] === 'error' ? ERROR
      : M.isNode(a) && M.isNode(b) ? 0 : M.isService(a) || M.isService(b) ? 1 : 2;
  }
}

/// Where the messages of each operation are, by their numbers; -1 for none, or one that
/// the page does not have. And whose operations a client on the network does.
function join() {
  O.endpoint = new Map(); // of a process
  M.thread = new Map(); // of a client's endpoint
  const requests = sums(O.request);
  const place = id => {
    const i = lower(M.id, id);
    return i < M.n && M.id[i] === id ? i : -1;
  };
  for (let i = 0; i < O.n; i++) {
    if (!O.request[i]) continue;
    O.first[i] = place(requests[i]);
    if (O.answer[i]) O.last[i] = place(requests[i] + O.answer[i]);
    if (O.first[i] < 0) continue;
    O.endpoint.set(O.process[i], M.src[O.first[i]]);
    M.thread.set(M.src[O.first[i]], O.thread(i));
  }
}

/// A lane for each node and service; then the clients, as the operations have them, or
/// one for all; and one for those that only set the nodes up.
function makeLanes() {
  const fixed = M.nodes + M.services, names = M.endpoints.slice(0, fixed), of = names.map((_, e) => e);
  const worked = M.endpoints.map((_, e) => M.thread.get(e));
  const threads = new Set(worked.filter(thread => thread !== undefined));
  const shared = threads.size > MOST_CLIENTS, places = new Map();
  [...threads].sort((a, b) => a - b).forEach(thread => places.set(thread, fixed + (shared ? 0 : places.size)));
  if (shared) names.push(`${threads.size} clients`);
  else for (const thread of places.keys()) names.push(`client ${thread}`);
  let setup = -1;
  for (let e = fixed; e < M.endpoints.length; e++) {
    if (worked[e] === undefined && setup < 0) setup = names.push(threads.size ? 'set-up' : 'clients') - 1;
    of.push(worked[e] === undefined ? setup : places.get(worked[e]));
  }
  lanes = { names, of, hidden: new Uint8Array(names.length), dies: new Map() };
  for (const [node, time] of O.problems) {
    const lane = M.endpoints.indexOf(node);
    if (lane >= 0 && !lanes.dies.has(lane)) lanes.dies.set(lane, time);
  }
  const last = O.span[1];
  lanes.troubles = O.troubles.map(([node, begin, end, words, drawn]) => ({ lane: M.endpoints.indexOf(node), begin, end: end < 0 ? last : end, words, drawn })).filter(trouble => trouble.lane >= 0);
}

/// First place in a sorted column that is not below a value.
function lower(column, value) {
  let [a, b] = [0, column.length];
  while (a < b) {
    const middle = (a + b) >> 1;
    if (column[middle] < value) a = middle + 1; else b = middle;
  }
  return a;
}

/// Two axes: time in nanoseconds, and the order in which messages were sent and
/// arrived. On each, every message and operation has a place where it begins and
/// one where it ends.
function makeAxes() {
  const time = { from: M.sent, to: new Float64Array(M.n), begin: O.begin, end: new Float64Array(O.n),
    low: Math.min(O.span[0], M.n ? M.sent[0] : 0), high: O.span[1], least: 100 };
  const events = [];
  for (let i = 0; i < M.n; i++) {
    time.to[i] = M.took[i] < 0 ? (M.cls[i] === UNDER_WAY ? M.end : M.sent[i]) : M.sent[i] + M.took[i];
    time.high = Math.max(time.high, time.to[i]);
    events.push([M.at[i], M.sent[i]]);
    if (M.took[i] >= 0) events.push([M.at[i] + M.span[i], time.to[i]]);
  }
  for (let i = 0; i < O.n; i++) time.end[i] = O.end(i);
  time.time = value => value;
  time.at = value => value;

  events.sort((a, b) => a[0] - b[0]);
  const places = Float64Array.from(events, event => event[0]), times = Float64Array.from(events, event => event[1]);
  const order = { from: new Float64Array(M.n), to: new Float64Array(M.n), begin: new Float64Array(O.n), end: new Float64Array(O.n),
    low: -1, high: Math.max(events.length, 1), least: 3 };
  for (let i = 0; i < M.n; i++) {
    order.from[i] = lower(places, M.at[i]);
    order.to[i] = M.took[i] < 0 ? (M.cls[i] === UNDER_WAY ? events.length : order.from[i]) : lower(places, M.at[i] + M.span[i]);
  }
  order.time = place => times.length ? times[Math.max(0, Math.min(times.length - 1, Math.round(place)))] : 0;
  order.at = value => lower(times, value) - 0.5;
  // Those without messages of their own are where their time is.
  let last = -1;
  for (let i = 0; i < O.n; i++) {
    const begin = O.first[i] < 0 ? order.at(O.begin[i]) : order.from[O.first[i]] - 0.4;
    last = order.begin[i] = Math.max(begin, last);
    const end = O.last[i] < 0 ? lower(times, O.end(i) + 1) - 0.5 : order.to[O.last[i]] + 0.4;
    order.end[i] = Math.max(order.begin[i] + (O.first[i] < 0 ? 0.1 : 0.6), end);
  }
  for (const axis of [time, order]) {
    const longest = (a, b) => a.reduce((most, from, i) => Math.max(most, b[i] - from), 0);
    axis.longestMessage = longest(axis.from, axis.to);
    axis.longestOperation = longest(axis.begin, axis.end);
    const wide = axis.high - axis.low;
    axis.low -= wide * 0.01;
    axis.high += wide * 0.01 + axis.least;
  }
  axes = { time, order };
}
