// The form of one budget. What is no number is said at its field; everything else the daemon judges, and its sentence is
// shown.

import type { BudgetsBody, StatusBody, TotalsBody } from '../../../daemon/protocol/control-api.ts';
import {
  BUDGET_KINDS,
  budgetTitle,
  draftOf,
  EMPTY_DRAFT,
  PERIODS,
  REACTIONS,
  readDraft,
  type BudgetDraft,
  type BudgetEntry,
  type BudgetKind,
} from '../budget-bars.ts';
import { element, fill } from './dom.ts';
import { button, messageOf } from './parts.ts';
import type { ViewContext } from './view.ts';

export interface BudgetFormDeps {
  /** `old` null = added, `next` null = removed. Rejects with the sentence that says why not. */
  readonly save: (old: BudgetEntry | null, next: BudgetEntry | null) => Promise<BudgetsBody>;
  /** null = nothing was changed. */
  readonly closed: (saved: BudgetsBody | null) => void;
}

export interface BudgetForm {
  readonly element: HTMLElement;
  /** null = a new one. */
  edit(budget: BudgetEntry | null): void;
  /** Asks first. */
  remove(budget: BudgetEntry): void;
}

export function createBudgetForm(context: ViewContext, deps: BudgetFormDeps): BudgetForm {
  const place = element('div', { class: 'form-place' });

  function close(saved: BudgetsBody | null): void {
    fill(place);
    deps.closed(saved);
  }

  function submit(fields: FormFrame, old: BudgetEntry | null, next: BudgetEntry | null): void {
    fields.busy(true);
    deps.save(old, next).then(close, (error: unknown) => {
      fields.busy(false);
      fields.fail(messageOf(error));
    });
  }

  return {
    element: place,
    edit(budget) {
      const fields = createFields(budget === null ? EMPTY_DRAFT : draftOf(budget));
      const frame = formFrame({
        title: budget === null ? 'New budget' : `Change ${budgetTitle(budget)}`,
        content: fields.elements,
        action: budget === null ? 'Add' : 'Save',
        cancel: () => close(null),
        submit() {
          const read = readDraft(fields.draft());
          fields.markWrong('field' in read ? read.field : null);
          if ('problem' in read) frame.fail(read.problem);
          else submit(frame, budget, read.budget);
        },
      });
      fill(place, frame.element);
      fields.focus();
      void suggestNames(context).then(fields.suggest);
    },
    remove(budget) {
      const frame = formFrame({
        title: `Remove ${budgetTitle(budget)}?`,
        content: [element('p', { class: 'hint' }, 'What was spent stays in the books; only the limit goes.')],
        action: 'Remove',
        cancel: () => close(null),
        submit: () => submit(frame, budget, null),
      });
      fill(place, frame.element);
      frame.focusAction();
    },
  };
}

interface FormFrame {
  readonly element: HTMLElement;
  fail(sentence: string): void;
  busy(isBusy: boolean): void;
  focusAction(): void;
}

function formFrame(options: {
  readonly title: string;
  readonly content: readonly HTMLElement[];
  readonly action: string;
  readonly submit: () => void;
  readonly cancel: () => void;
}): FormFrame {
  const problem = element('p', { class: 'problem', id: 'budget-problem', role: 'alert' });
  const action = element('button', { class: 'button is-main', type: 'submit' }, options.action);
  const form = element(
    'form',
    { class: 'card budget-form', aria: { label: options.title } },
    element('h2', { class: 'card-title' }, options.title),
    ...options.content,
    problem,
    element('div', { class: 'buttons' }, action, button('Cancel', options.cancel)),
  );
  form.noValidate = true;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    problem.textContent = '';
    options.submit();
  });
  form.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') options.cancel();
  });
  return {
    element: form,
    fail(sentence) {
      problem.textContent = sentence;
    },
    busy(isBusy) {
      action.disabled = isBusy;
      form.setAttribute('aria-busy', String(isBusy));
    },
    focusAction: () => action.focus(),
  };
}

type Names = Readonly<Partial<Record<BudgetKind, readonly string[]>>>;

interface Fields {
  readonly elements: readonly HTMLElement[];
  readonly draft: () => BudgetDraft;
  readonly markWrong: (field: 'name' | 'limit' | null) => void;
  readonly suggest: (names: Names) => void;
  readonly focus: () => void;
}

