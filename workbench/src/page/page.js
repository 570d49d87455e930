'use strict';
// What happened, drawn: operations and messages on one axis, as far as a screen can
// show them. The data is unpacked once into columns (see data.rs); everything else
// is a function of the view: which stretch of the axis, what is filtered, what is
// chosen.
(() => {
const $ = id => document.getElementById(id);
const root = document.documentElement;

// --- What needs no data: the theme, the command ---------------------------------

const THEMES = ['system', 'light', 'dark'];
const remembered = () => { try { return localStorage.getItem('workbench-theme'); } catch { return null; } };
function setTheme(theme) {
  if (theme === 'system') delete root.dataset.theme; else root.dataset.theme = theme;
  $('theme').textContent = 'theme: ' + theme;
  try { localStorage.setItem('workbench-theme', theme); } catch { /* a page from disk may have no storage */ }
}
let theme = THEMES.includes(remembered()) ? remembered() : 'system';
setTheme(theme);
$('theme').onclick = () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  setTheme(theme);
  redraw();
};
$('copy').onclick = async () => {
  let done = 'Copied';
  try { await navigator.clipboard.writeText($('command').textContent); } catch {
    getSelection().selectAllChildren($('command'));
    done = document.execCommand('copy') ? 'Copied' : 'Press Ctrl+C';
  }
  $('copy').textContent = done;
  setTimeout(() => { $('copy').textContent = 'Copy'; }, 2000);
};

// From disk through store/latest, the list of all runs is one folder nearer.
const folders = location.pathname.split('/').slice(0, -1);
if (folders.at(-1) === 'latest' && folders.at(-2) !== root.dataset.workload) {
  for (const link of document.querySelectorAll('.all-runs')) link.href = '../index.html';
}

// --- The data --------------------------------------------------------------------

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
  M = { ...m, n, id: sums(m.id), sent: sums(m.sent), at: sums(m.at), repeats: new Map(m.repeats), cls: new Uint8Array(n),
    body: i => lines[1 + i] };
  M.isNode = e => e < M.nodes;
  M.isService = e => e >= M.nodes && e < M.nodes + M.services;
  M.isClient = e => e >= M.nodes + M.services;
  M.end = Math.max(O.span[1], n ? M.sent[n - 1] : 0);
  for (let i = 0; i < n; i++) {
    const [a, b] = [M.src[i], M.dest[i]];
    M.cls[i] = M.took[i] < 0 ? (M.sent[i] + longest >= M.end ? UNDER_WAY : LOST) : M.types[M.kind[i]] === 'error' ? ERROR
      : M.isNode(a) && M.isNode(b) ? 0 : M.isService(a) || M.isService(b) ? 1 : 2;
  }
}

/// Which message an operation sent first, and which one ended it: a request leaves at
/// the moment at which its operation begins, and requests leave in the operations'
/// order; an answer comes at the moment at which the operation ends.
function join() {
  O.endpoint = new Map(); // of a process
  M.thread = new Map(); // of a client's endpoint
  let next = 0;
  for (let i = 0; i < O.n; i++) {
    const known = O.endpoint.get(O.process[i]);
    while (next < M.n && (M.sent[next] < O.begin[i] || !M.isClient(M.src[next]) || SETUP.has(M.types[M.kind[next]]))) next++;
    if (next >= M.n) break;
    if (M.sent[next] !== O.begin[i] || (known !== undefined && known !== M.src[next])) continue;
    O.endpoint.set(O.process[i], M.src[next]);
    M.thread.set(M.src[next], O.thread(i));
    O.first[i] = next++;
  }
  const ends = new Map(); // the operations of an endpoint, by when they end
  for (let i = 0; i < O.n; i++) {
    const endpoint = O.endpoint.get(O.process[i]);
    if (endpoint !== undefined && O.took[i] >= 0) ends.set(endpoint + ' ' + O.end(i), i);
  }
  for (let i = 0; i < M.n; i++) {
    if (!M.isClient(M.dest[i]) || M.took[i] < 0) continue;
    const ended = ends.get(M.dest[i] + ' ' + (M.sent[i] + M.took[i]));
    if (ended !== undefined) O.last[ended] = i;
  }
}
const SETUP = new Set(['init', 'topology']);

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

// --- The view ----------------------------------------------------------------------

const view = { a: 0, b: 1, chosen: null, hover: null, found: null, types: null, outcomes: [true, true, true], functions: null };
let tabled = ''; // what the table shows
const diagram = $('diagram'), overview = $('overview');
const GUTTER = 104, AXIS = 26, GAP = 26;
let size = { width: 0, top: 0, row: 0, lanesTop: 0, lane: 0, height: 0, shownLanes: [] };
let drawn = { messages: [], operations: [] }; // of the last frame, for the pointer
let frame = 0;

function redraw() { if (axis && !frame) frame = requestAnimationFrame(draw); }

function show(a, b) {
  const wide = Math.min(Math.max(b - a, axis.least), axis.high - axis.low);
  a = Math.min(Math.max((a + b - wide) / 2, axis.low), axis.high - wide);
  [view.a, view.b] = [a, a + wide];
  redraw();
}
const zoom = (factor, around = (view.a + view.b) / 2) =>
  show(around - (around - view.a) * factor, around + (view.b - around) * factor);
const move = part => { const by = (view.b - view.a) * part; show(view.a + by, view.b + by); };

function setAxis(name) {
  const [from, to] = axis ? [axis.time(view.a), axis.time(view.b)] : [0, 0];
  axis = axes[name];
  $('by-time').setAttribute('aria-pressed', name === 'time');
  $('by-order').setAttribute('aria-pressed', name === 'order');
  if (to > from) show(axis.at(from), axis.at(to)); else show(axis.low, axis.high);
}

function layout() {
  const threads = O.threads, shown = lanes.names.map((_, lane) => lane).filter(lane => !lanes.hidden[lane]);
  const row = threads <= 12 ? 20 : threads <= 30 ? 13 : 400 / threads;
  const lane = shown.length <= 12 ? 34 : shown.length <= 30 ? 22 : 700 / shown.length;
  const top = AXIS + GAP, lanesTop = top + threads * row + GAP + 10;
  const y = new Float64Array(lanes.names.length).fill(-1);
  shown.forEach((place, i) => { y[place] = lanesTop + (i + 0.5) * lane; });
  size = { width: diagram.clientWidth, top, row, lanesTop, lane, shownLanes: shown, y, height: Math.ceil(lanesTop + shown.length * lane + 8) };
}

