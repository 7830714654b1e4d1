// Ids of tool calls for clients that speak this dialect, which knows only letters, digits, `_` and `-` in them. Ids of
// other vendors that hold more (Kimi: `functions.bash:0`) travel through the client as a text that names the
// original, so that their own model gets it back as it was, and Anthropic, should it be asked next, accepts it.

/** Followed by base64url, whose alphabet is the one that is allowed. */
const PREFIX = 'toolu_pm1_';

/** https://platform.claude.com/docs/en/api/messages (tool_use.id; checked 2026-11-21). */
const ALLOWED = /^[a-zA-Z0-9_-]+$/;

/** No two ids become the same, and every id always becomes the same. */
export function encodeToolId(callId: string): string {
  if (ALLOWED.test(callId) && !callId.startsWith(PREFIX)) return callId;
  return PREFIX + Buffer.from(callId).toString('base64url');
}

/** The id as its own vendor wrote it; every other id is what it is. */
export function decodeToolId(wireId: string): string {
  if (!wireId.startsWith(PREFIX)) return wireId;
  const callId = Buffer.from(wireId.slice(PREFIX.length), 'base64url').toString();
  return encodeToolId(callId) === wireId ? callId : wireId; // an id that only looks like ours stays
}
