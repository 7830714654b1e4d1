// What the user thinks of an answer: two buttons, and a reason for those who want to give one.

import { MAX_FEEDBACK_REASON_CHARS } from '../../../daemon/protocol/control-api.ts';
import type { ExchangeBody, FeedbackBody, Verdict } from '../../../daemon/protocol/control-api.ts';
import { element } from './dom.ts';
import { button, messageOf, section, uniqueId } from './parts.ts';
import type { RequestRating } from './request-rating.ts';

export function feedbackSection(rating: RequestRating, record: ExchangeBody): HTMLElement {
  const said = element('p', { class: 'hint', role: 'status' }, startingWords(record));
  const reasonId = uniqueId('reason');
  const reason = element('input', { id: reasonId, class: 'field', type: 'text' });
  reason.maxLength = MAX_FEEDBACK_REASON_CHARS;
  reason.value = record.feedback?.reason ?? '';
  const buttons: Record<Verdict, HTMLButtonElement> = {
    good: button('Good answer', () => void give('good')),
    bad: button('Bad answer', () => void give('bad')),
  };
  const give = async (verdict: Verdict): Promise<void> => {
    try {
      await rating.give(verdict, reason.value.trim());
    } catch (error) {
      said.textContent = `The rating was not kept: ${messageOf(error)}. Try again.`;
    }
  };
  rating.onChange((verdict, kept) => {
    for (const each of ['good', 'bad'] as const) {
      buttons[each].setAttribute('aria-pressed', String(each === verdict));
    }
    if (kept !== null) said.textContent = thanks(kept, record);
  });
  return section(
    'Was it any good?',
    element(
      'div',
      { class: 'bar' },
      buttons.good,
      buttons.bad,
      element(
        'div',
        { class: 'labelled' },
        element('label', { for: reasonId }, 'Reason (optional, stays on this machine)'),
        reason,
      ),
    ),
    said,
  );
}

function thanks({ verdict, counted }: FeedbackBody, { responseModel, cache }: ExchangeBody): string {
  if (counted) {
    return `Thank you. It counts ${verdict === 'good' ? 'for' : 'against'} ${responseModel ?? 'the model'} in later decisions.`;
  }
  const why = cache === 'semantic' ? 'the model was asked something else' : 'nothing was routed here';
  return `Thank you. It is kept, but it counts for no model, since ${why}.`;
}

function startingWords({ feedback }: ExchangeBody): string {
  if (feedback === null) return 'Ratings teach the router which models do well here.';
  return `You rated it ${feedback.verdict}. The last rating counts.`;
}
