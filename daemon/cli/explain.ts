// `pointsman explain FILE`: which model a request would go to and why, without calling anyone.

import type { Candidate, Decision, WouldFlip } from '../protocol/exchange-record.ts';
import { quoted } from '../route/model-name.ts';
import { CliError, textOption, type Command } from './command.ts';
import { connectToDaemon } from './daemon-client.ts';
import { homeOf } from './home-of.ts';
import { readRequestFile } from './request-file.ts';
import { alignRows } from './table.ts';

export const explainCommand: Command = {
  name: 'explain',
  synopsis: 'FILE [--dialect openai-chat] [--json]',
  summary:
    'Explain where the request in FILE (a JSON body, "-" for standard input) would be routed; calls no model.',
  options: { json: { type: 'boolean' }, dialect: { type: 'string' } },
  maxPositionals: 1,
  optionHelp: {
    json: 'print the decision as JSON',
    dialect: 'wire format of the body (default: "dialect" in FILE, else what the body looks like)',
  },
  async run(context, values, positionals) {
    const [file] = positionals;
    if (file === undefined) {
      throw new CliError('explain needs a FILE with a request body, or "-" for standard input', 2);
    }
    const input = readRequestFile(file, textOption(values, 'dialect'));
    const daemon = await connectToDaemon(homeOf(context, values));
    const decision = (await daemon.call('POST', 'explain', input)) as Decision;
    if (values['json'] === true) context.print(JSON.stringify(decision, null, 2));
    else for (const line of decisionLines(decision)) context.print(line);
    return 0;
  },
};

/**
 * For a person: what was asked and how it was read, who was looked at and why each lost, what would change it. A stored
 * decision of an older version lacks members; what is absent is left out.
 */
export function decisionLines(decision: Decision): readonly string[] {
  const { bindingConstraint, notes, wouldFlip } = decision as Partial<Decision>;
  return [
    `${decision.chosen === '' ? 'no model' : decision.chosen} (${decision.reason})${effortText(decision)}, baseline ${decision.baseline ?? 'none'}`,
    ...askLines(decision),
    '',
    ...candidateLines(decision),
    ...(bindingConstraint == null ? [] : ['', `The next cheaper one: ${bindingConstraint}`]),
    ...(notes ?? []).map((note) => `note: ${note}`),
    ...flipLines(wouldFlip ?? []),
  ];
}

function effortText({ effort }: Partial<Decision>): string {
  return effort == null ? '' : ` at reasoning effort ${effort}`;
}

function askLines({ classification, ask, client, decisionPoint, profile }: Decision): readonly string[] {
  const { taskType, complexity, confidence, classifierName, signals } = classification;
  const text = ask.text === undefined || ask.text === '' ? '' : `: ${quoted(ask.text)}`;
  return [
    `ask of ${ask.chars} characters, ${ask.earlierUserTurns} earlier user turns, client ${client}${text}`,
    `${taskType}, ${complexity} (confidence ${confidence.toFixed(2)}, by ${classifierName})${needsText(classification)}`,
    ...signals.map((signal) => `  because ${signal}`),
    `decided at ${decisionPoint}, profile ${profile}`,
  ];
}

function needsText({ needsStronger, needsStrongest }: Partial<Decision['classification']>): string {
  const numbers = [
    ...(needsStronger === undefined ? [] : [`needsStronger ${short(needsStronger)}`]),
    ...(needsStrongest === undefined ? [] : [`needsStrongest ${short(needsStrongest)}`]),
  ];
  return numbers.length === 0 ? '' : `; ${numbers.join(', ')}`;
}

function candidateLines(decision: Decision): readonly string[] {
  const hasEffort = decision.candidates.some(({ effort }: Partial<Candidate>) => effort != null);
  const row = (candidate: Candidate): readonly string[] => {
    const { effort, expectedCostUsd, successProbability }: Partial<Candidate> = candidate;
    return [
      candidate.model,
      expectedCostUsd == null ? 'unknown' : expectedCostUsd.toFixed(6),
      successProbability == null ? '-' : successProbability.toFixed(2),
      ...(hasEffort ? [effort ?? 'as asked'] : []),
      candidate.rejected ?? (candidate.model === decision.chosen ? 'chosen' : 'fallback'),
    ];
  };
  const heading = ['candidate', 'expected $', 'P(success)', ...(hasEffort ? ['effort'] : []), 'verdict'];
  return alignRows([heading, ...decision.candidates.map(row)]);
}

function flipLines(wouldFlip: readonly WouldFlip[]): readonly string[] {
  if (wouldFlip.length === 0) return [];
  const rows = wouldFlip.map(({ change, to }) => [`  ${change}`, '->', to]);
  return ['', 'It would change with:', ...alignRows([['', '', ''], ...rows]).slice(1)];
}

/** At most three digits, without trailing zeros. */
function short(probability: number): string {
  return String(Number(probability.toFixed(3)));
}
