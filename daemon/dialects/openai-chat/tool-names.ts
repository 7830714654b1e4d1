// How long the names of tools may be in this dialect.

import { ToolNames } from '../tool-names.ts';

/** https://platform.openai.com/docs/api-reference/chat/create (tools.function.name), checked 2026-11-21. */
export const TOOL_NAMES = new ToolNames(64);
