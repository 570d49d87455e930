// Finding and filtering, the key to the signs, and the same as a table.

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
  if (M.old.size) add('--info', sample(16, '<circle cx="8" cy="7" r="5" stroke-width="2"/>'), 'a service answers with an old state, as it may');
  if (lanes.dies.size) add('--info', sample(16, '<path d="M2 1l12 12M14 1L2 13" stroke-width="3"/>'), 'a node ends, or is not listened to any more');
  const band = (y, high, fill) => sample(26, `<path d="M0 7h26"/><rect x="6" y="${y}" width="14" height="${high}" fill="${fill}"/>`);
  const has = drawn => lanes.troubles.some(trouble => trouble.drawn === drawn);
  if (has(0)) add('--soft', band(3, 8, 'currentColor'), 'a node stands still: what arrives waits');
  if (has(1)) add('--info', band(3, 8, 'var(--paper)'), 'a node is dead: what arrives is lost');
  if (has(2)) add('--shade', band(0, 3, 'currentColor'), "a node's clock is wrong");
  if (has(3)) add('--shade', band(11, 3, 'currentColor'), "a node's disk is slow or full, or fails");
  OUTCOMES.forEach((outcome, i) => {
    if (!O.outcome.includes(i)) return;
    const inside = i === 2 ? '<path d="M2 12L12 2"/>' : '';
    add(outcome.colour, sample(26, `<rect x="1" y="1" width="24" height="12" fill="currentColor" fill-opacity="${i ? 0.16 : 0.35}" ${i === 1 ? 'stroke-dasharray="5 3"' : ''}/>${inside}`), `an operation: ${outcome.name}`);
  });
  if (O.faults.length) add('--shade', sample(26, '<rect width="26" height="14" fill="currentColor" fill-opacity=".25" stroke="none"/>'), 'what the nemesis did');
  if (O.gaps.length || M.gaps.length) add('--shade', sample(26, '<path d="M0 14L14 0M9 14L23 0M18 14L26 6"/>'), 'not in this page');
  add('--ink', sample(26, '<rect x="2" y="2" width="22" height="10" stroke-width="2.5"/>'), 'chosen');
  add('--info', sample(26, '<rect x="2" y="2" width="22" height="10" stroke-width="1.5"/>'), 'found');
  add('--soft', sample(26, '<path d="M3 14V6M7 14V9M11 14V3M15 14V8M19 14V11" stroke-width="2"/>'), `${OF_RUN ? 'the whole run: how many messages' : 'all of it: how many operations'} when, and above them what failed or is unknown`);
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
    const took = thing.kind === 'message' ? (M.cls[i] === LOST ? -1 : M.took[i]) : O.took[i];
    const text = thing.kind === 'message' ? M.body(i) : O.what(i) + (O.came(i) ? ' → ' + O.came(i) : '');
    for (const cell of [exactly(thing.at), title, took >= 0 ? milliseconds(took) : thing.kind === 'message' ? 'never arrived' : 'never ended', text]) tr.insertCell().textContent = cell;
  }
  const note = document.createElement('p');
  note.className = 'note';
  note.textContent = rows.length > MOST_ROWS ? `The first ${MOST_ROWS} of what begins in view; zoom in for the others.` : `All ${rows.length} that begin in view.`;
  $('table').replaceChildren(note, table);
}
