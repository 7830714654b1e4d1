// How long the names of tools may be in this dialect.

import { ToolNames } from '../tool-names.ts';

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools, checked 2026-11-21. */
export const TOOL_NAMES = new ToolNames(128);
