// Takes keys out of text that leaves the process: log lines, error messages, records. By value, since that never
// misses a key we were given; and by form, for keys we were not given (they turn up in error bodies).

export interface Redactor {
  /** `text` with every key replaced. Safe to call twice. */
  redact(text: string): string;
  /** Values too short to be a key are ignored: replacing them would only spoil the text. */
  addSecret(value: string): void;
}

const REPLACEMENT = '[redacted]';
const MIN_SECRET_CHARS = 8;
/** More secrets than a process meets in its life; bounds the cost of a line. */
const MAX_SECRETS = 1000;

/**
 * Forms of keys. Every alternative starts with fixed characters, and nothing that may fail follows an open-ended class,
 * so matching is linear.
 * OpenAI, Anthropic, OpenRouter, DeepSeek, DashScope, Moonshot: `sk-…`; Google: `AIza…`, `AQ.…`; Groq: `gsk_…`;
 * xAI: `xai-…`; Z.AI: 32 hex digits, a dot, 16 characters; our own tokens: `pm_…`, `pma_…`; JSON web tokens; tokens of code hosts.
 */
const KEY_FORMS =
  /(?<![A-Za-z0-9])(?:sk-[\w-]{16,}|AIza[\w-]{30,}|AQ\.[\w-]{30,}|gsk_\w{20,}|xai-[\w-]{20,}|pma?_[\w-]{32,}|hf_\w{20,}|nvapi-[\w-]{20,}|pplx-\w{20,}|csk-\w{20,}|r8_\w{20,}|gh[opsur]_\w{30,}|github_pat_\w{30,}|eyJ[\w-]{16,}(?:\.[\w-]{8,}){0,2}|[0-9a-f]{32}\.\w{16,})/g;

/** Keys without a form of their own (Mistral's are 32 plain characters) are known by the word before them. */
const NAMED_KEYS =
  /\b((?:authorization|(?:x-)?(?:goog-)?api[-_]?key|access[-_]token)\\?["']?[ \t]{0,4}[:=][ \t]{0,4}\\?["']?(?:(?:bearer|basic)[ \t]{1,4})?|bearer[ \t]{1,4})([^\s"'\\,;&<>()[\]{}]{8,})/gi;

export function createRedactor(): Redactor {
  /** Longest first, so that a secret that starts with another is replaced whole. */
  let secrets: readonly string[] = [];
  return {
    redact(text) {
      let redacted = text;
      for (const secret of secrets) {
        if (redacted.includes(secret)) redacted = redacted.replaceAll(secret, REPLACEMENT);
      }
      return redacted.replace(KEY_FORMS, REPLACEMENT).replace(NAMED_KEYS, `$1${REPLACEMENT}`);
    },
    addSecret(value) {
      const secret = value.trim();
      if (secret.length < MIN_SECRET_CHARS || secrets.includes(secret) || secrets.length >= MAX_SECRETS)
        return;
      const spellings = [secret, JSON.stringify(secret).slice(1, -1)];
      if (/^[\x20-\x7e]+$/.test(secret)) spellings.push(encodeURIComponent(secret)); // as in a query string
      secrets = [...new Set([...secrets, ...spellings])].sort((a, b) => b.length - a.length);
    },
  };
}
