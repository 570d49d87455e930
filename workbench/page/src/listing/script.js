'use strict';
const form = document.querySelector('form');
const input = form.querySelector('input');
const shown = form.querySelector('output');
const table = document.querySelector('table');
const runs = table ? [...table.tBodies] : [];
const texts = runs.map((run) => run.textContent.toLowerCase());

const button = (text, onclick) => Object.assign(
  document.createElement('button'), { type: 'button', textContent: text, onclick });

const tallies = [...document.querySelectorAll('[data-filter]')];
const verdicts = tallies.map((tally) => tally.dataset.filter);

// A verdict finds the runs that have it; any other word, those with a word that
// begins so.
function test(word) {
  if (verdicts.includes(word)) return (run) => run.className === word;
  const begins = new RegExp(
    '(?<![\\p{L}\\p{N}])' + word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'u');
  return (_, text) => begins.test(text);
}
function filter() {
  const tests = (input.value.toLowerCase().match(/\S+/g) ?? []).map(test);
  let count = 0;
  runs.forEach((run, i) => {
    run.hidden = !tests.every((test) => test(run, texts[i]));
    count += !run.hidden;
  });
  shown.textContent = tests.length ? `${count} of ${runs.length}` : '';
}
function look(text) {
  input.value = text;
  filter();
}
// The address keeps the filter, for when the page is loaded again.
const remember = () => history.replaceState(null, '', '#' + encodeURIComponent(input.value));
function recall() {
  try { look(decodeURIComponent(location.hash.slice(1))); } catch { look(''); }
}

function sort(head) {
  const column = head.dataset.sort, number = 'number' in head.dataset;
  const before = head.getAttribute('aria-sort') ?? (number ? 'ascending' : 'descending');
  const sign = before === 'ascending' ? -1 : 1;
  const key = (run) => {
    const cell = run.rows[0].cells[column], text = cell.dataset.value ?? cell.textContent.trim();
    return number && text !== '' ? Number(text) : text;
  };
  const keyed = runs.map((run) => [key(run), run]);
  // What a run does not have is last either way.
  keyed.sort(([a], [b]) => (a === '') - (b === '') || sign * ((a > b) - (a < b)));
  table.append(...keyed.map(([, run]) => run));
  table.querySelector('[aria-sort]').removeAttribute('aria-sort');
  head.setAttribute('aria-sort', sign > 0 ? 'ascending' : 'descending');
}

async function copy(event) {
  const code = event.target.previousElementSibling;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    getSelection().selectAllChildren(code);
    document.execCommand('copy');
  }
  event.target.textContent = 'copied';
  setTimeout(() => { event.target.textContent = 'copy'; }, 1500);
}

for (const head of document.querySelectorAll('th[data-sort]'))
  head.replaceChildren(button(head.textContent, () => sort(head)));
for (const code of document.querySelectorAll('code[data-whole]'))
  code.after(Object.assign(button('copy', copy), { className: 'copy', title: 'copy the command' }));
for (const tally of tallies) {
  const word = tally.dataset.filter;
  const toggle = button(tally.textContent, () => { look(input.value === word ? '' : word); remember(); });
  tally.replaceWith(Object.assign(toggle, { className: word, title: `show only these (${word})` }));
}
input.oninput = filter;
input.onchange = remember;
form.onsubmit = (event) => event.preventDefault();
onhashchange = recall;
onkeydown = (event) => {
  if (event.key === '/' && event.target !== input && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    input.select();
  } else if (event.key === 'Escape' && event.target === input) {
    look('');
    remember();
  }
};
form.hidden = runs.length === 0;
recall();
