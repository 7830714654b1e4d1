// The decision of one request: as a story, as a table of candidates, and what a switch was reckoned to cost.

import type { ExchangeBody } from '../../../daemon/protocol/control-api.ts';
import type { Decision } from '../../../daemon/protocol/exchange-record.ts';
import {
  candidateRows,
  sentence,
  switchStory,
  type CandidateRow,
  type RequestStory,
} from '../request-story.ts';
import { element } from './dom.ts';
import { section, sentences, table } from './parts.ts';

export function decisionSections(record: ExchangeBody, story: RequestStory): readonly (HTMLElement | null)[] {
  const { decision } = record;
  return [
    section('Why this model', sentences(story.choice), flips(story)),
    decision === null ? null : candidates(decision),
    decision === null ? null : switching(decision),
    story.reading.length === 0
      ? null
      : section('How the ask was read', sentences(story.reading), signals(story)),
  ];
}

function flips({ flips }: RequestStory): HTMLElement | null {
  if (flips.length === 0) return null;
  return element(
    'div',
    { class: 'flips' },
    element('h4', {}, 'What would have changed it'),
    element(
      'ul',
      {},
      ...flips.map(({ change, to }) =>
        element(
          'li',
          {},
          element('span', {}, change),
          element('span', { class: 'soft' }, ' → '),
          element('strong', {}, to),
        ),
      ),
    ),
  );
}

function signals({ signals }: RequestStory): HTMLElement | null {
  if (signals.length === 0) return null;
  return element(
    'details',
    { class: 'more' },
    element('summary', {}, signals.length === 1 ? '1 signal' : `${signals.length} signals`),
    element('ul', {}, ...signals.map((signal) => element('li', {}, sentence(signal)))),
  );
}

function candidates(decision: Decision): HTMLElement | null {
  const rows = candidateRows(decision);
  if (rows.length === 0) return null;
  const hasEffort = rows.some(({ effort }) => effort !== '');
  const hasWarm = rows.some(({ warm }) => warm !== '–');
  const hasTask = rows.some(({ taskCost }) => taskCost !== '–');
  return section(
    'Candidates',
    table(
      'Candidates: expected cost, chance of success, and why each lost',
      [
        { title: 'Model' },
        { title: 'This request', isNumber: true },
        ...(hasTask ? [{ title: 'Whole task', isNumber: true }] : []),
        { title: 'Success', isNumber: true },
        ...(hasWarm ? [{ title: 'Warm tokens', isNumber: true }] : []),
        ...(hasEffort ? [{ title: 'Effort' }] : []),
      ],
      rows.map((row) => ({
        class: row.isChosen ? 'is-chosen' : '',
        cells: [
          candidateCell(row),
          row.expectedCost,
          ...(hasTask ? [row.taskCost] : []),
          row.success,
          ...(hasWarm ? [row.warm] : []),
          ...(hasEffort ? [row.effort === '' ? 'as asked' : row.effort] : []),
        ],
      })),
    ),
    element('p', { class: 'hint' }, 'Expected costs are estimates, made before anything was sent.'),
  );
}

/** The verdict under the name: it is a sentence, and no column would have room for it. */
function candidateCell({ model, isChosen, verdict }: CandidateRow): HTMLElement {
  return element(
    'span',
    { class: 'candidate' },
    model,
    isChosen
      ? element('span', { class: 'chip' }, 'chosen')
      : element('span', { class: 'term-note' }, verdict),
  );
}

function switching(decision: Decision): HTMLElement | null {
  const story = switchStory(decision);
  if (story === null) return null;
  return section(
    'Staying or moving',
    element('p', {}, story.sentence),
    table(
      'What staying and moving were reckoned to cost',
      [{ title: 'Expected' }, { title: 'Figure', isNumber: true }],
      story.rows.map(({ label, value }) => ({ cells: [label, value] })),
    ),
  );
}
