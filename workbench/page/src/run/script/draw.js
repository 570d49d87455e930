// A frame: faults, ticks, operations, messages, names, and the whole run above them.

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
  drawMoment(g, c);
  g.restore();

  drawNames(g, c);
  drawOverview(c);
  const [from, to] = [axis.time(view.a), axis.time(view.b)];
  const notes = [];
  if (messages.step > 1) notes.push(`One of ${messages.step} messages is drawn`);
  if (operations.hidden) notes.push(`${count(operations.hidden, 'operation')} on the same pixel as another`);
  const and = OF_RUN ? ` and ${count(messages.count, 'message')}` : '';
  $('shown').textContent = `${count(operations.count, 'operation')}${and} from ${seconds(from)} to ${seconds(to)}.`
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

/// How a node's trouble is drawn in its lane, by its number.
const TROUBLE = [
  { colour: '--soft', middle: 0, high: 10 },
  { colour: '--info', middle: 0, high: 10 },
  { colour: '--shade', middle: -8, high: 4 },
  { colour: '--shade', middle: 8, high: 4 },
];

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
  for (const { lane, begin, end, drawn } of lanes.troubles) {
    const { colour, middle, high } = TROUBLE[drawn], height = Math.min(high, size.lane * 0.7);
    const a = Math.max(GUTTER, x(axis.at(begin))), b = x(axis.at(end)), y = size.y[lane] + middle;
    if (lanes.hidden[lane] || b < GUTTER) continue;
    g.fillStyle = g.strokeStyle = c[colour];
    if (drawn !== 1) {
      g.fillRect(a, y - height / 2, Math.max(1, b - a), height);
      continue;
    }
    // Dead: an empty box in the place of its life, with a cross where it died.
    g.lineWidth = 1.5;
    g.fillStyle = c['--paper'];
    g.fillRect(a, y - height / 2, Math.max(1, b - a), height);
    g.strokeRect(a, y - height / 2, Math.max(1, b - a), height);
    const died = x(axis.at(begin));
    if (died < GUTTER) continue;
    g.lineWidth = 2.5;
    g.beginPath();
    g.moveTo(died - 4, y - 5);
    g.lineTo(died + 4, y + 5);
    g.moveTo(died + 4, y - 5);
    g.lineTo(died - 4, y + 5);
    g.stroke();
  }
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
  // Where a service answers with an old state.
  g.strokeStyle = c['--info'];
  g.lineWidth = 2;
  for (const { i, ax, ay } of drawn.messages) {
    if (!M.old.has(i)) continue;
    g.beginPath();
    g.arc(ax, ay, 5, 0, 2 * Math.PI);
    g.stroke();
  }
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
  if (cls !== LOST || M.dead.has(i)) return { i, ax, ay, bx: x(axis.to[i]), by };
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
    const text = brief(i) + (M.old.has(i) ? ', ' + M.old.get(i)[0] : ''), wide = g.measureText(text).width;
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
  if (OF_RUN) g.fillText('messages', 10, size.lanesTop - 12);
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

/// How many messages there are where, or operations where it is of no run, and what went
/// wrong where: the same whatever the view.
let profile = { axis: null, wide: 0 };
function makeProfile(wide) {
  if (profile.axis === axis && profile.wide === wide) return;
  const at = value => Math.max(0, Math.min(1, (value - axis.low) / (axis.high - axis.low)));
  const bins = new Float64Array(Math.max(1, Math.ceil(wide / 2)));
  for (const begin of OF_RUN ? axis.from : axis.begin) bins[Math.min(bins.length - 1, Math.floor(at(begin) * wide / 2))]++;
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
  g.fillText(OF_RUN ? 'the whole run' : 'all of it', 10, 22);
}
