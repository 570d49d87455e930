// What an operation or a message is, in words; how one is chosen, and the next one.

function words({ kind, i }) {
  if (kind === 'fault') {
    const fault = O.faults[i];
    return [fault.name, `from ${exactly(fault.begin)} to ${exactly(fault.end)}`, fault.detail];
  }
  if (kind === 'trouble') {
    const trouble = lanes.troubles[i];
    return [`${lanes.names[trouble.lane]} ${trouble.words}`, `from ${exactly(trouble.begin)} to ${exactly(trouble.end)}: ${milliseconds(trouble.end - trouble.begin)}`, MEANS[trouble.drawn]];
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
  const arrived = M.dead.has(i) ? `came after ${milliseconds(M.took[i])} to a node that was dead` : M.cls[i] === LOST ? 'never arrived' : M.cls[i] === UNDER_WAY ? 'had not arrived at the end' : `took ${milliseconds(M.took[i])}`;
  const again = M.repeats.has(i) ? `, arrived ${count(M.repeats.get(i), 'time')} more` : '';
  const answer = M.answers[i] ? `, answers message ${M.id[i - M.answers[i]]}` : '';
  return [`${M.endpoints[M.src[i]]} → ${M.endpoints[M.dest[i]]}: ${M.types[M.kind[i]]}`,
    `message ${M.id[i]}, sent at ${exactly(M.sent[i])}, ${arrived}${again}${answer}${M.old.has(i) ? ', ' + M.old.get(i)[1] : ''}`, M.body(i)];
}
/// What comes of a node's trouble, by how it is drawn.
const MEANS = [
  'What arrives waits, and is handled when it goes on.',
  'What arrives is lost. It is started again with what its disk had synced.',
  'It acts by this clock alone.',
  'What it waits to have synced waits, or fails.',
];
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
  leaveMoment();
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
  return best || troubleAt(px, py) || faultAt(px);
}

function troubleAt(px, py) {
  const i = lanes.troubles.findIndex(({ lane, begin, end, drawn }) => !lanes.hidden[lane] && Math.abs(py - size.y[lane] - TROUBLE[drawn].middle) <= 3 + TROUBLE[drawn].high / 4 && px >= x(axis.at(begin)) - 1 && px <= x(axis.at(end)) + 1);
  return i < 0 ? null : { kind: 'trouble', i };
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
