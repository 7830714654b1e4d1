// The assistants that can be connected, in the order in which they are listed.

import type { AssistantDefinition } from '../assistant.ts';
import { aider } from './aider.ts';
import { claudeCode } from './claude-code.ts';
import { cline } from './cline.ts';
import { codex } from './codex.ts';
import { continueDev } from './continue.ts';
import { copilot } from './copilot.ts';
import { geminiCli } from './gemini-cli.ts';
import { kilo, openCode } from './opencode.ts';
import { qwenCode } from './qwen.ts';
import { roo } from './roo.ts';

export const ASSISTANT_DEFINITIONS: readonly AssistantDefinition[] = [
  claudeCode,
  codex,
  copilot,
  cline,
  continueDev,
  openCode,
  kilo,
  roo,
  aider,
  qwenCode,
  geminiCli,
];
