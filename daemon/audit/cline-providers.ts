// Names under which Cline and its relatives know providers -> names in known-providers.json. Their own services bill what
// OpenRouter lists.

const NAMES: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  'claude-code': 'anthropic',
  openai: 'openai',
  'openai-native': 'openai',
  'openai-codex': 'openai',
  openrouter: 'openrouter',
  cline: 'openrouter',
  'cline-pass': 'openrouter',
  kilocode: 'openrouter',
  roo: 'openrouter',
  deepseek: 'deepseek',
  gemini: 'gemini',
  mistral: 'mistral',
  moonshot: 'moonshot',
  qwen: 'dashscope',
  groq: 'groq',
  xai: 'xai',
  zai: 'zai',
};

/** null = not one that a price could be looked up at. */
export function providerNamed(name: string | undefined): string | null {
  return name !== undefined && Object.hasOwn(NAMES, name) ? (NAMES[name] ?? null) : null;
}

/** These hand on the count of the whole prompt where others hand on what was not cached. */
export const COUNTS_WHOLE_PROMPT: ReadonlySet<string> = new Set([
  'openai',
  'litellm',
  'doubao',
  'fireworks',
  'hicap',
  'lmstudio',
  'qwen',
  'xai',
  'zai',
]);