function surface(canvas, height) {
  const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = height + 'px';
  }
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = '12px ui-sans-serif, system-ui, sans-serif';
  g.textBaseline = 'middle';
  return g;
}

const colours = () => {
  const style = getComputedStyle(document.body);
  return Object.fromEntries(['paper', 'ink', 'soft', 'grid', 'ok', 'info', 'fail', 'green', 'shade']
    .map(name => ['--' + name, style.getPropertyValue('--' + name).trim()]));
};

const x = at => GUTTER + (at - view.a) / (view.b - view.a) * (size.width - GUTTER - 8);
const atX = px => view.a + (px - GUTTER) / (size.width - GUTTER - 8) * (view.b - view.a);

const passes = i => view.types[M.kind[i]] && !lanes.hidden[lanes.of[M.src[i]]] && !lanes.hidden[lanes.of[M.dest[i]]];
const passesOp = i => view.outcomes[O.outcome[i]] && view.functions[O.f[i]];

const MOST_ARROWS = 3000, MOST_LABELS = 90;

function draw() {
  frame = 0;
  layout();
  const g = surface(diagram, size.height), c = colours();
  const right = size.width - 8;
  drawFaults(g, c, x, GUTTER, right, AXIS, size.height);
  drawTicks(g, c);
  g.save();
  g.beginPath();
  g.rect(GUTTER, 0, right - GUTTER, size.height);
  g.clip();
  drawGaps(g, c, O.gaps, size.top - 6, size.lanesTop - GAP, 'operations that are not in this page');
  const operations = drawOperations(g, c);
  drawGaps(g, c, M.gaps, size.lanesTop - 6, size.height, 'messages that are not in this page');
  const messages = drawMessages(g, c);
  g.restore();

  drawNames(g, c);
  drawOverview(c);
  const [from, to] = [axis.time(view.a), axis.time(view.b)];
  const notes = [];
  if (messages.step > 1) notes.push(`One of ${messages.step} messages is drawn`);
  if (operations.hidden) notes.push(`${count(operations.hidden, 'operation')} on the same pixel as another`);
  $('shown').textContent = `${count(operations.count, 'operation')} and ${count(messages.count, 'message')} from ${seconds(from)} to ${seconds(to)}.`
    + (notes.length ? ` ${notes.join('; ')}: zoom in to see all.` : '')
    + (size.lane < 6 ? ' So many lanes are thin; choose some under Nodes.' : '');
  if (!$('table').hidden) fillTable();
}

const count = (n, what) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
const fixed = (value, digits) => value.toFixed(digits).replace(/^-(0(\.0*)?)$/, '$1');
const seconds = ns => fixed(ns / 1e9, view.b - view.a < 1e7 && axis === axes.time ? 6 : 3) + ' s';

function drawFaults(g, c, x, left, right, top, bottom) {
  for (const fault of O.faults) {
    const a = Math.max(left, x(axis.at(fault.begin))), b = Math.min(right, x(axis.at(fault.end)));
    if (b <= a) continue;
    g.globalAlpha = 0.14;
    g.fillStyle = c['--shade'];
    g.fillRect(a, top, Math.max(b - a, 1), bottom - top);
    g.globalAlpha = 1;
    const label = [`${fault.name}: ${fault.detail}`, fault.detail, fault.name].find(label => b - a > g.measureText(label).width + 10);
    if (bottom > 60 && label) {
      g.fillStyle = c['--soft'];
      g.fillText(label, a + 5, top + 11);
    }
  }
}

/// The least of 1, 2 and 5 times a power of ten that is not below this.
function round(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map(d => d * power).find(step => step >= least * 0.999999);
}

function drawTicks(g, c) {
  const step = Math.max(round((view.b - view.a) / (size.width / 130)), axis === axes.order ? 1 : 1e-9);
  g.fillStyle = c['--soft'];
  g.strokeStyle = c['--grid'];
  g.lineWidth = 1;
  g.textAlign = 'center';
  g.beginPath();
  let last = -1e9;
  for (let at = Math.ceil(view.a / step) * step; at <= view.b; at += step) {
    const px = Math.round(x(at)) + 0.5;
    g.moveTo(px, AXIS - 5);
    g.lineTo(px, size.height);
    const digits = Math.max(0, Math.min(9, -Math.floor(Math.log10(step / 1e9) + 1e-9)));
    const label = axis === axes.time ? fixed(at / 1e9, digits) + ' s' : `step ${Math.round(at)}, ${fixed(axis.time(at) / 1e9, 3)} s`;
    const wide = g.measureText(label).width;
    if (px - wide / 2 > last + 12 && px - wide / 2 > GUTTER && px + wide / 2 < size.width) {
      g.fillText(label, px, 11);
      last = px + wide / 2;
    }
  }
  g.stroke();
  g.textAlign = 'left';
}

const isChosen = (kind, i) => view.chosen && view.chosen.kind === kind && view.chosen.i === i;
const isFound = (kind, i) => view.found && view.found[kind][i];

