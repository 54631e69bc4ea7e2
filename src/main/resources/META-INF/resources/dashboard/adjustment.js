/** The form that changes a stock: adds a number, subtracts one, or sets the counted number. */
import { el, set, text } from './dom.js';
import { call, Keys, show } from './api.js';
import { button } from './panel.js';
import * as format from './format.js';
import * as session from './session.js';

const REASONS = ['sale', 'return', 'receipt', 'damage', 'correction', 'count'];
const LIMIT = 2_147_483_647;

/** @param view the product: sku, location, stocks; begin is called before a change, done receives its result as text, and its movement */
export function adjustment(view, begin, done) {
  const keys = new Keys();
  const field = (id, label, input) => el('div', { class: 'field' }, el('label', { for: id }, label), input);
  const how = el('select', { id: 'how' }, [['add', 'Add'], ['take', 'Take'], ['count', 'Set to what was counted']].map(([value, name]) => el('option', { value }, name)));
  const amount = el('input', { id: 'amount', type: 'number', step: '1', inputmode: 'numeric', autocomplete: 'off' });
  const reason = el('input', { id: 'reason', list: 'reasons', value: 'correction', autocomplete: 'off', spellcheck: 'false' });
  const reference = el('input', { id: 'reference', autocomplete: 'off' });
  const only = el('input', { id: 'only', type: 'checkbox' });
  const onlyText = el('span', {});
  const preview = el('output', { for: 'amount how', class: 'preview' });
  const problem = el('div', { class: 'problem', hidden: true });
  const inputs = { '/delta': amount, '/onHand': amount, '/reason': reason, '/reference': reference };
  let expected = null;

  const stock = () => view.stocks.get(view.location);
  const number = () => (amount.value === '' ? null : Number(amount.value));

  function refresh() {
    const there = stock()?.onHand;
    // the stock at the moment when the box was ticked, not the current one
    if (!only.checked) expected = there ?? null;
    text(onlyText, `Only if there are still ${format.count(expected)}`);
    only.disabled = how.value === 'count' || expected === null;
    const value = number();
    const after = value === null || there === undefined ? null : how.value === 'count' ? value : there + (how.value === 'take' ? -value : value);
    text(preview, after === null ? '' : `${format.count(there)} → ${format.count(after)} at ${view.location}`);
  }

  function request() {
    const body = { reason: reason.value.trim(), location: view.location };
    if (reference.value.trim()) body.reference = reference.value.trim();
    const value = number();
    if (how.value === 'count') return { method: 'PUT', path: '', body: { ...body, onHand: value } };
    if (only.checked && expected !== null) body.expectedOnHand = expected;
    return { method: 'POST', path: '/adjustments', body: { ...body, delta: value !== null && how.value === 'take' ? -value : value } };
  }

  function point(violations) {
    for (const input of new Set(Object.values(inputs))) set(input, 'aria-invalid', null);
    let first;
    for (const { pointer } of violations) {
      const input = inputs[pointer];
      if (!input) continue;
      set(input, 'aria-invalid', 'true');
      first ??= input;
    }
    first?.focus();
  }

  async function send() {
    const { method, path, body } = request();
    begin();
    show(problem, null);
    try {
      const answer = await call(`/api/inventory/${encodeURIComponent(view.sku)}${path}`, { method, body, key: keys.for({ method, body }) });
      keys.settled();
      point([]);
      amount.value = '';
      only.checked = false;
      done(answer.delta === 0 ? `It was ${format.count(answer.onHand)} already.` : `${format.signed(answer.delta)}: there are ${format.count(answer.onHand)} at ${answer.location} now.`, answer.movementId);
    } catch (failure) {
      if (!failure.isOpen) keys.settled();
      show(problem, failure);
      point(failure.violations ?? []);
    }
    refresh();
  }

  const submit = button('Change the stock', 'stock', send, { class: 'main', id: 'adjust' });
  submit.type = 'submit';
  const element = el('form', { class: 'adjust', 'aria-label': 'Change the stock', novalidate: true },
    el('div', { class: 'pair' }, field('how', 'Do', how), field('amount', 'Number', amount)),
    field('reason', 'Reason', reason), el('datalist', { id: 'reasons' }, REASONS.map((value) => el('option', { value }))),
    field('reference', 'Reference (optional)', reference),
    el('label', { class: 'check', for: 'only' }, only, onlyText),
    preview, problem, submit,
    session.can('stock') ? null : el('p', { class: 'muted' }, `For the role stock. Your token has: ${session.roles()}.`));
  set(amount, 'max', LIMIT);
  element.addEventListener('submit', (event) => event.preventDefault());
  element.addEventListener('input', refresh);
  if (!session.can('stock')) for (const input of [how, amount, reason, reference, only]) input.disabled = true;
  return { element, refresh };
}
