// What names of tools may look like in this dialect: dots and colons are fine, a digit in front is not.

import { ToolNames } from '../tool-names.ts';

/** https://ai.google.dev/api/caching#FunctionDeclaration and the official SDK (google-genai), checked 2026-11-21. */
export const TOOL_NAMES = new ToolNames(64, /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/);
