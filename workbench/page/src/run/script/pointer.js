// The pointer and the keyboard.

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
    '.': () => walk(1), ',': () => walk(-1),
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
      choose(thing && (thing.kind === 'message' || thing.kind === 'operation') ? thing : null, false);
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
