// What a request loses on its way into another dialect, in sentences for the record. Nothing is left out silently.

import type { ConversationRequest } from '../conversation/request.ts';
import type { RequestSettings, SettingName } from '../conversation/settings.ts';
import { RouterError } from '../errors.ts';

/** Names of tools and types stand in sentences; who writes a text where a name belongs must not find it in the record. */
const MAX_SENTENCE_CHARS = 250;

export function shortened(sentence: string): string {
  return sentence.length <= MAX_SENTENCE_CHARS ? sentence : `${sentence.slice(0, MAX_SENTENCE_CHARS)}…`;
}

/** Each once, in the order they were met. */
export class Losses {
  readonly #sentences = new Set<string>();

  add(sentence: string): void {
    this.#sentences.add(shortened(sentence));
  }

  /** `what` as the client's dialect names it. */
  leftOut(what: string): void {
    this.add(`${what} has no counterpart at the chosen model and was left out`);
  }

  /** `what`: a setting or a member. */
  refused(what: string): void {
    this.add(`${what} is refused by the chosen model and was left out`);
  }

  foreignThoughts(): void {
    this.add('thoughts of another model were left out');
  }

  /** A tool that the client's vendor runs itself. */
  providerTool(name: string): void {
    this.add(`the tool ${name} is run by its provider and was left out`);
  }

  toolDeclaredTwice(name: string): void {
    this.add(`the tool ${name} is declared twice; the second one was left out`);
  }

  effortChanged(asked: string, sent: string): void {
    this.add(`the reasoning effort ${asked} became ${sent}`);
  }

  budgetBecameEffort(budgetTokens: number, effort: string): void {
    this.add(`the reasoning budget of ${budgetTokens} tokens became the effort ${effort}`);
  }

  stopSequencesCut(kept: number): void {
    this.add(`only the first ${kept} stop sequences were kept`);
  }

  list(): readonly string[] {
    return [...this.#sentences];
  }
}

/**
 * Names members that no dialect shares, and settings that are not among `carried`. Throws `request.unsupported` when the
 * request needs what only another vendor has stored: an answer without it would be an answer to something else.
 */
export function noteUncarried(
  losses: Losses,
  request: ConversationRequest,
  carried: ReadonlySet<SettingName>,
): void {
  // A stored conversation that nobody has put in full into the request would be answered without its beginning.
  const boundBy = request.boundBy ?? (request.previousResponseId && 'previous_response_id');
  if (boundBy !== undefined) {
    const message = `${boundBy} names something that only its own provider has stored; send the content itself`;
    throw new RouterError('request.unsupported', message, { param: boundBy });
  }
  for (const field of request.unmappedFields()) losses.leftOut(field);
  const settings = request.settings();
  for (const name of settingNames(settings)) {
    if (!carried.has(name) && !isNeutral(settings, name)) losses.leftOut(name);
  }
}

/** The settings without those that the model refuses, each refusal noted. */
export function withoutRefused(
  losses: Losses,
  settings: RequestSettings,
  refused: readonly SettingName[],
): RequestSettings {
  if (refused.every((name) => settings[name] === undefined)) return settings;
  const kept: Partial<Record<SettingName, unknown>> = { ...settings };
  for (const name of refused) {
    if (settings[name] === undefined) continue;
    delete kept[name];
    if (isNeutral(settings, name)) continue;
    losses.refused(name);
  }
  return kept as RequestSettings;
}

/** Values that ask for what every model does anyway, as Copilot CLI sends them: nothing is lost without them. */
const NEUTRAL_VALUES: Partial<Record<SettingName, number>> = {
  frequencyPenalty: 0,
  presencePenalty: 0,
};

function isNeutral(settings: RequestSettings, name: SettingName): boolean {
  return NEUTRAL_VALUES[name] !== undefined && settings[name] === NEUTRAL_VALUES[name];
}

function settingNames(settings: RequestSettings): readonly SettingName[] {
  return (Object.keys(settings) as SettingName[]).filter((name) => settings[name] !== undefined);
}
