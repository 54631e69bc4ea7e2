/** Light or dark: the setting of the system, or the user's choice. */
import { byId, text } from './dom.js';

const KEY = 'pms-events.theme';
const THEMES = ['system', 'light', 'dark'];
let theme = THEMES.includes(localStorage.getItem(KEY)) ? localStorage.getItem(KEY) : 'system';

function apply() {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  text(byId('theme'), `Theme: ${theme}`);
  document.dispatchEvent(new Event('themechange'));
}

export function start() {
  apply();
  byId('theme').addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
}
