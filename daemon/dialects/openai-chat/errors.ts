// Errors of chat completions: what all dialects of OpenAI have in common, unchanged.

export { decodeFailure, encodeError, failureOf } from '../openai-errors.ts';
