// Connects assistants to the daemon and takes the connection back: shows the exact change first, refuses when the files
// have changed since, keeps copies, writes in one step, undoes byte for byte where nobody else has written.

import { existsSync } from 'node:fs';

import { nearestName } from '../config/nearest-name.ts';
import { RouterError } from '../errors.ts';
import type { AssistantPlan, AssistantResult, AssistantState } from '../protocol/control-api.ts';
import { assessFiles, fingerprintOf } from './assess.ts';
import type { AssistantDefinition, ConnectTarget } from './assistant.ts';
import { ASSISTANT_DEFINITIONS } from './assistants/all.ts';
import { backUp, pruneBackups } from './backups.ts';
import {
  changesOf,
  entryAfter,
  withLeftFolders,
  type Change,
  type ConnectAction,
  type Scene,
} from './changes.ts';
import { withConnectLock } from './connect-lock.ts';
import { readJournal, writeJournal } from './journal.ts';
import { maskSecrets } from './mask-secrets.ts';
import { notesOf } from './notes.ts';
import type { Places } from './places.ts';
import {
  bytesOf,
  readTarget,
  removeFolders,
  removeTarget,
  writeTarget,
  type TargetFile,
} from './target-file.ts';

export interface ConnectorDeps {
  /** Ours, for the journal and the copies; it must be there. */
  readonly home: string;
  readonly places: (editorUserFolder: string | null) => Places;
  readonly target: () => ConnectTarget;
  /** Unix epoch ms. */
  readonly now: () => number;
  /** All by default. */
  readonly definitions?: readonly AssistantDefinition[];
}

export interface ChangeRequest {
  readonly id: string;
  readonly editorUserFolder: string | null;
  /** Of the plan that the user saw; null = whatever the files hold now. */
  readonly fingerprint: string | null;
}

export interface Connector {
  list(editorUserFolder: string | null): readonly AssistantState[];
  plan(id: string, action: ConnectAction, editorUserFolder: string | null): AssistantPlan;
  connect(request: ChangeRequest): Promise<AssistantResult>;
  undo(request: ChangeRequest): Promise<AssistantResult>;
}

export function createConnector(deps: ConnectorDeps): Connector {
  const definitions = deps.definitions ?? ASSISTANT_DEFINITIONS;
  const sceneOf = (id: string, editorUserFolder: string | null): Scene => {
    const definition = find(definitions, id);
    const [places, target, journal] = [deps.places(editorUserFolder), deps.target(), readJournal(deps.home)];
    const entry = journal.get(id);
    const assessment = assessFiles(definition, places, target, entry);
    return { definition, places, target, journal, entry, ...assessment };
  };
  const run = (action: ConnectAction, { id, editorUserFolder, fingerprint }: ChangeRequest) => {
    return withConnectLock(deps.home, () => {
      const scene = sceneOf(id, editorUserFolder);
      const changes = changesOf(scene, action);
      if (fingerprint !== null && fingerprint !== fingerprintOf(id, changes)) throw outdated(id);
      if (action === 'connect' && scene.files.length === 0) throw byHand(scene);
      const before = scene.entry;
      const backupPaths = changes.flatMap(({ file }) => backUp(deps.home, deps.now(), id, file) ?? []);
      const journal = new Map(scene.journal);
      if (action === 'undo') journal.delete(id);
      else if (changes.length > 0) journal.set(id, entryAfter(scene, changes, backupPaths));
      const isNoted = before !== undefined || journal.has(id);
      // The journal comes first: a crash in between leaves a note about a change that was not made, never the opposite.
      if (isNoted && action === 'connect') writeJournal(deps.home, journal);
      writeAll(changes, () => {
        if (isNoted && action === 'connect') writeJournal(deps.home, scene.journal);
      });
      if (isNoted && action === 'undo') {
        const left = changes.flatMap((change) => change.madeFolders.filter((folder) => existsSync(folder)));
        writeJournal(deps.home, withLeftFolders(journal, left));
      }
      pruneBackups(deps.home);
      const after = sceneOf(id, editorUserFolder);
      return { ...stateOf(after), changedPaths: changes.map(({ file }) => file.path), backupPaths };
    });
  };
  return {
    list: (editorUserFolder) =>
      definitions.map((definition) => {
        try {
          return stateOf(sceneOf(definition.id, editorUserFolder));
        } catch (error) {
          if (!(error instanceof RouterError)) throw error;
          return unreadableState(definition, deps.places(editorUserFolder), error);
        }
      }),
    plan(id, action, editorUserFolder) {
      const scene = sceneOf(id, editorUserFolder);
      const changes = changesOf(scene, action);
      const masked = (text: string): string => maskSecrets(text, [scene.target.token]);
      return {
        ...stateOf(scene),
        changes: changes.map(({ file, after }) => ({
          path: file.path,
          before: file.text === null ? null : masked(file.text),
          after: after === null ? null : masked(after.toString().replace(/^\uFEFF/, '')),
        })),
        fingerprint: fingerprintOf(id, changes),
      };
    },
    connect: (request) => run('connect', request),
    undo: (request) => run('undo', request),
  };
}

