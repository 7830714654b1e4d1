// What the user thinks of an answer: two buttons, and a reason for those who want to give one.

import { MAX_FEEDBACK_REASON_CHARS } from '../../../daemon/protocol/control-api.ts';
import type { ExchangeBody, FeedbackBody, Verdict } from '../../../daemon/protocol/control-api.ts';
import { element } from './dom.ts';
import { button, messageOf, section, uniqueId } from './parts.ts';
import type { ViewContext } from './view.ts';

export function feedbackSection(context: ViewContext, record: ExchangeBody): HTMLElement {
  const said = element('p', { class: 'hint', role: 'status' }, startingWords(record));
  const reasonId = uniqueId('reason');
  const reason = element('input', { id: reasonId, class: 'field', type: 'text' });
  reason.maxLength = MAX_FEEDBACK_REASON_CHARS;
  reason.value = record.feedback?.reason ?? '';
  const buttons: Record<Verdict, HTMLButtonElement> = {
    good: button('Good answer', () => void give('good')),
    bad: button('Bad answer', () => void give('bad')),
  };
  const press = (verdict: Verdict | null): void => {
    for (const each of ['good', 'bad'] as const) {
      buttons[each].setAttribute('aria-pressed', String(each === verdict));
    }
  };
  const give = async (verdict: Verdict): Promise<void> => {
    const words = reason.value.trim();
    try {
      const answer = (await context.host.call('POST', 'feedback', {
        exchangeId: record.exchangeId,
        verdict,
        ...(words === '' ? {} : { reason: words }),
      })) as FeedbackBody;
      press(answer.verdict);
      said.textContent = answer.counted
        ? `Thank you. It counts ${answer.verdict === 'good' ? 'for' : 'against'} ${record.responseModel ?? 'the model'} in later decisions.`
        : 'Thank you. It is kept, but it counts for no model, since nothing was routed here.';
    } catch (error) {
      said.textContent = `The rating was not kept: ${messageOf(error)}. Try again.`;
    }
  };
  press(record.feedback?.verdict ?? null);
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

function startingWords({ feedback }: ExchangeBody): string {
  if (feedback === null) return 'Ratings teach the router which models do well here.';
  return `You rated it ${feedback.verdict}. The last rating counts.`;
}
