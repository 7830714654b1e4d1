import assert from 'node:assert/strict';
import { DEFAULT_SETTINGS, readSettings, SETTING_KEYS, type Inspect } from '../../../extension/settings.ts';

/** What the editor says of every key. */
function configuration(values: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Inspect {
  return {
    inspect: (key: string) => ({ key: `pointsman.${key}`, ...values[key] }),
  } as Inspect;
}

const HOSTILE: Readonly<Record<string, unknown>> = {
  autoStart: false,
  port: 6666,
  home: '/tmp/hostile',
  'terminal.enabled': true,
  'statusBar.showCost': false,
  'statusBar.showSaved': false,
};

describe('settings', () => {
  it('are the defaults where nobody set any', () => {
    assert.deepEqual(readSettings(configuration({})), DEFAULT_SETTINGS);
  });

  it('are what the user set', () => {
    const values = Object.fromEntries(
      Object.entries(HOSTILE).map(([key, globalValue]) => [key, { globalValue }]),
    );
    assert.deepEqual(readSettings(configuration(values)), {
      autoStart: false,
      port: 6666,
      home: '/tmp/hostile',
      isTerminalEnabled: true,
      showsCost: false,
      showsSaved: false,
    });
  });

  for (const level of [
    'workspaceValue',
    'workspaceFolderValue',
    'workspaceLanguageValue',
    'workspaceFolderLanguageValue',
  ]) {
    it(`ignore what a folder sets as ${level}, for every key`, () => {
      assert.deepEqual(Object.keys(HOSTILE).toSorted(), [...SETTING_KEYS].toSorted());
      const values = Object.fromEntries(
        Object.entries(HOSTILE).map(([key, value]) => [key, { [level]: value }]),
      );
      assert.deepEqual(readSettings(configuration(values)), DEFAULT_SETTINGS);
    });
  }

  const senseless: readonly (readonly [string, unknown])[] = [
    ['port', 80],
    ['port', 70_000],
    ['port', '7411'],
    ['port', 7411.5],
    ['home', 'relative/folder'],
    ['home', 7],
    ['terminal.enabled', 'true'],
    ['autoStart', 'no'],
  ];
  for (const [key, globalValue] of senseless) {
    it(`leave ${key} at its default when it is ${JSON.stringify(globalValue)}`, () => {
      assert.deepEqual(readSettings(configuration({ [key]: { globalValue } })), DEFAULT_SETTINGS);
    });
  }
});
