// What a model wants other than the rest of its dialect does. Data with sources: catalog/model-traits.json.
// "Chat" below = read by the codec of chat completions only.

import type { ResponseFormat } from './request.ts';
import type { ReasoningEffort, SettingName, ToolChoice } from './settings.ts';

export interface ModelTraits {
  /** Settings that the model answers with an error; they are left out. */
  readonly refuses?: readonly SettingName[];
  /** The same while it thinks (Anthropic: temperature together with thinking). */
  readonly refusesWhileThinking?: readonly SettingName[];
  /** Chat: settings that only some providers know and this one takes; all others never see them. */
  readonly takes?: readonly SettingName[];
  /** Levels of effort it takes; a wish in between goes to the nearest one. [] = it cannot be asked. Absent = unknown, sent as is. */
  readonly efforts?: readonly ReasoningEffort[];
  /**
   * Chat: function tools are refused next to an effort. `absent`: none may be sent; `none`: it must be sent as `none`,
   * since a default would be refused too.
   */
  readonly effortWithTools?: 'absent' | 'none';
  /**
   * Chat: member that turns thinking on and off, since no effort does (`{"type":"disabled"}` or a boolean). With two
   * efforts or fewer there is nothing but this switch.
   */
  readonly thinkingSwitch?: 'thinking' | 'enable_thinking';
  /** How an Anthropic model is asked to think; absent = `adaptive`. */
  readonly thinking?: 'adaptive' | 'budget' | 'none';
  /** Kinds of tool choice it takes; absent = all. */
  readonly toolChoices?: readonly ToolChoice['kind'][];
  /** Kinds of answers it can be held to; absent = all. */
  readonly responseFormats?: readonly ResponseFormat['kind'][];
  /** Chat completions: name of the output limit; absent = the older one, which most providers know. */
  readonly outputLimitField?: string;
  /** Chat: name of the seed; absent = `seed`. */
  readonly seedField?: 'random_seed';
  /** Chat completions: takes the role `developer`; absent = it gets `system` in its place, `false` = it refuses the role. */
  readonly developerRole?: boolean;
  /**
   * Takes system text between the turns; absent or false: it follows as marked text of the user (Anthropic, Google).
   * Chat: only `false` does that.
   */
  readonly systemInMessages?: boolean;
  /** Form of tool call ids that it insists on; absent = any. */
  readonly toolCallIds?: 'alphanumeric-9';
  /** Chat completions: wants its own reasoning back as `reasoning_content` while it works with tools. */
  readonly wantsReasoningBack?: boolean;
  /** Chat: refuses calls of tools without `reasoning_content`, also those that other models made. */
  readonly needsReasoningWithCalls?: boolean;
  /** Chat: takes Google's thought signatures back on tool calls. */
  readonly thoughtSignatures?: boolean;
  /** Chat: takes documents as parts of type `file`. */
  readonly takesFiles?: boolean;
  /** Chat: further members of the body, and of messages, that it answers with an error. */
  readonly refusesFields?: readonly string[];
  readonly refusesMessageFields?: readonly string[];
  /** Answers only when streamed, or has other limits: see the sentence; goes into the record when it matters. */
  readonly note?: string;
}