function drawOperations(g, c) {
  drawn.operations = [];
  const row = size.row, high = row > 8 ? row - 4 : Math.max(0.5, row * 0.8);
  const lastPixel = new Int32Array(O.threads + 1).fill(-1), lastOutcome = new Int8Array(O.threads + 1);
  // Many are too small to have an inside: those of an outcome are one path.
  const small = OUTCOMES.map(() => new Path2D()), large = [];
  const scale = (size.width - GUTTER - 8) / (view.b - view.a);
  const first = lower(axis.begin, view.a - axis.longestOperation);
  let shown = 0, hidden = 0;
  for (let i = first; i < O.n && axis.begin[i] <= view.b; i++) {
    if (axis.end[i] < view.a || !passesOp(i)) continue;
    shown++;
    const thread = O.thread(i), outcome = O.outcome[i];
    const a = Math.max(GUTTER - 40, GUTTER + (axis.begin[i] - view.a) * scale);
    const b = Math.max(a + 2, Math.min(size.width + 40, GUTTER + (axis.end[i] - view.a) * scale));
    const special = view.chosen && isChosen('operation', i) || view.found && isFound('operation', i);
    const isSmall = b - a < 5 && !special;
    // What falls onto the same pixel is drawn once, but never hides what went wrong.
    if (isSmall) {
      const pixel = Math.round(a);
      if (lastPixel[thread] === pixel && lastOutcome[thread] >= outcome) { hidden++; continue; }
      [lastPixel[thread], lastOutcome[thread]] = [pixel, outcome];
    }
    const y = size.top + thread * row + (row - high) / 2;
    drawn.operations.push({ i, a, b, y, high });
    if (isSmall) small[outcome].rect(a, y, b - a, high);
    else large.push({ i, a, b, y, high, outcome, special });
  }
  small.forEach((path, outcome) => {
    g.fillStyle = c[OUTCOMES[outcome].colour];
    g.globalAlpha = outcome === 0 ? 0.7 : 1;
    g.fill(path);
    g.globalAlpha = 1;
  });
  for (const op of large) drawOperation(g, c, op);
  return { count: shown, hidden };
}

function drawOperation(g, c, { i, a, b, y, high, outcome, special }) {
  g.strokeStyle = g.fillStyle = c[OUTCOMES[outcome].colour];
  g.globalAlpha = outcome === 0 ? 0.35 : 0.16;
  g.fillRect(a, y, b - a, high);
  g.globalAlpha = 1;
  g.lineWidth = outcome === 0 ? 1 : 1.5;
  g.setLineDash(outcome === 1 ? [5, 3] : []);
  g.strokeRect(a + 0.75, y + 0.75, Math.max(1, b - a - 1.5), high - 1.5);
  g.setLineDash([]);
  if (outcome === 2 && b - a > 6) {
    g.beginPath();
    g.moveTo(a + 1, y + high - 1);
    g.lineTo(a + Math.min(high, b - a) - 1, y + 1);
    g.stroke();
  }
  if (special) outline(g, c, a - 2, y - 2, b - a + 4, high + 4, isChosen('operation', i));
  if (b - a > 46 && high >= 14) {
    const left = Math.max(a, GUTTER) + 5 + (outcome === 2 ? 12 : 0);
    g.fillStyle = c['--ink'];
    g.fillText(fitting(g, operationWords(i), Math.min(b, size.width - 8) - left - 4), left, y + high / 2 + 0.5);
  }
}

/// The text, or as much of it as there is room for, and an ellipsis.
function fitting(g, text, room) {
  if (room < 12) return '';
  if (g.measureText(text).width <= room) return text;
  let [a, b] = [0, text.length];
  while (a < b) {
    const middle = (a + b + 1) >> 1;
    if (g.measureText(text.slice(0, middle) + '…').width <= room) a = middle; else b = middle - 1;
  }
  return a ? text.slice(0, a) + '…' : '';
}

function outline(g, c, left, top, wide, high, isChosen) {
  g.strokeStyle = isChosen ? c['--ink'] : c['--info'];
  g.lineWidth = isChosen ? 2.5 : 1.5;
  g.strokeRect(left, top, wide, high);
}

function operationWords(i) {
  const mark = ['', ' ?', ' failed'][O.outcome[i]], came = O.came(i);
  return `${O.functions[O.f[i]]} ${O.what(i)}${came ? ' → ' + came : ''}${mark}`;
}

/// When there was something that is not in the page.
function drawGaps(g, c, gaps, top, bottom, label) {
  for (const [from, to] of gaps) {
    const a = Math.max(GUTTER, x(axis.at(from))), b = Math.min(size.width, x(axis.at(to)));
    if (b - a < 1) continue;
    g.save();
    g.beginPath();
    g.rect(a, top, b - a, bottom - top);
    g.clip();
    g.strokeStyle = c['--shade'];
    g.globalAlpha = 0.5;
    g.lineWidth = 1;
    g.beginPath();
    for (let px = Math.floor(a / 9) * 9 - size.height; px < b; px += 9) {
      g.moveTo(px, size.height);
      g.lineTo(px + size.height, 0);
    }
    g.stroke();
    g.globalAlpha = 1;
    const wide = g.measureText(label).width;
    if (b - a > wide + 20) {
      g.fillStyle = c['--paper'];
      g.fillRect((a + b - wide) / 2 - 6, top + 8, wide + 12, 20);
      g.fillStyle = c['--ink'];
      g.fillText(label, (a + b - wide) / 2, top + 18);
    }
    g.restore();
  }
}

