// Of a request that a stored answer went to: whose it was, what it saved, and one click for an answer that is wrong.

import { hitStory, type HitStory } from '../hit-story.ts';
import type { ExchangeBody } from '../../../daemon/protocol/control-api.ts';
import { element } from './dom.ts';
import { button, messageOf, section } from './parts.ts';
import type { RequestRating } from './request-rating.ts';
import type { ViewContext } from './view.ts';

/** null = a model was asked. */
export function hitSection(
  context: ViewContext,
  rating: RequestRating,
  record: ExchangeBody,
): HTMLElement | null {
  const story = hitStory(record);
  if (story === null) return null;
  const said = element('p', { class: 'hint', role: 'status' });
  const wrong = button('Wrong answer', () => void call(), { class: 'wrong-answer' });
  const call = async (): Promise<void> => {
    try {
      await rating.give('bad');
    } catch (error) {
      said.textContent = `It was not kept: ${messageOf(error)}. Try again.`;
    }
  };
  rating.onChange((verdict) => {
    wrong.setAttribute('aria-pressed', String(verdict === 'bad'));
    said.textContent = verdict === 'bad' ? story.done : story.offer;
  });
  return section(
    story.title,
    element('div', { class: 'prose' }, origin(context, story), element('p', {}, story.money)),
    element('div', { class: 'bar' }, wrong),
    said,
  );
}

function origin(context: ViewContext, { origin, answerOf }: HitStory): HTMLElement {
  if (answerOf === null) return element('p', {}, origin);
  const open = element(
    'button',
    { class: 'link', type: 'button', on: { click: () => context.openExchange(answerOf) } },
    'Open that request',
  );
  return element('p', {}, `${origin} `, open);
}
