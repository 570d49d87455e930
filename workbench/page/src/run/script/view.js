// The view: which stretch of the axis is shown, what passes the filters, what is chosen;
// and where on the canvas that puts everything.

const view = { a: 0, b: 1, chosen: null, moment: null, hover: null, found: null, types: null, outcomes: [true, true, true], functions: null };
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
  size = { width: diagram.clientWidth, top, row, lanesTop, lane, shownLanes: shown, y, height: Math.ceil((OF_RUN ? lanesTop : lanesTop - GAP) + shown.length * lane + 8) };
}
