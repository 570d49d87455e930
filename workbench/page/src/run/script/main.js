// Findings lead to their operations, and everything begins.

function toDiagram() {
  $('events').scrollIntoView({ behavior: 'smooth' });
  diagram.focus({ preventScroll: true });
}

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
      toDiagram();
    };
    return button;
  };
  for (const button of document.querySelectorAll('[data-moment]')) {
    button.onclick = () => {
      around(axis.at(+button.dataset.moment));
      toDiagram();
    };
  }
  for (const item of document.querySelectorAll('.findings li')) {
    const leads = operationsOf(item).map(lead).filter(button => button);
    if (leads.length) item.append(' see ', ...leads);
  }
}

/// The operations that a finding names, by their index.
function operationsOf(item) {
  return item.dataset.operations.split(' ').filter(index => index).map(Number);
}

/// Where a person would begin to look: at what is wrong, or at the beginning.
function begin() {
  const byHash = /^#op-(\d+)$/.exec(location.hash), problem = document.querySelector('[data-moment]');
  const findings = [...document.querySelectorAll('.findings li')].map(operationsOf);
  const named = byHash ? [+byHash[1]] : findings.find(operations => operations.length) ?? [];
  const i = O.place.get(named[0]);
  // Some twenty messages before and after, but not closer than a person can follow.
  const least = axis === axes.time ? Math.max(1e6, (axis.high - axis.low) / 200) : 20;
  const frame = (a, b, before, after) => {
    const first = Math.max(0, lower(axis.from, a) - before), last = Math.min(M.n - 1, lower(axis.from, b) + after);
    if (first < M.n) a = Math.min(a, axis.from[first]);
    for (let k = first; k <= last; k++) b = Math.max(b, M.cls[k] === UNDER_WAY ? axis.from[k] : axis.to[k]);
    const pad = Math.max((b - a) * 0.05, (least - (b - a)) / 2);
    show(a - pad, b + pad);
  };
  if (i !== undefined && !OF_RUN) {
    // All that is named, and as much time before and after.
    const places = named.map(index => O.place.get(index)).filter(place => place !== undefined);
    const a = Math.min(...places.map(place => axis.begin[place])), b = Math.max(...places.map(place => axis.end[place]));
    const margin = Math.max(b - a, least);
    show(a - margin, b + margin);
    choose({ kind: 'operation', i }, false);
  } else if (i !== undefined) {
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
    if ($('states-data')) readStates(await unpack('states-data'));
  } catch (error) {
    $('shown').textContent = `This browser cannot unpack the data (${error.message})${OF_RUN ? '; messages.svg and timeline.html show the same' : ''}.`;
    return;
  }
  join();
  makeLanes();
  makeAxes();
  makeFilters();
  makeKey();
  makeWalk();
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
