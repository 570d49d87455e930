// What nodes showed of their states: changes as JSON Patch has them (RFC 6902), applied again up to
// a moment.

/// The changes, in columns; none if no node showed anything.
let S = null;

function readStates([s, lines]) {
  S = { ...s, n: s.time.length, time: sums(s.time), changes: i => JSON.parse(lines[1 + i]) };
}

const steps = path => path.split('/').slice(1).map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
const valueAt = (state, path) => steps(path).reduce((value, key) => value?.[key], state);

/// The state after a change, which may be the same one.
function changedBy({ op, path, value }, state) {
  const way = steps(path), key = way.pop();
  if (key === undefined) return value;
  const place = way.reduce((value, key) => value?.[key], state);
  if (Array.isArray(place)) {
    if (op === 'add') place.splice(+key, 0, value);
    else if (op === 'remove') place.splice(+key, 1);
    else place[+key] = value;
  } else if (op === 'remove') delete place[key];
  else place[key] = value;
  return state;
}

/// The state that a node showed last up to a time, null of a dead one, and what of it changed after
/// another time, in words; null if it had shown none.
function stateAt(node, since, time) {
  let state = null, found = false;
  const changed = [], short = value => cutText(JSON.stringify(value), 120);
  for (let i = 0; i < S.n && S.time[i] <= time; i++) {
    if (S.node[i] !== node) continue;
    for (const change of S.changes(i)) {
      const { op, path, value } = change;
      if (state !== null && S.time[i] > since) {
        const name = path.slice(1) || 'all', before = op === 'add' ? '' : short(valueAt(state, path));
        changed.push({ key: steps(path)[0], words: op === 'add' ? `${name}: + ${short(value)}` : op === 'remove' ? `${name}: − ${before}` : `${name}: ${before} → ${short(value)}` });
      }
      state = changedBy(change, state);
    }
    found = true;
  }
  return found ? { state, changed } : null;
}

const cutText = (text, most) => text.length > most ? `${text.slice(0, most)}…` : text;
const MOST_CHANGES = 12, MOST_CHARS = 2000;

/// What a node knows at a moment, and what is new since the event before there: as elements.
function tellState(name, since, time) {
  const found = stateAt(S.nodes.indexOf(name), since, time);
  if (!found) return [];
  const element = (tag, text, cls) => Object.assign(document.createElement(tag), { textContent: text, className: cls ?? '' });
  const { state, changed } = found, parts = [], keys = new Set(changed.map(({ key }) => key));
  if (state === null) return [element('div', `${name} shows no state: it ended, and has shown none since`)];
  parts.push(element('div', `state of ${name}: ${changed.length ? 'changed since the event before' : 'as at the event before'}`));
  if (changed.length) {
    const list = document.createElement('ul');
    for (const { words } of changed.slice(0, MOST_CHANGES)) list.append(element('li', words, 'mono changed'));
    if (changed.length > MOST_CHANGES) list.append(element('li', `and ${changed.length - MOST_CHANGES} more changes`));
    parts.push(list);
  }
  const whole = document.createElement('ul');
  const isObject = state && typeof state === 'object' && !Array.isArray(state);
  for (const [key, value] of isObject ? Object.entries(state) : [['', state]]) {
    const text = cutText(`${isObject ? `${key}: ` : ''}${JSON.stringify(value)}`, MOST_CHARS);
    whole.append(element('li', text, keys.has(key) ? 'mono new' : 'mono'));
  }
  const more = document.createElement('details');
  more.open = true;
  more.append(element('summary', 'all of it'), whole);
  parts.push(more);
  if (S.end !== null && time >= S.end) parts.push(element('div', `states after ${exactly(S.end)} are not in this page`));
  return parts;
}
