// What a request of the editor tells the daemon beside its body: who we are, who asked, in which folder, and which
// conversation it belongs to. Pure.

import { createHash } from 'node:crypto';

import { type EditorMessage, partsOf, ROLE } from './message-parts.ts';

export interface RequestOrigin {
  readonly extensionVersion: string;
  /** Id of the extension that asked, or `core`; null where the editor does not say. */
  readonly initiator: string | null;
  /** Name of the folder that is open; null = none. */
  readonly workspaceName: string | null;
  /** What the asking extension calls the conversation; null = it does not say. */
  readonly conversation: string | null;
}

/** Longest name that the daemon takes. */
const MAX_NAME_BYTES = 256;

export function requestHeaders(
  origin: RequestOrigin,
  messages: readonly EditorMessage[],
): Readonly<Record<string, string>> {
  const { initiator, workspaceName, extensionVersion } = origin;
  return {
    'user-agent': `pointsman-vscode/${extensionVersion}`,
    // The daemon tells forks and helpers under one session apart by how far each of them went.
    'x-session-id': sessionId(origin, messages),
    ...(initiator === null ? {} : { 'x-pointsman-initiator': headerText(initiator) }),
    ...(workspaceName === null ? {} : { 'x-pointsman-workspace': headerText(workspaceName) }),
  };
}

/**
 * The same over all turns of a conversation: the name that its extension gives it, else what it begins with. Only hashes:
 * an id never holds a word of a prompt.
 */
export function sessionId(
  { conversation, initiator }: Pick<RequestOrigin, 'conversation' | 'initiator'>,
  messages: readonly EditorMessage[],
): string {
  const hash = createHash('sha256').update(`${initiator ?? ''}\n`);
  if (conversation === null) hash.update(openerOf(messages));
  else hash.update(`named\n${conversation}`);
  return `vscode-${hash.digest('base64url').slice(0, 22)}`;
}

/** System texts and the user's first words. */
function openerOf(messages: readonly EditorMessage[]): string {
  const texts: string[] = [];
  for (const { role, content } of messages) {
    if (role === ROLE.assistant) break;
    const said = partsOf(content).flatMap((part) => (part.kind === 'text' ? [part.text] : []));
    texts.push(`${role}:${said.join('\n')}`);
    if (role === ROLE.user && said.some((text) => text.trim() !== '')) break;
  }
  return texts.join('\n');
}

/** As UTF-8 in the bytes of a header; line breaks would end it. */
function headerText(name: string): string {
  let line = name.replaceAll(/\p{Cc}+/gu, ' ').trim();
  while (Buffer.byteLength(line) > MAX_NAME_BYTES) line = line.slice(0, -1);
  return Buffer.from(line).toString('latin1');
}
