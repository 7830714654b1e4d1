// The money of one request, term by term, beside what the baseline would have been billed.

import type { ExchangeBody } from '../../../daemon/protocol/control-api.ts';
import { ESTIMATE_MARK, toneOf } from '../feed-rows.ts';
import { exactUsd, grouped } from '../figures.ts';
import { moneySheet, type MoneyPart, type MoneySheet, type MoneyTerm } from '../money-terms.ts';
import { element, type Child } from './dom.ts';
import { section, sentences, table, type TableRow } from './parts.ts';

const COLUMNS = [
  { title: 'Term' },
  { title: 'Tokens', isNumber: true },
  { title: '$ per million', isNumber: true },
  { title: 'Amount', isNumber: true },
] as const;

/** How amounts are written: all with the same decimals, marked where they rest on estimates. */
type Amount = (amountUsd: number | null) => string;

export function moneySection(record: ExchangeBody): HTMLElement {
  const sheet = moneySheet(record);
  const mark = sheet.isEstimated ? ESTIMATE_MARK : '';
  const amount: Amount = (usd) => `${usd === null || usd === 0 ? '' : mark}${exactUsd(usd, sheet.decimals)}`;
  return section(
    'Money',
    sentences(sheet.notes),
    element('h4', {}, 'What it cost'),
    table(
      'What it cost, term by term',
      COLUMNS,
      sheet.parts.flatMap((part) => partRows(part, mark, amount)),
      [...failedRow(sheet, amount), totalRow('Cost', amount(sheet.costUsd))],
    ),
    element('h4', {}, 'What the baseline would have cost'),
    table(
      'What the baseline would have cost, term by term',
      COLUMNS,
      partRows(sheet.baseline, mark, amount),
      [totalRow('Baseline', amount(sheet.baseline.totalUsd))],
    ),
    savedBlock(sheet, amount),
  );
}

function partRows(part: MoneyPart, mark: string, amount: Amount): readonly TableRow[] {
  const title = element(
    'span',
    {},
    part.title,
    part.isFailed && element('span', { class: 'chip', data: { state: 'error' } }, 'failed'),
    part.note !== null && element('span', { class: 'term-note' }, part.note),
  );
  // With terms below it the sum stands at their end.
  const hasTerms = part.terms.length > 0;
  return [
    { class: 'part', cells: [title, '', '', hasTerms ? '' : amount(part.totalUsd)] },
    ...part.terms.map((term) => ({ class: 'term', cells: termCells(term, mark, amount) })),
  ];
}

function termCells(term: MoneyTerm, mark: string, amount: Amount): readonly Child[] {
  const { kind, tokens, usdPerMtok, amountUsd } = term;
  return [kind, `${mark}${countText(tokens)}`, priceText(usdPerMtok), amount(amountUsd)];
}

/** The baseline's tokens are not whole ones. */
const countText = (tokens: number): string => grouped(tokens, Number.isInteger(tokens) ? 0 : 1);

/** A price as the vendor writes it: `$0.28`, `$3.00`, `$0.0875`. */
function priceText(usdPerMtok: number): string {
  const decimals = Math.max(2, (String(Number(usdPerMtok.toFixed(6))).split('.')[1] ?? '').length);
  return `$${grouped(usdPerMtok, decimals)}`;
}

function failedRow({ failedAttemptsUsd }: MoneySheet, amount: Amount): readonly TableRow[] {
  return failedAttemptsUsd === null
    ? []
    : [{ class: 'soft', cells: ['Of it for failed attempts', '', '', amount(failedAttemptsUsd)] }];
}

const totalRow = (name: string, amount: string): TableRow => ({
  class: 'total',
  cells: [name, '', '', amount],
});

function savedBlock(sheet: MoneySheet, amount: Amount): HTMLElement {
  const { savedUsd, costUsd, baseline, savedBy } = sheet;
  if (savedUsd === null) {
    return element('p', { class: 'saved-line' }, 'Saved: unknown, since not both sides are known.');
  }
  const signed = (usd: number): string => `${usd > 0 ? '+' : ''}${amount(usd)}`;
  return element(
    'div',
    { class: 'saved-block' },
    element(
      'p',
      { class: 'saved-line' },
      `${amount(baseline.totalUsd)} − ${amount(costUsd)} = `,
      element('strong', { data: { tone: toneOf(savedUsd) } }, signed(savedUsd)),
      savedUsd === 0 ? ', so nothing saved and nothing lost' : savedUsd < 0 ? ' (a loss)' : ' saved',
    ),
    savedBy.length > 0 &&
      element(
        'ul',
        { class: 'saved-by' },
        ...savedBy.map(({ cause, amountUsd }) =>
          element(
            'li',
            {},
            `${cause}: `,
            element('span', { data: { tone: toneOf(amountUsd) } }, signed(amountUsd)),
          ),
        ),
      ),
  );
}
