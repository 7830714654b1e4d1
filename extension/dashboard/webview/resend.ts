// The same request answered by another model, side by side with the first answer.

import type {
  ExchangeBody,
  ResendBody,
  ResendSide,
  StatusBody,
} from '../../../daemon/protocol/control-api.ts';
import { duration, percent, tokens, usd } from '../figures.ts';
import { textDifferences, type TextPiece } from '../text-differences.ts';
import { element, fill, type Child } from './dom.ts';
import { button, facts, messageOf, section, uniqueId } from './parts.ts';
import type { ViewContext } from './view.ts';

export function resendSection(context: ViewContext, record: ExchangeBody): HTMLElement {
  const outcome = element('div', { class: 'resend-outcome', role: 'status' });
  const modelId = uniqueId('model');
  const model = element('select', { id: modelId, class: 'field' });
  const send = button('Send again and compare', () => void run());
  send.disabled = true;
  const run = async (): Promise<void> => {
    const chosen = model.value;
    send.disabled = true;
    fill(outcome, element('p', { class: 'hint' }, `Waiting for ${chosen}…`));
    try {
      const body = { exchangeId: record.exchangeId, model: chosen };
      const answer = (await context.host.call('POST', 'resend', body)) as ResendBody;
      fill(outcome, comparison(context, answer));
      context.announce(`${chosen} answered. Both answers stand side by side.`);
    } catch (error) {
      fill(outcome, element('p', { class: 'problem' }, `It was not sent again: ${messageOf(error)}`));
    }
    send.disabled = false;
  };
  void fillModels(context, record, model, send, outcome);
  return section(
    'Try another model',
    element(
      'p',
      { class: 'hint' },
      'Sends the same request again to the model you choose and shows both answers. It costs money, and becomes a request of its own in the feed.',
    ),
    element(
      'div',
      { class: 'bar' },
      element('div', { class: 'labelled' }, element('label', { for: modelId }, 'Model'), model),
      send,
    ),
    outcome,
  );
}

async function fillModels(
  { host }: ViewContext,
  record: ExchangeBody,
  select: HTMLSelectElement,
  send: HTMLButtonElement,
  outcome: HTMLElement,
): Promise<void> {
  try {
    const status = (await host.call('GET', 'status')) as StatusBody;
    const usable = status.models.filter(({ usable, id }) => usable && id !== record.responseModel);
    fill(select, ...usable.map(({ id }) => element('option', { value: id }, id)));
    const strongest = record.baselineModel;
    if (strongest !== null && usable.some(({ id }) => id === strongest)) select.value = strongest;
    send.disabled = usable.length === 0;
    if (usable.length > 0) return;
    select.disabled = true;
    fill(
      outcome,
      element('p', { class: 'hint' }, 'No other model can be used now. Add a provider key first.'),
    );
  } catch (error) {
    fill(outcome, element('p', { class: 'problem' }, `The models could not be loaded: ${messageOf(error)}`));
  }
}

function comparison(context: ViewContext, { original, again }: ResendBody): HTMLElement {
  const differences =
    original.text === null || again.text === null ? null : textDifferences(original.text, again.text);
  return element(
    'div',
    {},
    element('p', {}, verdict(original, again), differences !== null && sameText(differences.sameRatio)),
    element(
      'div',
      { class: 'sides' },
      side(context, 'First answer', original, differences?.left ?? null, false),
      side(context, 'New answer', again, differences?.right ?? null, true),
    ),
  );
}

function verdict(original: ResendSide, again: ResendSide): string {
  if (original.costUsd === null || again.costUsd === null) return 'What one of them cost is unknown. ';
  const differenceUsd = again.costUsd - original.costUsd;
  if (differenceUsd === 0) return 'Both cost the same. ';
  return `The new answer cost ${usd(Math.abs(differenceUsd))} ${differenceUsd > 0 ? 'more' : 'less'}. `;
}

const sameText = (ratio: number): string => `The two texts have ${percent(ratio)} in common.`;

function side(
  context: ViewContext,
  title: string,
  given: ResendSide,
  pieces: readonly TextPiece[] | null,
  isLink: boolean,
): HTMLElement {
  const { usage } = given;
  return element(
    'article',
    { class: 'card side' },
    element('h4', {}, `${title}: ${given.model ?? 'nobody'}`),
    facts([
      { label: 'Cost', value: usd(given.costUsd) },
      { label: 'Duration', value: duration(given.durationMs) },
      { label: 'Tokens out', value: usage === null ? 'unknown' : tokens(usage.outputTokens) },
      { label: 'State', value: given.status },
    ]),
    textBlock(title, given, pieces),
    isLink && button('Open this request', () => context.openExchange(given.exchangeId)),
  );
}

function textBlock(title: string, { text }: ResendSide, pieces: readonly TextPiece[] | null): HTMLElement {
  if (text === null) {
    return element(
      'p',
      { class: 'hint' },
      'The text is no longer kept. Answers stay in memory only, for the last few requests.',
    );
  }
  const children: readonly Child[] =
    pieces === null
      ? [text]
      : pieces.map((piece) => (piece.isOwn ? element('mark', {}, piece.text) : piece.text));
  return element(
    'pre',
    { class: 'answer', tabindex: 0, role: 'region', aria: { label: title } },
    ...children,
  );
}