function drawMessages(g, c) {
  drawn.messages = [];
  g.strokeStyle = c['--grid'];
  g.lineWidth = 1;
  g.beginPath();
  for (const lane of size.shownLanes) {
    const end = lanes.dies.has(lane) ? x(axis.at(lanes.dies.get(lane))) : size.width;
    g.moveTo(GUTTER, size.y[lane] + 0.5);
    g.lineTo(Math.max(GUTTER, end), size.y[lane] + 0.5);
  }
  g.stroke();
  g.strokeStyle = c['--info'];
  g.lineWidth = 3;
  g.beginPath();
  for (const [lane, time] of lanes.dies) {
    if (lanes.hidden[lane]) continue;
    const px = x(axis.at(time)), y = size.y[lane];
    g.moveTo(px - 6, y - 6);
    g.lineTo(px + 6, y + 6);
    g.moveTo(px + 6, y - 6);
    g.lineTo(px - 6, y + 6);
  }
  g.stroke();

  const first = lower(axis.from, view.a - axis.longestMessage);
  const inView = [];
  for (let i = first; i < M.n && axis.from[i] <= view.b; i++) {
    if (Math.max(axis.to[i], axis.from[i]) >= view.a && passes(i)) inView.push(i);
  }
  const step = Math.ceil(inView.length / MOST_ARROWS);
  const isSample = (i, k) => k % step === 0 || isChosen('message', i) || isFound('message', i);
  const toDraw = step > 1 ? inView.filter(isSample) : inView;
  const faint = toDraw.length > 600 ? 0.45 : 1, heads = toDraw.length <= 600;
  CLASSES.forEach((cls, number) => {
    g.strokeStyle = g.fillStyle = c[cls.colour];
    g.lineWidth = cls.width;
    g.globalAlpha = faint;
    g.setLineDash(toDraw.length <= 1200 ? cls.dash : []);
    g.beginPath();
    for (const i of toDraw) {
      if (M.cls[i] !== number) continue;
      const arrow = place(i, number);
      drawn.messages.push(arrow);
      g.moveTo(arrow.ax, arrow.ay);
      if (arrow.ay === arrow.by) g.quadraticCurveTo((arrow.ax + arrow.bx) / 2, arrow.ay - size.lane * 0.6, arrow.bx, arrow.by);
      else g.lineTo(arrow.bx, arrow.by);
    }
    g.stroke();
    g.setLineDash([]);
    if (heads || number === LOST) for (const arrow of drawn.messages) if (M.cls[arrow.i] === number) head(g, arrow, number);
    g.globalAlpha = 1;
  });
  for (const arrow of drawn.messages) {
    const chosen = isChosen('message', arrow.i) || isHovered('message', arrow.i) || isPartner(arrow.i);
    if (!chosen && !isFound('message', arrow.i)) continue;
    g.strokeStyle = g.fillStyle = chosen ? c['--ink'] : c['--info'];
    g.lineWidth = 3;
    g.beginPath();
    g.moveTo(arrow.ax, arrow.ay);
    g.lineTo(arrow.bx, arrow.by);
    g.stroke();
    head(g, arrow, M.cls[arrow.i]);
  }
  if (toDraw.length <= MOST_LABELS) labels(g, c);
  return { count: inView.length, step: Math.max(1, step) };
}

const isHovered = (kind, i) => view.hover && view.hover.kind === kind && view.hover.i === i;
/// The request that the chosen message answers, or the answer to it.
const isPartner = i => view.chosen && view.chosen.kind === 'message'
  && (M.answers[i] && i - M.answers[i] === view.chosen.i || M.answers[view.chosen.i] && view.chosen.i - M.answers[view.chosen.i] === i);

function place(i, cls) {
  const ay = size.y[lanes.of[M.src[i]]], by = size.y[lanes.of[M.dest[i]]];
  const ax = x(axis.from[i]);
  if (cls === UNDER_WAY) return { i, ax, ay, bx: Math.min(x(axis.to[i]), size.width), by: ay + (by - ay) * 0.8 };
  if (cls !== LOST) return { i, ax, ay, bx: x(axis.to[i]), by };
  // Nobody knows when it was lost: it ends half-way.
  return { i, ax, ay, bx: ax + 14, by: ay + (by - ay) * 0.55 };
}

function head(g, { i, ax, ay, bx, by }, cls) {
  if (cls === UNDER_WAY) return;
  const along = Math.atan2(by - ay, bx - ax);
  g.beginPath();
  if (cls === LOST) {
    g.lineWidth = 2;
    g.moveTo(bx - 4, by - 4);
    g.lineTo(bx + 4, by + 4);
    g.moveTo(bx + 4, by - 4);
    g.lineTo(bx - 4, by + 4);
    g.stroke();
  } else {
    g.moveTo(bx, by);
    g.lineTo(bx - 8 * Math.cos(along - 0.4), by - 8 * Math.sin(along - 0.4));
    g.lineTo(bx - 8 * Math.cos(along + 0.4), by - 8 * Math.sin(along + 0.4));
    g.fill();
    if (M.repeats.has(i)) g.fillText('×' + (M.repeats.get(i) + 1), bx + 4, by - 8);
  }
}

/// What a message says, next to it where there is room.
function labels(g, c) {
  const taken = [];
  g.font = '11px ui-sans-serif, system-ui, sans-serif';
  for (const { i, ax, ay, bx, by } of drawn.messages) {
    const text = brief(i), wide = g.measureText(text).width;
    for (const part of [0.5, 0.3, 0.7]) {
      const left = ax + (bx - ax) * part + 5, top = ay + (by - ay) * part - 7;
      const free = taken.every(box => left > box[0] + box[2] || left + wide < box[0] || top > box[1] + 13 || top + 13 < box[1]);
      if (!free || left < GUTTER || left + wide > size.width - 8) continue;
      taken.push([left, top, wide]);
      g.globalAlpha = 0.8;
      g.fillStyle = c['--paper'];
      g.fillRect(left - 1, top, wide + 2, 13);
      g.globalAlpha = 1;
      g.fillStyle = c['--ink'];
      g.fillText(text, left, top + 7);
      break;
    }
  }
  g.font = '12px ui-sans-serif, system-ui, sans-serif';
}

function brief(i) {
  const type = M.types[M.kind[i]];
  try {
    // Numbers stay as they are written: 2^53 is not the largest.
    const exact = M.body(i).replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/g, token => token[0] === '"' ? token : `"${token}"`);
    const { type: _, msg_id, in_reply_to, ...rest } = JSON.parse(exact);
    const values = Object.values(rest);
    if (!values.length) return type;
    const text = values.map(value => typeof value === 'object' ? JSON.stringify(value) : String(value)).join(' ');
    return type + ' ' + (text.length > 22 ? text.slice(0, 21) + '…' : text);
  } catch { return type; }
}

function drawNames(g, c) {
  g.fillStyle = c['--paper'];
  g.fillRect(0, 0, GUTTER - 1, size.height);
  g.fillStyle = c['--soft'];
  g.font = '600 12px ui-sans-serif, system-ui, sans-serif';
  g.fillText('operations', 10, AXIS + 12);
  g.fillText('messages', 10, size.lanesTop - 12);
  g.font = '12px ui-sans-serif, system-ui, sans-serif';
  g.fillStyle = c['--ink'];
  g.textAlign = 'right';
  const every = Math.ceil(12 / size.row);
  for (let thread = 0; thread < O.threads; thread += every) {
    g.fillText('client ' + thread, GUTTER - 10, size.top + (thread + 0.5) * size.row);
  }
  const everyLane = Math.ceil(12 / size.lane);
  size.shownLanes.forEach((lane, i) => {
    if (i % everyLane) return;
    const name = lanes.names[lane];
    g.fillText(name.length > 14 ? name.slice(0, 13) + '…' : name, GUTTER - 10, size.y[lane]);
  });
  g.textAlign = 'left';
}

