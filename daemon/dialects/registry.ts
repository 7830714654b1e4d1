// Which dialects there are and which wire path speaks which. A new dialect is one line in `dialects`, one in `wirePaths`.

import type { DialectId } from '../protocol/vocabulary.ts';
import type { Dialect } from './dialect.ts';
import { openAiChat } from './openai-chat/dialect.ts';

export const dialects: readonly Dialect[] = [openAiChat];

/** Paths at which exchanges are served (POST), with the dialect spoken there. */
export const wirePaths: ReadonlyMap<string, Dialect> = new Map([['/v1/chat/completions', openAiChat]]);

/** Throws for a dialect that is known by name but not built in yet; configurations that name it are refused before. */
export function dialectOf(id: DialectId): Dialect {
  const dialect = dialects.find((candidate) => candidate.id === id);
  if (dialect === undefined) throw new Error(`the dialect ${id} is not built in`);
  return dialect;
}

/** The dialect of a request path without its query; undefined when no dialect is served there. */
export function dialectForPath(path: string): Dialect | undefined {
  return wirePaths.get(path);
}
