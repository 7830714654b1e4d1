import assert from 'node:assert/strict';
import {
  doctorChecks,
  doctorReport,
  type DoctorInput,
} from '../../../../extension/commands/doctor-report.ts';
import { budget, fakeSession, NOW_MS, provider, statusBody } from '../live-fixtures.ts';

const { connection } = fakeSession();
const input = (extra: Partial<DoctorInput> = {}): DoctorInput => ({
  daemon: { status: 'ready', connection },
  status: statusBody(),
  budgets: [],
  extensionVersion: '0.1.0',
  editorVersion: 'Code 1.106.0',
  nodeVersion: 'v22.20.0',
  remoteName: null,
  ...extra,
});
const failing = (extra: Partial<DoctorInput>): readonly string[] =>
  doctorChecks(input(extra))
    .filter(({ isOk }) => !isOk)
    .map(({ name, finding }) => `${name}: ${finding}`);

describe('the doctor', () => {
  it('says that all is well', () => {
    assert.match(doctorReport(input()), /Everything is well\./);
  });

  it('holds no token', () => {
    assert.doesNotMatch(doctorReport(input()), /client-token/);
  });

  it('works without a daemon, and says what to do', () => {
    assert.match(failing({ daemon: { status: 'stopped' }, status: null })[0] ?? '', /run "Pointsman: Start"/);
    const problem = { code: 'port-taken', sentence: 'Port 7411 is taken.', action: 'open-settings' } as const;
    assert.deepEqual(failing({ daemon: { status: 'failed', problem }, status: null }), [
      'daemon: Port 7411 is taken.',
    ]);
    assert.match(failing({ status: null })[0] ?? '', /does not answer; run "Pointsman: Restart"/);
  });

  const cases: readonly (readonly [string, Partial<DoctorInput>, RegExp])[] = [
    ['no usable provider', { status: statusBody({ providers: [] }) }, /Set a provider key/],
    [
      'a provider that is out',
      {
        status: statusBody({
          providers: [provider('p', { health: 'ejected', why: 'm refuses its key', retryAtMs: NOW_MS })],
        }),
      },
      /provider p: m refuses its key; tried again at 12:00 UTC/,
    ],
    [
      'a mistake in the configuration',
      { status: statusBody({ config: { path: '/c', valid: false, error: 'line 3' } }) },
      /configuration: line 3/,
    ],
    [
      'books that cannot be written',
      { status: statusBody({ ledger: { rows: 0, path: '/l', ok: false, error: 'disk full' } }) },
      /books: disk full/,
    ],
    [
      'a model without a price',
      {
        status: statusBody({
          priceList: { version: 'v', ageDays: 1, staleModels: [], unpricedModels: ['new-model'] },
        }),
      },
      /no price for new-model/,
    ],
    [
      'a daemon whose port another program has',
      { daemon: { status: 'ready', connection: { ...connection, isOnOtherPort: true } } },
      /daemon: version 0\.1\.0 at .*: another program has its port/,
    ],
    ['a reached budget', { budgets: [budget({ state: 'block' })] }, /budget: Budget for everything/],
  ];
  for (const [name, extra, expected] of cases) {
    it(`finds ${name}`, () => {
      const found = failing(extra);
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', expected);
    });
  }

  it('puts what is not well first, and takes no Markdown out of names', () => {
    const providers = [
      provider('ok'),
      provider('](command:x)', { health: 'ejected', why: '**loud** | cell' }),
    ];
    const report = doctorReport(input({ status: statusBody({ providers }) }));
    const [first = ''] = report.split('\n').filter((line) => line.startsWith('| **Look**'));
    assert.match(first, /provider \\\]\\\(command\\:x\\\)/);
    assert.match(first, /\\\*\\\*loud\\\*\\\* \\\| cell/);
    assert.ok(report.indexOf('**Look**') < report.indexOf('| OK'));
  });
});