/// How many messages there are where, and what went wrong where: the same whatever the
/// view.
let profile = { axis: null, wide: 0 };
function makeProfile(wide) {
  if (profile.axis === axis && profile.wide === wide) return;
  const at = value => Math.max(0, Math.min(1, (value - axis.low) / (axis.high - axis.low)));
  const bins = new Float64Array(Math.max(1, Math.ceil(wide / 2)));
  for (let i = 0; i < M.n; i++) bins[Math.min(bins.length - 1, Math.floor(at(axis.from[i]) * wide / 2))]++;
  const wrong = [null, new Set(), new Set()];
  for (let i = 0; i < O.n; i++) if (O.outcome[i]) wrong[O.outcome[i]].add(Math.round(at(axis.begin[i]) * wide));
  profile = { axis, wide, bins, most: bins.reduce((a, b) => Math.max(a, b), 1), wrong };
}

function drawOverview(c) {
  const g = surface(overview, 44), right = size.width - 8, wide = right - GUTTER;
  const all = at => GUTTER + (at - axis.low) / (axis.high - axis.low) * wide;
  drawFaults(g, c, all, GUTTER, right, 0, 44);
  makeProfile(wide);
  g.fillStyle = c['--soft'];
  profile.bins.forEach((n, i) => {
    const high = 30 * n / profile.most;
    if (n) g.fillRect(GUTTER + 2 * i, 40 - high, 2, high);
  });
  for (const outcome of [1, 2]) {
    g.fillStyle = c[OUTCOMES[outcome].colour];
    for (const px of profile.wrong[outcome]) g.fillRect(GUTTER + px, outcome === 1 ? 2 : 7, 2, 5);
  }
  const a = all(view.a), b = Math.max(all(view.b), a + 3);
  g.globalAlpha = 0.12;
  g.fillStyle = c['--ok'];
  g.fillRect(a, 0, b - a, 44);
  g.globalAlpha = 1;
  g.strokeStyle = c['--ok'];
  g.lineWidth = 2;
  g.strokeRect(a, 1, b - a, 42);
  g.fillStyle = c['--soft'];
  g.fillText('the whole run', 10, 22);
}

// --- Choosing ------------------------------------------------------------------------

function words({ kind, i }) {
  if (kind === 'fault') {
    const fault = O.faults[i];
    return [fault.name, `from ${exactly(fault.begin)} to ${exactly(fault.end)}`, fault.detail];
  }
  if (kind === 'operation') {
    const end = O.end_index[i], endpoint = O.endpoint.get(O.process[i]);
    const ended = O.took[i] < 0 ? 'it never ended' : `${OUTCOMES[O.outcome[i]].name} after ${milliseconds(O.took[i])}`;
    const lines = end >= 0 ? `lines ${O.index[i]} and ${end} of the history` : `line ${O.index[i]} of the history`;
    const process = O.process[i] === O.thread(i) ? '' : ` as process ${O.process[i]}`;
    const name = endpoint === undefined ? '' : `, ${M.endpoints[endpoint]} on the network`;
    return [`client ${O.thread(i)}: ${O.functions[O.f[i]]} — ${ended}`,
      `began at ${exactly(O.begin[i])}; ${lines}${process}${name}`, O.what(i), O.came(i) && '→ ' + O.came(i)];
  }
  const arrived = M.cls[i] === LOST ? 'never arrived' : M.cls[i] === UNDER_WAY ? 'had not arrived at the end' : `took ${milliseconds(M.took[i])}`;
  const again = M.repeats.has(i) ? `, arrived ${count(M.repeats.get(i), 'time')} more` : '';
  const answer = M.answers[i] ? `, answers message ${M.id[i - M.answers[i]]}` : '';
  return [`${M.endpoints[M.src[i]]} → ${M.endpoints[M.dest[i]]}: ${M.types[M.kind[i]]}`,
    `message ${M.id[i]}, sent at ${exactly(M.sent[i])}, ${arrived}${again}${answer}`, M.body(i)];
}
const exactly = ns => fixed(ns / 1e9, 6) + ' s';
const milliseconds = ns => (ns / 1e6).toLocaleString('en', { maximumFractionDigits: 3 }) + ' ms';

function explain(element, thing) {
  const [title, when, ...rest] = words(thing);
  const strong = document.createElement('strong'), line = document.createElement('div');
  strong.textContent = title;
  line.textContent = when;
  element.replaceChildren(strong, line);
  for (const text of rest.filter(Boolean)) {
    const mono = document.createElement('span');
    mono.className = 'mono';
    mono.textContent = text;
    element.append(mono);
  }
}

function choose(thing, reveal) {
  view.chosen = thing;
  if (!thing) {
    $('chosen').innerHTML = '<span class="note">Nothing is chosen.</span>';
  } else {
    explain($('chosen'), thing);
    const related = [];
    if (thing.kind === 'operation') related.push(['its request', O.first[thing.i]], ['its answer', O.last[thing.i]]);
    if (thing.kind === 'message') related.push(['its request', M.answers[thing.i] ? thing.i - M.answers[thing.i] : -1], ['its answer', answerTo(thing.i)]);
    for (const [text, i] of related) if (i >= 0) $('chosen').append(jump(text, { kind: 'message', i }), ' ');
    if (reveal) {
      const [a, b] = thing.kind === 'message' ? [axis.from[thing.i], axis.to[thing.i]] : [axis.begin[thing.i], axis.end[thing.i]];
      const wide = view.b - view.a;
      if (b - a > wide) show(a - (b - a) * 0.3, b + (b - a) * 0.3);
      else if (a < view.a || b > view.b) show((a + b - wide) / 2, (a + b + wide) / 2);
    }
  }
  redraw();
}

function answerTo(i) {
  for (let k = i + 1; k < M.n; k++) if (M.answers[k] && k - M.answers[k] === i) return k;
  return -1;
}

