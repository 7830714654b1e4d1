// What a model wants other than the rest of its dialect does. Data with sources: catalog/model-traits.json.

import type { ReasoningEffort, SettingName } from './settings.ts';

export interface ModelTraits {
  /** Settings that the model answers with an error; they are left out. */
  readonly refuses?: readonly SettingName[];
  /** The same while it thinks (Anthropic: temperature together with thinking). */
  readonly refusesWhileThinking?: readonly SettingName[];
  /** Levels of effort it takes; a wish in between goes to the nearest one. [] = it cannot be asked. Absent = unknown, sent as is. */
  readonly efforts?: readonly ReasoningEffort[];
  /** How an Anthropic model is asked to think; absent = `adaptive`. */
  readonly thinking?: 'adaptive' | 'budget' | 'none';
  /** Chat completions: name of the output limit; absent = `max_tokens`. */
  readonly outputLimitField?: 'max_tokens' | 'max_completion_tokens';
  /** Chat completions: role of system text that is not the first message; absent = `system`. */
  readonly developerRole?: boolean;
  /** Takes system text between the turns; absent or false: it follows as marked text of the user (Anthropic, Google). */
  readonly systemInMessages?: boolean;
  /** Form of tool call ids that it insists on; absent = any. */
  readonly toolCallIds?: 'alphanumeric-9';
  /** Chat completions: wants its own reasoning back as `reasoning_content` while it works with tools. */
  readonly wantsReasoningBack?: boolean;
  /** Answers only when streamed, or has other limits: see the sentence; goes into the record when it matters. */
  readonly note?: string;
}
