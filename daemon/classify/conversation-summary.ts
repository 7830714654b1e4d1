// Does an ask come from a program that has its conversation summed up, because the window is nearly full? Assistants
// write that ask themselves, each in its own words, some with all tools still declared.

/** What it is about stands at the beginning. */
const LOOKED_AT_CHARS = 1500;

const SUMMING_UP = /\b(?:summari[sz](?:e|ing)|summary|compaction|compact|hand-?off|checkpoint|condense)\b/i;

const OF_THE_CONVERSATION =
  /\b(?:(?:our|the|this|entire|whole|previous) (?:conversation|session|chat|dialogue|discussion)|conversation (?:so far|above|history)|context (?:checkpoint|window))\b/i;

/** A person asks for a summary of something else, or in fewer words. */
const LEAST_CHARS = 60;

/** In the words of Claude Code, Codex, opencode, Cline, Copilot and the like (read off their prompts, 2026-11). */
export function asksForConversationSummary(ask: string): boolean {
  if (ask.length < LEAST_CHARS) return false;
  const beginning = ask.slice(0, LOOKED_AT_CHARS);
  return SUMMING_UP.test(beginning) && OF_THE_CONVERSATION.test(beginning);
}