function jump(text, thing) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  button.onclick = () => choose(thing, true);
  return button;
}

/// Some operation or message near this point.
function near(px, py) {
  let best = null, distance = 8;
  if (py < size.lanesTop - GAP) {
    for (const op of drawn.operations) {
      if (py >= op.y - 1 && py <= op.y + op.high + 1 && px >= op.a - 3 && px <= op.b + 3) best = { kind: 'operation', i: op.i };
    }
    return best || faultAt(px);
  }
  for (const { i, ax, ay, bx, by } of drawn.messages) {
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const part = length ? Math.max(0, Math.min(1, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / length)) : 0;
    const d = Math.hypot(px - ax - part * (bx - ax), py - ay - part * (by - ay));
    if (d < distance) [best, distance] = [{ kind: 'message', i }, d];
  }
  return best || faultAt(px);
}

function faultAt(px) {
  const i = px < GUTTER ? -1 : O.faults.findIndex(fault => px >= x(axis.at(fault.begin)) && px <= x(axis.at(fault.end)));
  return i < 0 ? null : { kind: 'fault', i };
}

/// The next message or operation that passes the filters, or the one before.
function step(kind, by) {
  const n = kind === 'message' ? M.n : O.n, ok = kind === 'message' ? passes : passesOp;
  const column = kind === 'message' ? axis.from : axis.begin;
  let i = view.chosen && view.chosen.kind === kind ? view.chosen.i + by : lower(column, view.a) - (by < 0 ? 1 : 0);
  while (i >= 0 && i < n && !ok(i)) i += by;
  if (i >= 0 && i < n) choose({ kind, i }, true);
}

// --- Finding and filtering -----------------------------------------------------------

function find(text) {
  text = text.trim().toLowerCase();
  if (!text) {
    view.found = null;
    $('next').textContent = 'Next';
    return redraw();
  }
  view.found = { text, message: new Uint8Array(M.n), operation: new Uint8Array(O.n), all: [], next: 0 };
  for (let i = 0; i < M.n; i++) {
    if (passes(i) && M.body(i).toLowerCase().includes(text)) {
      view.found.message[i] = 1;
      view.found.all.push({ kind: 'message', i, at: M.sent[i] });
    }
  }
  for (let i = 0; i < O.n; i++) {
    if (passesOp(i) && (O.functions[O.f[i]] + ' ' + O.what(i) + ' ' + O.came(i)).toLowerCase().includes(text)) {
      view.found.operation[i] = 1;
      view.found.all.push({ kind: 'operation', i, at: O.begin[i] });
    }
  }
  view.found.all.sort((a, b) => a.at - b.at);
  $('next').textContent = `Next (${view.found.all.length.toLocaleString('en')})`;
  redraw();
}

function next() {
  if (!view.found || !view.found.all.length) return;
  const thing = view.found.all[view.found.next++ % view.found.all.length];
  choose(thing, true);
}

/// Something else passes now.
function filtered() {
  if (view.found) find(view.found.text);
  tabled = '';
  redraw();
}

function choices(id, names, flags, set) {
  const box = $(id + '-choices');
  const told = () => {
    const on = names.filter((_, i) => flags(i)).length;
    $(id + '-count').textContent = on === names.length ? `(${on})` : `(${on} of ${names.length})`;
  };
  const inputs = names.map((name, i) => {
    const label = document.createElement('label'), input = document.createElement('input');
    input.type = 'checkbox';
    input.checked = flags(i);
    input.onchange = () => { set(i, input.checked); told(); filtered(); };
    label.append(input, name);
    label.title = name;
    return [input, label];
  });
  const all = document.createElement('span');
  all.className = 'all';
  for (const [text, value] of [['all', true], ['none', false]]) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    button.onclick = () => {
      inputs.forEach(([input], i) => { input.checked = value; set(i, value); });
      told();
      filtered();
    };
    all.append(button);
  }
  box.replaceChildren(all, ...inputs.map(([, label]) => label));
  told();
}

function makeFilters() {
  view.types = M.types.map(() => true);
  view.functions = O.functions.map(() => true);
  const counts = new Float64Array(M.types.length);
  for (let i = 0; i < M.n; i++) counts[M.kind[i]]++;
  choices('nodes', lanes.names, i => !lanes.hidden[i], (i, on) => { lanes.hidden[i] = on ? 0 : 1; });
  choices('types', M.types.map((type, i) => `${type} (${counts[i].toLocaleString('en')})`),
    i => view.types[i], (i, on) => { view.types[i] = on; });
  const kinds = OUTCOMES.map(outcome => outcome.name).concat(O.functions);
  choices('ops', kinds, i => i < 3 ? view.outcomes[i] : view.functions[i - 3],
    (i, on) => { if (i < 3) view.outcomes[i] = on; else view.functions[i - 3] = on; });
}

function makeKey() {
  const sample = (wide, inside) => `<svg width="${wide}" height="14" fill="none" stroke="currentColor" aria-hidden="true">${inside}</svg>`;
  const ends = { [LOST]: '<path d="M22 3l8 8M30 3l-8 8" stroke-width="2"/>', [UNDER_WAY]: '' };
  const items = [];
  const add = (colour, picture, text) => items.push(`<li><span style="color:var(${colour});display:flex">${picture}</span>${text}</li>`);
  CLASSES.forEach((cls, number) => {
    if (!M.cls.includes(number)) return;
    const end = ends[number] ?? '<path d="M24 3l8 4-8 4z" fill="currentColor" stroke="none"/>';
    add(cls.colour, sample(34, `<path d="M0 7h26" stroke-width="1.6" stroke-dasharray="${cls.dash.join(' ')}"/>${end}`), cls.name);
  });
  if (M.repeats.size) items.push('<li><span>×2</span>it arrived twice</li>');
  if (lanes.dies.size) add('--info', sample(16, '<path d="M2 1l12 12M14 1L2 13" stroke-width="3"/>'), 'a node ends, or is not listened to any more');
  OUTCOMES.forEach((outcome, i) => {
    if (!O.outcome.includes(i)) return;
    const inside = i === 2 ? '<path d="M2 12L12 2"/>' : '';
    add(outcome.colour, sample(26, `<rect x="1" y="1" width="24" height="12" fill="currentColor" fill-opacity="${i ? 0.16 : 0.35}" ${i === 1 ? 'stroke-dasharray="5 3"' : ''}/>${inside}`), `an operation: ${outcome.name}`);
  });
  if (O.faults.length) add('--shade', sample(26, '<rect width="26" height="14" fill="currentColor" fill-opacity=".25" stroke="none"/>'), 'what the nemesis did');
  if (O.gaps.length || M.gaps.length) add('--shade', sample(26, '<path d="M0 14L14 0M9 14L23 0M18 14L26 6"/>'), 'not in this page');
  add('--ink', sample(26, '<rect x="2" y="2" width="22" height="10" stroke-width="2.5"/>'), 'chosen');
  add('--info', sample(26, '<rect x="2" y="2" width="22" height="10" stroke-width="1.5"/>'), 'found');
  add('--soft', sample(26, '<path d="M3 14V6M7 14V9M11 14V3M15 14V8M19 14V11" stroke-width="2"/>'), 'the whole run: how many messages when, and above them what failed or is unknown');
  $('key').innerHTML = items.join('');
}

