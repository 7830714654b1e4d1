// How a replayed history is told to a person: what it cost and would have, who would have answered instead, and what the
// figures cannot know.

import type { ReplayBody } from '../protocol/control-api.ts';
import { alignRows } from './table.ts';

const MAX_MOVES = 12;
const MAX_CONVERSATIONS = 5;

export function replayLines(body: ReplayBody): readonly string[] {
  if (body.requests === 0) return ['no requests in this time; nothing to replay'];
  return [
    ...headLines(body),
    ...moveLines(body),
    ...conversationLines(body),
    '',
    ...coverageLines(body),
    '',
    ...caveatLines(body),
  ];
}

function headLines(body: ReplayBody): readonly string[] {
  const { storedCostUsd, costUsd, intervalUsd, baselineCostUsd, savedUsd } = body;
  const difference = costUsd - storedCostUsd;
  const [low, high] = intervalUsd;
  const share =
    baselineCostUsd === 0 ? '' : ` (${percent(savedUsd / baselineCostUsd)} of ${usd(baselineCostUsd)})`;
  const interval =
    high - low < 1e-9 ? ', exactly: nothing is estimated' : `, 95 % interval ${usd(low)} to ${usd(high)}`;
  return alignRows([
    ['requests', `${body.requests}, profile ${body.profile}`],
    ['billed', usd(storedCostUsd)],
    ['replayed', `${usd(costUsd)}${interval}`],
    [
      'difference',
      `${signed(difference)}${storedCostUsd === 0 ? '' : ` (${signedPercent(difference / storedCostUsd)})`}`,
    ],
    ['saved', `${usd(savedUsd)}${share} against the baseline`],
    ['moved', `${body.moved} requests to another model`],
    ...successLine(body),
  ]);
}

function successLine({ expectedSuccess }: ReplayBody): readonly (readonly string[])[] {
  if (expectedSuccess === null) return [];
  const { stored, replayed } = expectedSuccess;
  const text = `expected of ${percent(replayed)} of the answers instead of ${percent(stored)}`;
  return [['success', text]];
}

function moveLines({ moves }: ReplayBody): readonly string[] {
  if (moves.length === 0) return [];
  const rows = moves
    .slice(0, MAX_MOVES)
    .map(({ from, to, requests, storedUsd, replayedUsd }) => [
      from,
      to,
      String(requests),
      usd(storedUsd),
      usd(replayedUsd),
      signed(replayedUsd - storedUsd),
    ]);
  const rest = moves.length - rows.length;
  return [
    '',
    ...alignRows([['from', 'to', 'requests', 'billed', 'replayed', 'difference'], ...rows]),
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
}

function conversationLines({ conversations }: ReplayBody): readonly string[] {
  if (conversations.length === 0) return [];
  const rows = conversations
    .slice(0, MAX_CONVERSATIONS)
    .map(({ conversationId, requests, storedUsd, replayedUsd }) => [
      conversationId,
      String(requests),
      usd(storedUsd),
      usd(replayedUsd),
      signed(replayedUsd - storedUsd),
    ]);
  const heading = ['largest differences', 'requests', 'billed', 'replayed', 'difference'];
  return ['', ...alignRows([heading, ...rows])];
}

function coverageLines({ requests, replayed, asStored }: ReplayBody): readonly string[] {
  const parts = [
    [
      asStored['not-decided'],
      'were answered without a decision (cached, passed on or refused) and count as billed',
    ],
    [asStored['no-usage'], 'have no tokens to reckon with and count as billed'],
    [asStored.unpriced, 'have no price, then or now, and are left out of every sum'],
  ] as const;
  const covered = `${percent(replayed / requests)} of the requests were decided again`;
  const rest = parts.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return [[covered, ...rest].join('; ')];
}

function caveatLines({ notes, moved }: ReplayBody): readonly string[] {
  return [
    ...notes.map((note) => `note: ${note}`),
    ...(moved === 0
      ? []
      : [
          'not known: whether the other models would have done the work as well; prompts are taken as they were, and failures beyond those seen here are not in the cost',
        ]),
  ];
}

function usd(amount: number): string {
  return `${amount.toFixed(4)} $`;
}

function signed(amount: number): string {
  return `${amount > 0 ? '+' : ''}${usd(amount)}`;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}

function signedPercent(ratio: number): string {
  return `${ratio > 0 ? '+' : ''}${percent(ratio)}`;
}
