// A connector over a throw-away home of a user and one of ours.

import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { createConnector, type Connector } from '../../../../daemon/connect/connector.ts';
import { createPlaces } from '../../../../daemon/connect/places.ts';
import type { AssistantResult } from '../../../../daemon/protocol/control-api.ts';
import { EDITOR_USER_FOLDER, ORIGIN, TOKEN } from './sample-homes.ts';

export interface Rig {
  readonly userHome: string;
  readonly home: string;
  readonly editorUserFolder: string;
  readonly connector: Connector;
  /** The same user later: another port, token or environment. */
  connectorWith(options: RigOptions): Connector;
  connect(id: string, connector?: Connector): Promise<AssistantResult>;
  undo(id: string, connector?: Connector): Promise<AssistantResult>;
  write(file: string, text: string, mode?: number): void;
  read(file: string): string;
  at(file: string): string;
  /** Every file of the user with its bytes and mode, and every folder. */
  snapshot(): Readonly<Record<string, string>>;
  /** As if our home had been emptied. */
  forget(): void;
}

export interface RigOptions {
  readonly origin?: string;
  readonly token?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export function createRig(folder: string): Rig {
  const [userHome, home] = [path.join(folder, 'user'), path.join(folder, 'pointsman')];
  const editorUserFolder = path.join(userHome, EDITOR_USER_FOLDER);
  for (const made of [editorUserFolder, home]) mkdirSync(made, { recursive: true });
  const connectorWith = ({ origin = ORIGIN, token = TOKEN, environment = {} }: RigOptions): Connector =>
    createConnector({
      home,
      places: (editor) =>
        createPlaces({
          environment: { HOME: userHome, PATH: path.join(userHome, 'bin'), ...environment },
          platform: 'linux',
          homedir: '/nowhere',
          editorUserFolder: editor,
        }),
      target: () => ({ origin, token }),
      now: () => Date.UTC(2026, 10, 21),
    });
  const connector = connectorWith({});
  const at = (file: string): string => path.join(userHome, file);
  return {
    userHome,
    home,
    editorUserFolder,
    connector,
    connectorWith,
    connect: (id, by = connector) => by.connect({ id, editorUserFolder, fingerprint: null }),
    undo: (id, by = connector) => by.undo({ id, editorUserFolder, fingerprint: null }),
    write(file, text, mode = 0o600) {
      mkdirSync(path.dirname(at(file)), { recursive: true });
      writeFileSync(at(file), text, { mode });
    },
    read: (file) => readFileSync(at(file), 'utf8'),
    at,
    forget: () => rmSync(path.join(home, 'connect.json'), { force: true }),
    snapshot: () =>
      Object.fromEntries(
        readdirSync(userHome, { recursive: true, encoding: 'utf8' })
          .toSorted()
          .map((name) => {
            const stats = statSync(at(name));
            const content = stats.isDirectory() ? 'folder' : readFileSync(at(name)).toString('latin1');
            return [name, `${(stats.mode & 0o777).toString(8)} ${content}`];
          }),
      ),
  };
}