const MOST_ROWS = 200;
function fillTable() {
  const shown = `${view.a} ${view.b} ${axis === axes.time}`;
  if (tabled === shown) return;
  tabled = shown;
  const rows = [];
  for (let i = lower(axis.from, view.a); i < M.n && axis.from[i] <= view.b && rows.length <= MOST_ROWS; i++) if (passes(i)) rows.push({ kind: 'message', i, at: M.sent[i] });
  const messages = rows.length;
  for (let i = lower(axis.begin, view.a); i < O.n && axis.begin[i] <= view.b && rows.length - messages <= MOST_ROWS; i++) if (passesOp(i)) rows.push({ kind: 'operation', i, at: O.begin[i] });
  rows.sort((a, b) => a.at - b.at);
  const table = document.createElement('table');
  table.innerHTML = '<thead><tr><th>time</th><th>what</th><th>took</th><th>body or value</th></tr></thead>';
  const body = table.createTBody();
  for (const thing of rows.slice(0, MOST_ROWS)) {
    const tr = body.insertRow(), [title] = words(thing), { i } = thing;
    const took = thing.kind === 'message' ? M.took[i] : O.took[i];
    const text = thing.kind === 'message' ? M.body(i) : O.what(i) + (O.came(i) ? ' → ' + O.came(i) : '');
    for (const cell of [exactly(thing.at), title, took >= 0 ? milliseconds(took) : thing.kind === 'message' ? 'never arrived' : 'never ended', text]) tr.insertCell().textContent = cell;
  }
  const note = document.createElement('p');
  note.className = 'note';
  note.textContent = rows.length > MOST_ROWS ? `The first ${MOST_ROWS} of what begins in view; zoom in for the others.` : `All ${rows.length} that begin in view.`;
  $('table').replaceChildren(note, table);
}

// --- The pointer and the keyboard --------------------------------------------------

function listen() {
  $('all').onclick = () => show(axis.low, axis.high);
  $('in').onclick = () => zoom(0.5);
  $('out').onclick = () => zoom(2);
  $('left').onclick = () => move(-0.4);
  $('right').onclick = () => move(0.4);
  $('by-time').onclick = () => setAxis('time');
  $('by-order').onclick = () => setAxis('order');
  $('next').onclick = next;
  $('as-table').onclick = () => {
    $('table').hidden = !$('table').hidden;
    $('as-table').setAttribute('aria-expanded', !$('table').hidden);
    redraw();
  };
  let waiting = 0;
  $('find').oninput = () => { clearTimeout(waiting); waiting = setTimeout(() => find($('find').value), 150); };
  $('find').onkeydown = event => { if (event.key !== 'Enter') return; clearTimeout(waiting); const text = $('find').value; if (!view.found || view.found.text !== text.trim().toLowerCase()) find(text); next(); };

  const KEYS = {
    ArrowLeft: () => move(-0.15), ArrowRight: () => move(0.15), '+': () => zoom(0.6), '=': () => zoom(0.6), '-': () => zoom(1 / 0.6),
    0: () => show(axis.low, axis.high), Home: () => show(axis.low, axis.low + view.b - view.a), End: () => show(axis.high - (view.b - view.a), axis.high),
    j: () => step('message', 1), k: () => step('message', -1), o: () => step('operation', 1), p: () => step('operation', -1), n: next,
    Escape: () => { choose(null); hideTip(); },
  };
  diagram.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  let drag = null;
  diagram.addEventListener('pointerdown', event => {
    if (event.button) return;
    drag = { x: event.clientX, a: view.a, b: view.b, moved: false };
    diagram.setPointerCapture(event.pointerId);
  });
  diagram.addEventListener('pointermove', event => {
    if (drag) {
      const by = (drag.x - event.clientX) / (size.width - GUTTER - 8) * (drag.b - drag.a);
      if (Math.abs(event.clientX - drag.x) > 3) {
        drag.moved = true;
        diagram.classList.add('grabbing');
        hideTip();
      }
      if (drag.moved) show(drag.a + by, drag.b + by);
      return;
    }
    const box = diagram.getBoundingClientRect();
    const thing = near(event.clientX - box.left, event.clientY - box.top);
    const same = thing ? view.hover && thing.kind === view.hover.kind && thing.i === view.hover.i : !view.hover;
    if (!thing) hideTip(); else showTip(thing, event.clientX, event.clientY);
    if (!same) {
      view.hover = thing;
      redraw();
    }
  });
  const release = event => {
    if (drag && !drag.moved) {
      const box = diagram.getBoundingClientRect(), thing = near(event.clientX - box.left, event.clientY - box.top);
      choose(thing && thing.kind !== 'fault' ? thing : null, false);
    }
    drag = null;
    diagram.classList.remove('grabbing');
  };
  diagram.addEventListener('pointerup', release);
  diagram.addEventListener('pointercancel', () => { drag = null; diagram.classList.remove('grabbing'); });
  diagram.addEventListener('pointerleave', () => { hideTip(); view.hover = null; redraw(); });
  diagram.addEventListener('dblclick', event => zoom(0.4, atX(event.clientX - diagram.getBoundingClientRect().left)));
  diagram.addEventListener('wheel', event => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 200))), atX(event.clientX - diagram.getBoundingClientRect().left));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      move((event.deltaX || event.deltaY) / 1000);
    }
  }, { passive: false });

  const toOverview = event => {
    if (!event.buttons) return;
    const part = (event.clientX - overview.getBoundingClientRect().left - GUTTER) / (size.width - GUTTER - 8);
    const middle = axis.low + part * (axis.high - axis.low), half = (view.b - view.a) / 2;
    show(middle - half, middle + half);
  };
  overview.addEventListener('pointerdown', event => { overview.setPointerCapture(event.pointerId); toOverview(event); });
  overview.addEventListener('pointermove', toOverview);

  // A chart's x is time: its SVG says from when to when, and where that is.
  for (const svg of document.querySelectorAll('.chart svg[data-from]')) {
    svg.addEventListener('click', event => {
      const box = svg.getBoundingClientRect(), wide = svg.viewBox.baseVal.width;
      const { from, to, left, width } = svg.dataset;
      const part = ((event.clientX - box.left) / box.width * wide - left) / width;
      if (part < 0 || part > 1) return;
      around(axis.at((+from + part * (to - from)) * 1e9));
      $('events').scrollIntoView({ behavior: 'smooth' });
    });
  }
  new ResizeObserver(redraw).observe(diagram);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}

