// Budgets: how far each is used up and what follows, and the form that adds, changes and removes them.

import type { BudgetState, BudgetsBody } from '../../../daemon/protocol/control-api.ts';
import { budgetBar, budgetTitle, changedBudgets, entryOf, type BudgetEntry } from '../budget-bars.ts';
import { meter, stateChip } from './analysis-parts.ts';
import { createBudgetForm, type BudgetForm } from './budget-form.ts';
import { element } from './dom.ts';
import { createLoader, type Loader } from './loader.ts';
import { button } from './parts.ts';
import { refill } from './refill.ts';
import type { CreateView, ViewContext } from './view.ts';

export const createBudgetsView: CreateView = (context) => {
  const parts = budgetParts(context, () => loader);
  const loader = createLoader<BudgetsBody>({
    context,
    body: parts.body,
    isNews: ({ type }) => type === 'totals-update' || type === 'config-update',
    load: async () => (await context.host.call('GET', 'budgets')) as BudgetsBody,
    draw: parts.draw,
  });
  return {
    element: element('div', { class: 'view budgets' }, loader.element),
    show: loader.show,
    hide: loader.hide,
    onEvent: loader.onEvent,
    onThemeChange() {},
  };
};

interface BudgetParts {
  readonly body: HTMLElement;
  readonly draw: (data: BudgetsBody) => void;
}

function budgetParts(context: ViewContext, loader: () => Loader): BudgetParts {
  const list = element('ul', { class: 'budget-list' });
  const empty = element(
    'div',
    { class: 'empty', hidden: true },
    element('h2', { class: 'empty-title' }, 'No budgets yet'),
    element(
      'p',
      {},
      'A budget counts what is spent in a day, a week or a month. When it is reached it warns, leans to cheaper models, or refuses requests.',
    ),
  );
  const add = button('Add budget…', () => open(() => form.edit(null)), { isMain: true, class: 'add-budget' });
  const form = createBudgetForm(context, {
    save: (old, next) => saveBudgets(context, old, next),
    closed(saved) {
      add.hidden = false;
      add.focus();
      if (saved === null) return;
      context.announce('Budgets saved.');
      draw(saved);
      loader().reload();
    },
  });
  const open = (show: () => void): void => {
    add.hidden = true;
    show();
  };

  function draw({ budgets }: BudgetsBody): void {
    empty.hidden = budgets.length > 0;
    list.hidden = budgets.length === 0;
    const nowMs = Date.now();
    refill(list, ...budgets.map((budget) => budgetItem(budget, nowMs, form, open)));
  }

  return { body: element('div', { class: 'stack' }, empty, list, add, form.element), draw };
}

/** Changes one budget of those that are in force now; the daemon judges the result. */
async function saveBudgets(
  { host }: ViewContext,
  old: BudgetEntry | null,
  next: BudgetEntry | null,
): Promise<BudgetsBody> {
  const { budgets } = (await host.call('GET', 'budgets')) as BudgetsBody;
  const changed = changedBudgets(budgets, old, next);
  if (changed === null) {
    throw new Error('This budget was changed elsewhere meanwhile. Close the form and look at it again.');
  }
  return (await host.call('PUT', 'budgets', { budgets: changed })) as BudgetsBody;
}

function budgetItem(
  budget: BudgetState,
  nowMs: number,
  form: BudgetForm,
  open: (show: () => void) => void,
): HTMLElement {
  const bar = budgetBar(budget, nowMs);
  const entry = entryOf(budget);
  const action = (label: string, show: () => void): HTMLElement => {
    const made = button(label, () => open(show));
    made.setAttribute('aria-label', `${label} the budget ${bar.title}`);
    return made;
  };
  return element(
    'li',
    { class: 'card budget' },
    element(
      'div',
      { class: 'budget-head' },
      element('h2', { class: 'card-title' }, bar.title),
      stateChip(bar.stateWord, bar.tone),
      element('span', { class: 'spacer' }),
      action('Change', () => form.edit(entry)),
      action('Remove', () => form.remove(entry)),
    ),
    meter(budgetTitle(entry), bar.fillRatio, bar.spentText, bar.tone),
    element(
      'div',
      { class: 'budget-line' },
      element('strong', {}, bar.spentText),
      element('span', { class: 'soft' }, bar.resetsText),
    ),
    element('p', { class: bar.isSpentKnown ? 'hint' : 'problem' }, bar.stateText),
    bar.instances.length === 0
      ? null
      : element(
          'ul',
          { class: 'instances' },
          ...bar.instances.map((instance) =>
            element(
              'li',
              {},
              element('span', { class: 'instance-name' }, instance.name),
              meter(instance.name, instance.fillRatio, instance.spentText, instance.tone),
              element('span', { class: 'instance-spent' }, instance.spentText),
            ),
          ),
        ),
  );
}
