// Holds the manifest to the code, both ways: commands, settings, context keys, the walkthrough and its pictures. And to
// what a hostile folder must not be able to set.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defaultConfig } from '../../daemon/config/decode-config.ts';
import { COMMAND_IDS } from '../../extension/commands/command-ids.ts';
import { CONTEXT_KEYS, LOOK_AGAIN_KEY } from '../../extension/context-keys.ts';
import { PAGE_COMMANDS } from '../../extension/dashboard/messages.ts';
import { SETTING_KEYS } from '../../extension/settings.ts';
import { TOOLTIP_COMMANDS } from '../../extension/status-bar/status-text.ts';

interface Setting {
  readonly type: string | readonly string[];
  readonly default: unknown;
  readonly scope?: string;
  readonly markdownDescription?: string;
}

interface Step {
  readonly id: string;
  readonly description: string;
  readonly media: { readonly svg?: string; readonly altText?: string };
  readonly completionEvents: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly publisher: string;
  readonly displayName: string;
  readonly main: string;
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly extensionKind: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: { readonly supported: unknown };
    readonly virtualWorkspaces: unknown;
  };
  readonly scripts: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category: string;
      readonly icon: string;
    }[];
    readonly menus: {
      readonly commandPalette: readonly { readonly command: string; readonly when: string }[];
    };
    readonly configurationDefaults: Readonly<Record<string, unknown>>;
    readonly configuration: { readonly properties: Readonly<Record<string, Setting>> };
    readonly walkthroughs: readonly { readonly id: string; readonly steps: readonly Step[] }[];
    readonly languageModelChatProviders: readonly { readonly vendor: string }[];
  };
}

/** What the product's contract names; more may be there, none of these may be missing. */
const CONTRACT = [
  'overrideNextRequest',
  'overrideConversation',
  'clearOverride',
  'setProfile',
  'openDashboard',
  'explainLastRequest',
  'resendLastWithModel',
  'connectAssistant',
  'disconnectAssistant',
  'setProviderKey',
  'setBudget',
  'startDaemon',
  'restartDaemon',
  'stopDaemon',
  'showLog',
  'copyEndpoint',
  'copyToken',
  'runDoctor',
].map((name) => `pointsman.${name}`);

const root = path.join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const { contributes } = manifest;
const contributed = contributes.commands.map(({ command }) => command);
const sources = readdirSync(path.join(root, 'extension'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: read(path.join('extension', file)) }));

/** Commands in the text of the manifest that a link, a button or an event names. */
const commandsNamedIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?:\(command:|onCommand:)(pointsman\.\w+)/g)].map(([, command = '']) => command);