function showTip(thing, px, py) {
  const tip = $('tip');
  explain(tip, thing);
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(px + 14, innerWidth - width - 8)) + 'px';
  tip.style.top = (py + 18 + height < innerHeight ? py + 18 : Math.max(4, py - height - 12)) + 'px';
}
function hideTip() { $('tip').hidden = true; }

/// Shows a moment, no closer than a person can follow.
function around(at) {
  const half = Math.max((view.b - view.a) / 2, (axis.high - axis.low) / 200);
  show(at - half, at + half);
}

// --- Findings lead to their operations ---------------------------------------------

function linkFindings() {
  const lead = index => {
    const i = O.place.get(index);
    if (i === undefined) return null;
    const button = jump(String(index), { kind: 'operation', i });
    button.title = 'show this operation below';
    const { onclick } = button;
    button.onclick = () => {
      onclick();
      const [a, b] = [axis.begin[i], axis.end[i]], margin = Math.max((b - a) * 2, (axis.high - axis.low) / 200, axis.least);
      show(a - margin, b + margin);
      $('events').scrollIntoView({ behavior: 'smooth' });
      diagram.focus({ preventScroll: true });
    };
    return button;
  };
  for (const button of document.querySelectorAll('[data-moment]')) {
    button.onclick = () => {
      around(axis.at(+button.dataset.moment));
      $('events').scrollIntoView({ behavior: 'smooth' });
      diagram.focus({ preventScroll: true });
    };
  }
  for (const item of document.querySelectorAll('.findings li')) {
    const parts = item.textContent.split(/(\boperations? (?:\d+|, | to | and )+)/);
    if (parts.length < 2) continue;
    item.replaceChildren(...parts.flatMap((part, k) => k % 2 === 0 ? [part]
      : part.split(/(\d+)/).map((word, j) => j % 2 ? lead(+word) || word : word)));
  }
}

/// Where a person would begin to look: at what is wrong, or at the beginning.
function begin() {
  const byHash = /^#op-(\d+)$/.exec(location.hash), problem = document.querySelector('[data-moment]');
  const named = byHash || /\boperations? (\d+)/.exec((document.querySelector('.findings') || {}).textContent || '');
  const i = named ? O.place.get(+named[1]) : undefined;
  // Some twenty messages before and after, but not closer than a person can follow.
  const least = axis === axes.time ? Math.max(1e6, (axis.high - axis.low) / 200) : 20;
  const frame = (a, b, before, after) => {
    const first = Math.max(0, lower(axis.from, a) - before), last = Math.min(M.n - 1, lower(axis.from, b) + after);
    if (first < M.n) a = Math.min(a, axis.from[first]);
    for (let k = first; k <= last; k++) b = Math.max(b, M.cls[k] === UNDER_WAY ? axis.from[k] : axis.to[k]);
    const pad = Math.max((b - a) * 0.05, (least - (b - a)) / 2);
    show(a - pad, b + pad);
  };
  if (i !== undefined) {
    frame(axis.begin[i], axis.end[i], 20, 20);
    choose({ kind: 'operation', i }, false);
  } else if (problem) {
    frame(axis.at(+problem.dataset.moment), axis.at(+problem.dataset.moment), 20, 10);
  } else if (M.n) {
    // Not every node's init, if there is anything else.
    let first = Math.min(lower(M.sent, 0), M.n - 1);
    for (let k = first; k < M.n; k++) if (M.cls[k] < 2) { first = k; break; }
    frame(axis.from[first], axis.from[first], 0, 60);
  } else {
    show(axis.low, axis.high);
  }
}

async function main() {
  try {
    readOperations(await unpack('operations-data'));
    readMessages(await unpack('messages-data'));
  } catch (error) {
    $('shown').textContent = `This browser cannot unpack the data (${error.message}); messages.svg and timeline.html show the same.`;
    return;
  }
  join();
  makeLanes();
  makeAxes();
  makeFilters();
  makeKey();
  // Where most messages take no time, only their order says anything; but what is not
  // here has no place in the order.
  const instant = M.took.reduce((n, took) => n + (took >= 0 && took < 1000 ? 1 : 0), 0);
  const hasGaps = O.gaps.length + M.gaps.length > 0;
  if (hasGaps) {
    $('by-order').disabled = true;
    $('by-order').title = 'not here: some of the operations or messages are not in this page';
  }
  setAxis(instant * 2 > M.n && M.n > 0 && !hasGaps ? 'order' : 'time');
  linkFindings();
  listen();
  begin();
  redraw();
  requestAnimationFrame(() => { root.dataset.ready = 'true'; });
}
main();
})();
