// Walking through what happened: an event after the other, everywhere or in one lane, and
// what is under way there.

/// All events in their order, made when they are first asked for: each is an end of a
/// message or an operation. And where in that order each message is sent and arrives.
let events = null, sentAt, arrivedAt;

function makeEvents() {
  const { order } = axes;
  events = [];
  const add = (kind, i, isEnd, time, place) => events.push({ kind, i, isEnd, time, place });
  for (let i = 0; i < M.n; i++) {
    add('message', i, false, M.sent[i], order.from[i]);
    if (M.took[i] >= 0) add('message', i, true, M.sent[i] + M.took[i], order.to[i]);
  }
  for (let i = 0; i < O.n; i++) {
    add('operation', i, false, O.begin[i], order.begin[i]);
    if (O.took[i] >= 0) add('operation', i, true, O.end(i), order.end[i]);
  }
  events.sort((a, b) => a.time - b.time || a.place - b.place);
  // What is lost is not under way to anyone; what has not arrived at the end is until then.
  sentAt = new Float64Array(M.n);
  arrivedAt = Float64Array.from(M.cls, cls => cls === UNDER_WAY ? Infinity : -1);
  events.forEach(({ kind, i, isEnd }, at) => { if (kind === 'message') (isEnd ? arrivedAt : sentAt)[i] = at; });
}

/// In which lane an event is; none of an operation without messages.
function laneOf({ kind, i, isEnd }) {
  const endpoint = kind === 'operation' ? O.endpoint.get(O.process[i]) : isEnd ? M.dest[i] : M.src[i];
  return endpoint === undefined ? -1 : lanes.of[endpoint];
}

const isOf = (event, thing) => thing && event.kind === thing.kind && event.i === thing.i;
const momentOn = axis => {
  const { kind, i, isEnd } = view.moment;
  return kind === 'message' ? (isEnd ? axis.to : axis.from)[i] : (isEnd ? axis.end : axis.begin)[i];
};

/// The next event that passes the filters, or the one before: after the last one, or what is
/// chosen, or where the view begins.
function walk(by) {
  if (!events) makeEvents();
  const lane = +$('walk-at').value, last = view.moment;
  const here = event => (lane < 0 || laneOf(event) === lane) && (event.kind === 'message' ? passes : passesOp)(event.i);
  let at = last ? events.indexOf(last) : view.chosen ? events.findIndex(event => isOf(event, view.chosen)) : -1;
  if (at < 0) {
    const from = axis.time(view.a), next = events.findIndex(({ time }) => time >= from);
    at = (next < 0 ? events.length : next) - (by > 0 ? 1 : 0);
  }
  do at += by; while (events[at] && !here(events[at]));
  const event = events[at];
  if (!event) return;
  choose({ kind: event.kind, i: event.i }, false);
  view.moment = event;
  const place = momentOn(axis), half = (view.b - view.a) / 2;
  if (place < view.a || place > view.b) show(place - half, place + half);
  tellMoment();
}

const MOST_UNDER_WAY = 20;

/// What happens at the moment, and what is under way to the lane where that is, or to the one
/// that was asked for.
function tellMoment() {
  const event = view.moment, { kind, i, isEnd } = event, at = events.indexOf(event);
  const asked = +$('walk-at').value, lane = asked < 0 ? laneOf(event) : asked;
  const name = e => lanes.names[lanes.of[e]];
  const what = kind === 'operation' ? `client ${O.thread(i)} ${isEnd ? 'ends' : 'begins'} ${O.functions[O.f[i]]}`
    : isEnd && M.dead.has(i) ? `${name(M.dest[i])} is dead, and ${M.types[M.kind[i]]} from ${name(M.src[i])} is lost`
    : isEnd ? `${name(M.dest[i])} receives ${M.types[M.kind[i]]} from ${name(M.src[i])}`
      : `${name(M.src[i])} sends ${M.types[M.kind[i]]} to ${name(M.dest[i])}`;
  const element = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  const parts = [element('strong', `${exactly(event.time)}: ${what}`), element('div', `event ${(at + 1).toLocaleString('en')} of ${events.length.toLocaleString('en')}`)];
  if (OF_RUN && lane >= 0) {
    const inbox = [];
    for (let k = 0; k < M.n; k++) if (lanes.of[M.dest[k]] === lane && sentAt[k] <= at && at < arrivedAt[k]) inbox.push(k);
    parts.push(element('div', `under way to ${lanes.names[lane]}: ${inbox.length ? count(inbox.length, 'message') : 'nothing'}`));
    const list = document.createElement('ul');
    for (const k of inbox.slice(0, MOST_UNDER_WAY)) {
      const item = document.createElement('li'), body = element('span', M.body(k));
      body.className = 'mono';
      item.append(jump(`${M.types[M.kind[k]]} from ${name(M.src[k])}`, { kind: 'message', i: k }), ` sent at ${exactly(M.sent[k])} `, body);
      list.append(item);
    }
    if (inbox.length > MOST_UNDER_WAY) list.append(element('li', `and ${(inbox.length - MOST_UNDER_WAY).toLocaleString('en')} more`));
    if (inbox.length) parts.push(list);
    if (S && lane < M.nodes) {
      // What happens there at one moment counts as the first event of that moment.
      let before = at - 1;
      while (events[before] && laneOf(events[before]) !== lane) before--;
      parts.push(...tellState(lanes.names[lane], events[before]?.time ?? -Infinity, event.time));
    }
  }
  $('moment').replaceChildren(...parts);
  $('moment').hidden = false;
}

function leaveMoment() {
  view.moment = null;
  $('moment').hidden = true;
}

function drawMoment(g, c) {
  if (!view.moment) return;
  const px = Math.round(x(momentOn(axis))) + 0.5;
  g.strokeStyle = c['--ink'];
  g.lineWidth = 1;
  g.setLineDash([2, 2]);
  g.beginPath();
  g.moveTo(px, AXIS);
  g.lineTo(px, size.height);
  g.stroke();
  g.setLineDash([]);
}

function makeWalk() {
  for (const [lane, name] of lanes.names.entries()) $('walk-at').append(new Option(name, lane));
  $('walk-at').onchange = () => { if (view.moment) tellMoment(); };
  $('back').onclick = () => walk(-1);
  $('forth').onclick = () => walk(1);
}