function createFields(start: BudgetDraft): Fields {
  let names: Names = {};
  const kind = select(
    'budget-kind',
    BUDGET_KINDS.map((entry) => [entry.kind, entry.label]),
    start.kind,
  );
  const suggestions = element('datalist', { id: 'budget-names' });
  const name = element('input', { id: 'budget-name', class: 'field', type: 'text', value: start.name });
  name.setAttribute('list', 'budget-names');
  const limit = element('input', { id: 'budget-limit', class: 'field', type: 'text', value: start.limit });
  limit.inputMode = 'decimal';
  const unit = select(
    'budget-unit',
    [
      ['usd', 'US dollars'],
      ['tokens', 'Tokens'],
    ],
    start.unit,
  );
  const period = select(
    'budget-period',
    PERIODS.map((entry) => [entry.period, entry.label]),
    start.period,
  );
  const onReach = select(
    'budget-reach',
    REACTIONS.map((entry) => [entry.onReach, `${entry.label}: ${entry.explanation}`]),
    start.onReach,
  );
  const nameField = field('budget-name', 'Name', name, 'Left empty, each one has the limit for itself.');
  for (const input of [name, limit]) input.setAttribute('aria-describedby', 'budget-problem');

  function showName(): void {
    nameField.hidden = kind.value === 'all';
    const known = BUDGET_KINDS.find((entry) => entry.kind === kind.value);
    const note = nameField.querySelector<HTMLElement>('.hint');
    if (note !== null) note.hidden = known?.needsName === true;
    const options = (known === undefined ? undefined : names[known.kind]) ?? [];
    fill(suggestions, ...options.map((value) => element('option', { value })));
  }
  kind.addEventListener('change', showName);
  showName();

  return {
    elements: [
      element(
        'div',
        { class: 'fields' },
        field('budget-kind', 'Counts', kind),
        nameField,
        field('budget-limit', 'Limit', limit),
        field('budget-unit', 'In', unit),
        field('budget-period', 'Per', period),
        field('budget-reach', 'When it is reached', onReach),
      ),
      suggestions,
    ],
    draft: () => ({
      kind: BUDGET_KINDS.find((entry) => entry.kind === kind.value)?.kind ?? 'all',
      name: kind.value === 'all' ? '' : name.value,
      period: PERIODS.find((entry) => entry.period === period.value)?.period ?? 'day',
      limit: limit.value,
      unit: unit.value === 'tokens' ? 'tokens' : 'usd',
      onReach: REACTIONS.find((entry) => entry.onReach === onReach.value)?.onReach ?? 'warn',
    }),
    markWrong(wrong) {
      name.setAttribute('aria-invalid', String(wrong === 'name'));
      limit.setAttribute('aria-invalid', String(wrong === 'limit'));
      if (wrong === 'name') name.focus();
      if (wrong === 'limit') limit.focus();
    },
    suggest(found) {
      names = found;
      showName();
    },
    focus: () => kind.focus(),
  };
}

function field(id: string, label: string, input: HTMLElement, hint?: string): HTMLElement {
  return element(
    'div',
    { class: 'labelled' },
    element('label', { for: id }, label),
    input,
    hint === undefined ? null : element('span', { class: 'hint' }, hint),
  );
}

function select(
  id: string,
  choices: readonly (readonly [value: string, label: string])[],
  chosen: string,
): HTMLSelectElement {
  const made = element(
    'select',
    { id, class: 'field' },
    ...choices.map(([value, label]) => element('option', { value }, label)),
  );
  made.value = chosen;
  return made;
}

/** Names that were seen or are configured. Without them the field is as usable as before. */
async function suggestNames({ host }: ViewContext): Promise<Names> {
  const keysBy = async (groupBy: string): Promise<readonly string[]> => {
    const totals = (await host.call('GET', `totals?groupBy=${groupBy}`)) as TotalsBody;
    return totals.groups.map(({ key }) => key).filter((key) => key !== 'unknown');
  };
  try {
    const [workspace, client, status] = await Promise.all([
      keysBy('workspace'),
      keysBy('client'),
      host.call('GET', 'status') as Promise<StatusBody>,
    ]);
    const { models, providers } = status;
    return {
      workspace,
      client,
      model: models.map(({ id }) => id),
      provider: providers.map((provider) => provider.name),
    };
  } catch {
    return {};
  }
}