describe('commands of the manifest', () => {
  it('asks remote windows not to forward the daemon’s port by themselves', () => {
    assert.deepEqual(manifest.contributes.configurationDefaults, {
      'remote.portsAttributes': {
        [String(defaultConfig().port)]: { label: 'Pointsman', onAutoForward: 'ignore' },
      },
    });
  });

  it('are those that the code registers, and no others', () => {
    const elsewhere = sources.flatMap(({ text }) =>
      [...text.matchAll(/registerCommand\(\s*'(pointsman\.\w+)'/g)].map(([, command = '']) => command),
    );
    assert.deepEqual(contributed.toSorted(), [...COMMAND_IDS, ...elsewhere].toSorted());
  });

  it('include all 18 of the contract', () => {
    assert.equal(CONTRACT.length, 18);
    assert.deepEqual(
      CONTRACT.filter((command) => !contributed.includes(command)),
      [],
    );
  });

  it('have a category, an icon and a title in sentence case', () => {
    const wrong = contributes.commands.filter(
      ({ category, icon, title }) =>
        category !== 'Pointsman' ||
        !/^\$\([a-z-]+\)$/.test(icon) ||
        !/^[A-Z][^A-Z]*(?:Pointsman[^A-Z]*)?$/.test(title),
    );
    assert.deepEqual(wrong, []);
  });

  it('are meant by every link, button and event that names one', () => {
    const named = [
      ...commandsNamedIn(read('package.json')),
      ...TOOLTIP_COMMANDS,
      ...PAGE_COMMANDS,
      ...sources.flatMap(({ text }) =>
        [...text.matchAll(/(?:command: |executeCommand\(\s*)'(pointsman\.\w+)'/g)].map(
          ([, command = '']) => command,
        ),
      ),
    ];
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((command) => !contributed.includes(command)),
      [],
    );
  });

  it('are shown by when-clauses of known commands and of context keys that are set', () => {
    for (const { command, when } of contributes.menus.commandPalette) {
      assert.ok(contributed.includes(command), command);
      const keys = when.match(/(?:config\.)?pointsman(?:\.\w+)+/g) ?? [];
      assert.ok(keys.length > 0, command);
      for (const key of keys) {
        const isKnown = key.startsWith('config.')
          ? key.slice('config.'.length) in contributes.configuration.properties
          : CONTEXT_KEYS.some((known) => known === key);
        assert.ok(isKnown, `${command}: ${key}`);
      }
    }
  });
});

describe('settings of the manifest', () => {
  const settings = Object.entries(contributes.configuration.properties);

  it('are those that settings.ts reads, and no others', () => {
    assert.deepEqual(
      settings.map(([key]) => key).toSorted(),
      SETTING_KEYS.map((key) => `pointsman.${key}`).toSorted(),
    );
  });

  it('can none be set by a folder: each is of scope machine or application', () => {
    assert.deepEqual(
      settings.filter(([, { scope }]) => scope !== 'machine' && scope !== 'application'),
      [],
    );
  });

  it('that name a port, a path, an address, a header, a model or a budget exist nowhere else in the editor', () => {
    // Reading the section as a whole, or a value without asking who set it, would let a folder in.
    const wrong = sources.filter(({ text }) => /getConfiguration\([^)]*\)\s*\.get\(/.test(text));
    assert.deepEqual(
      wrong.map(({ file }) => file),
      [],
    );
  });

  it('are described and have a default', () => {
    assert.deepEqual(
      settings.filter(
        ([, setting]) => (setting.markdownDescription ?? '').length < 20 || setting.default === undefined,
      ),
      [],
    );
  });
});

describe('the walkthrough', () => {
  const [walkthrough] = contributes.walkthroughs;
  const steps = walkthrough?.steps ?? [];

  it('[C1] has four steps: running, key, assistant, first request', () => {
    assert.deepEqual(
      steps.map(({ id }) => id),
      ['daemon', 'key', 'assistant', 'saved'],
    );
  });

  it('has a picture of its own for each step, with words for those who do not see it', () => {
    for (const { id, media } of steps) {
      assert.ok(existsSync(path.join(root, media.svg ?? 'none')), id);
      assert.ok((media.altText ?? '').length > 40, id);
    }
  });

  it('has pictures that load nothing and run nothing', () => {
    for (const { id, media } of steps) {
      const svg = read(media.svg ?? '');
      assert.doesNotMatch(svg, /<script|<image|<foreignObject|\bon\w+=|href=|url\(\s*["']?(?!#)/i, id);
    }
  });

  it('completes each step by a context key that is set', () => {
    for (const { id, completionEvents } of steps) {
      assert.equal(completionEvents.length, 2, id);
      const [first = '', again] = completionEvents;
      const key = /^onContext:(.+)$/.exec(first)?.[1];
      assert.ok(
        CONTEXT_KEYS.some((known) => known === key),
        first,
      );
      assert.equal(
        again,
        `${first} && ${LOOK_AGAIN_KEY}`,
        'it would be missed where the page is opened later',
      );
    }
  });

  it('has a button in each step', () => {
    for (const { id, description } of steps) assert.ok(commandsNamedIn(description).length > 0, id);
  });
});

describe('the manifest', () => {
  it('[C1] is what the contract says: id, name, where it runs and when it starts', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, 'pointsman.pointsman');
    assert.equal(manifest.displayName, 'Pointsman');
    assert.deepEqual(manifest.extensionKind, ['workspace']);
    assert.deepEqual(manifest.activationEvents, ['onStartupFinished', 'onWebviewPanel:pointsman.dashboard']);
    assert.equal(manifest.main, './dist/extension.cjs');
    assert.deepEqual(
      contributes.languageModelChatProviders.map(({ vendor }) => vendor),
      ['pointsman'],
    );
  });

  it('runs in untrusted and virtual workspaces, since nothing of a workspace is read', () => {
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, true);
    assert.equal(manifest.capabilities.virtualWorkspaces, true);
  });

  it('cleans up after itself', () => {
    assert.equal(manifest.scripts['vscode:uninstall'], 'node ./dist/uninstall.cjs');
  });

  it('has an icon of 256 by 256', () => {
    const png = readFileSync(path.join(root, manifest.icon));
    assert.equal(png.toString('latin1', 1, 4), 'PNG');
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [256, 256]);
  });
});
