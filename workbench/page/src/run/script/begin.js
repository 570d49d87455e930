// What happened, drawn: operations and messages on one axis, as far as a screen can
// show them. The files here are one module, in the order in which run.rs puts them
// together. Everything that is drawn is a function of the data, unpacked once into
// columns (data.js), and of the view: which stretch of the axis, what is filtered, what
// is chosen (view.js).
//
// This one has what needs no data: the theme, the command, the way to the other runs.

const $ = id => document.getElementById(id);
const root = document.documentElement;
const OF_RUN = root.dataset.of === 'run'; // and not of a history alone

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