function find(definitions: readonly AssistantDefinition[], id: string): AssistantDefinition {
  const definition = definitions.find((candidate) => candidate.id === id);
  if (definition !== undefined) return definition;
  const ids = definitions.map((candidate) => candidate.id);
  const nearest = nearestName(id, ids);
  const hint = nearest === null ? '' : `, did you mean "${nearest}"`;
  throw new RouterError(
    'request.not_found',
    `there is no assistant "${id.slice(0, 50)}"${hint}; known are ${ids.join(', ')}`,
  );
}

/** All files or none. */
function writeAll(changes: readonly Change[], onFailure: () => void): void {
  const done: Change[] = [];
  try {
    for (const change of changes) {
      if (change.after === null) removeTarget(change.file, change.madeFolders);
      else writeTarget(change.file, change.after);
      done.push(change);
    }
    // Once more: of two files in one new folder the first could not take it along.
    for (const { madeFolders } of changes) removeFolders(madeFolders);
  } catch (error) {
    for (const { file } of done.toReversed()) putBack(file);
    onFailure();
    throw error;
  }
}

function putBack(file: TargetFile): void {
  const present = readTarget(file.path);
  if (file.text === null) removeTarget(present, []);
  else writeTarget({ ...present, mode: file.mode }, bytesOf(file, file.text));
}

function stateOf({ definition, places, target, entry, files }: Scene): AssistantState {
  const isConnected =
    files.length > 0 && files.every(({ file, connectedText }) => file.text === connectedText);
  const isTouched = entry !== undefined || files.some(({ holdsOurs }) => holdsOurs);
  const state = isConnected ? 'connected' : isTouched ? 'changed' : 'not-connected';
  return {
    id: definition.id,
    displayName: definition.displayName,
    isFound: isFound(definition, places),
    state,
    notes: notesOf({ definition, places, files, state, token: target.token }),
  };
}

function unreadableState(
  definition: AssistantDefinition,
  places: Places,
  error: RouterError,
): AssistantState {
  const { id, displayName } = definition;
  return {
    id,
    displayName,
    isFound: isFound(definition, places),
    state: 'not-connected',
    notes: [error.message],
  };
}

function isFound(definition: AssistantDefinition, places: Places): boolean {
  return (
    definition.programs.some((name) => places.hasProgram(name)) ||
    definition.traces(places).some((file) => places.exists(file))
  );
}

function outdated(id: string): RouterError {
  return new RouterError(
    'request.malformed',
    `the files of ${id} are not as they were when the change was shown; look at it again`,
    { statusCode: 409, param: 'fingerprint' },
  );
}

function byHand({ definition, places }: Scene): RouterError {
  const [note] = definition.notes(places);
  return new RouterError(
    'request.unsupported',
    `${definition.displayName} cannot be connected from here${note === undefined ? '' : `: ${note}`}`,
    { statusCode: 409 },
  );
}
