import assert from 'node:assert/strict';
import type { DaemonState } from '../../../../extension/daemon/daemon-session.ts';
import {
  foldLive,
  INITIAL_LIVE_STATE,
  type LiveFact,
  type LiveState,
} from '../../../../extension/live-state.ts';
import {
  statusText,
  TOOLTIP_COMMANDS,
  type StatusText,
} from '../../../../extension/status-bar/status-text.ts';
import { attempt } from '../../daemon/ledger/ledger-fixtures.ts';
import {
  budget,
  ended,
  endEvent,
  fakeSession,
  NOW_MS,
  provider,
  statusBody,
  totals,
} from '../live-fixtures.ts';

const OPTIONS = { showsCost: true, showsSaved: true, nowMs: NOW_MS };
const { connection } = fakeSession();
const STATUS: LiveFact = { type: 'status', status: statusBody() };
const LAST: LiveFact = { type: 'event', event: endEvent(ended('x_1')) };
const TODAY: LiveFact = {
  type: 'today',
  totals: totals({ requests: 4, comparableRequests: 3, costUsd: 0.5, savedUsd: 4.56, coverageRatio: 0.75 }),
};

function ready(...facts: readonly LiveFact[]): LiveState {
  return [{ type: 'daemon', state: { status: 'ready', connection } } as const, STATUS, ...facts].reduce(
    foldLive,
    INITIAL_LIVE_STATE,
  );
}
const textOf = (...facts: readonly LiveFact[]): StatusText => statusText(ready(...facts), OPTIONS);
const override = (scope: 'next' | 'conversation' | 'always'): LiveFact => ({
  type: 'event',
  event: {
    type: 'override-update',
    override: { model: 'opus', scope, conversationId: null, expiresAtMs: null },
  },
});
const out = (...names: readonly string[]): LiveFact => ({
  type: 'status',
  status: statusBody({
    providers: [
      provider('spare'),
      ...names.map((name) => provider(name, { health: 'ejected', why: `${name} keeps failing` })),
    ],
  }),
});

describe('the status bar', () => {
  it('[A40] [A51] names the model that answered last, its cost, and what was saved today', () => {
    const { text, severity, command } = textOf(LAST, TODAY);
    assert.equal(text, '$(arrow-swap) sonnet · $0.012 · saved $4.56');
    assert.deepEqual([severity, command], ['none', 'pointsman.openDashboard']);
  });

  it('is ready, with no figures, before the first request', () => {
    const { text, label, tooltip } = textOf();
    assert.equal(text, '$(arrow-swap) Pointsman');
    assert.match(label, /^Pointsman is ready\. No request has come through yet\.$/);
    assert.match(tooltip, /command:pointsman\.connectAssistant/);
  });

  it('shows a loss as one', () => {
    const lost: LiveFact = {
      type: 'today',
      totals: totals({ requests: 1, comparableRequests: 1, savedUsd: -0.5 }),
    };
    assert.match(textOf(LAST, lost).text, /saved -\$0\.50$/);
  });

  it('says nothing of savings where nothing could be compared', () => {
    const none: LiveFact = { type: 'today', totals: totals({ requests: 3, comparableRequests: 0 }) };
    assert.equal(textOf(LAST, none).text, '$(arrow-swap) sonnet · $0.012');
    assert.match(textOf(LAST, none).tooltip, /saved unknown, since none could be compared/);
  });

  it('leaves out what the user does not want to see', () => {
    const state = ready(LAST, TODAY);
    assert.equal(
      statusText(state, { ...OPTIONS, showsCost: false }).text,
      '$(arrow-swap) sonnet · saved $4.56',
    );
    assert.equal(statusText(state, { ...OPTIONS, showsSaved: false }).text, '$(arrow-swap) sonnet · $0.012');
  });

  it('leaves the cost out of the text where it is unknown, and says unknown in the tooltip', () => {
    const unpriced: LiveFact = {
      type: 'event',
      event: endEvent(ended('x_2', { costUsd: null, savedUsd: null })),
    };
    const { text, tooltip } = textOf(unpriced);
    assert.equal(text, '$(arrow-swap) sonnet');
    assert.match(tooltip, /\| unknown&nbsp;&nbsp; \| unknown \|/);
  });

  it('says that the last request got no answer', () => {
    const failed: LiveFact = {
      type: 'event',
      event: endEvent(ended('x_2', { responseModel: null, status: 'error', costUsd: null })),
    };
    assert.equal(textOf(failed).text, '$(arrow-swap) no answer');
    assert.match(textOf(failed).tooltip, /\[failed\]/);
  });

  it('asks for a key while no provider can be used, and a click sets one', () => {
    const keyless: LiveFact = {
      type: 'status',
      status: statusBody({ providers: [provider('p', { usable: false })] }),
    };
    const { text, command, severity } = textOf(LAST, TODAY, keyless);
    assert.equal(text, '$(key) Set a provider key');
    assert.deepEqual([command, severity], ['pointsman.setProviderKey', 'none']);
  });

  it('names the provider that is out, as a warning, and says why', () => {
    const { text, severity, tooltip, label } = textOf(out('openai'), LAST);
    assert.equal(text, '$(warning) openai out · sonnet · $0.012');
    assert.equal(severity, 'warning');
    assert.match(tooltip, /openai keeps failing/);
    assert.match(label, /openai cannot be reached or refuses/);
  });

  it('offers to set the key of a provider that refuses it', () => {
    const refusal: LiveFact = {
      type: 'event',
      event: {
        type: 'attempt-end',
        exchangeId: 'x_1',
        attempt: { ...attempt, provider: 'openai', status: 'failed', errorType: 'auth' },
      },
    };
    assert.match(textOf(refusal, out('openai'), LAST).tooltip, /Set the key/);
    assert.doesNotMatch(textOf(out('openai'), LAST).tooltip, /Set the key/);
  });

  it('counts the providers that are out where there are several', () => {
    assert.match(textOf(out('a', 'b'), LAST).text, /^\$\(warning\) 2 providers out/);
  });

  for (const [scope, expected] of [
    ['next', /^\$\(pin\) opus next · sonnet/],
    ['conversation', /^\$\(pin\) opus in a conversation · sonnet/],
    ['always', /^\$\(pin\) opus always · sonnet/],
  ] as const) {
    it(`[A23] shows the override with scope ${scope}, and a link that clears it`, () => {
      const { text, severity, tooltip } = textOf(LAST, override(scope));
      assert.match(text, expected);
      assert.equal(severity, 'none');
      assert.match(tooltip, /\[Clear\]\(command:pointsman\.clearOverride\)/);
    });
  }

  it('shows no override whose time is over', () => {
    const event = {
      type: 'override-update',
      override: { model: 'opus', scope: 'always', conversationId: null, expiresAtMs: NOW_MS - 1 },
    } as const;
    assert.doesNotMatch(textOf(LAST, { type: 'event', event }).text, /opus/);
  });

  for (const [state, severity, text] of [
    ['block', 'error', /^\$\(error\) budget reached/],
    ['downgrade', 'warning', /^\$\(warning\) budget low/],
    ['warn', 'warning', /^\$\(warning\) budget reached/],
  ] as const) {
    it(`[A52] shows a budget that is at "${state}" as ${severity}`, () => {
      const shown = textOf(LAST, { type: 'budgets', budgets: [budget({ state, spentUsd: 5.1 })] });
      assert.match(shown.text, text);
      assert.equal(shown.severity, severity);
      assert.match(
        shown.label,
        /Budget for everything a day: \$5\.10 of \$5\.00, starts again 2026-11-22 00:00 UTC/,
      );
    });
  }

  it('is as loud as the loudest of what it has to say', () => {
    const shown = textOf(out('openai'), { type: 'budgets', budgets: [budget({ state: 'block' })] });
    assert.equal(shown.severity, 'error');
  });

  it('says that the configuration has a mistake', () => {
    const config = { path: '/c.jsonc', valid: false, error: 'line 3: unknown key "profil"' };
    const { severity, tooltip } = textOf({ type: 'status', status: statusBody({ config }) });
    assert.equal(severity, 'warning');
    assert.match(tooltip, /unknown key/);
  });

  const others: readonly (readonly [DaemonState, RegExp, StatusText['severity'], string])[] = [
    [{ status: 'stopped' }, /circle-slash/, 'none', 'pointsman.startDaemon'],
    [{ status: 'starting' }, /loading~spin/, 'none', 'pointsman.openDashboard'],
    [{ status: 'stopping' }, /loading~spin/, 'none', 'pointsman.openDashboard'],
    [
      {
        status: 'failed',
        problem: { code: 'port-taken', sentence: 'Port 7411 is taken.', action: 'open-settings' },
      },
      /error/,
      'error',
      'pointsman.runDoctor',
    ],
  ];
  for (const [state, icon, severity, command] of others) {
    it(`shows a daemon that is ${state.status}, and a click helps`, () => {
      const shown = statusText({ ...INITIAL_LIVE_STATE, daemon: state }, OPTIONS);
      assert.match(shown.text, icon);
      assert.deepEqual([shown.severity, shown.command], [severity, command]);
      assert.notEqual(shown.label, '');
    });
  }

  it('cuts a long model name', () => {
    const long: LiveFact = { type: 'event', event: endEvent(ended('x', { responseModel: 'm'.repeat(80) })) };
    assert.equal(textOf(long).text, `$(arrow-swap) ${'m'.repeat(27)}… · $0.012`);
  });

  it('takes no icon out of a name', () => {
    const odd: LiveFact = { type: 'event', event: endEvent(ended('x', { responseModel: '$(error) m' })) };
    assert.equal(textOf(odd).text, '$(arrow-swap) (error) m · $0.012');
  });
});

describe('the tooltip of the status bar', () => {
  it('[A40] [A51] lists the last five requests with model, cost, saving and client, each a link to its decision', () => {
    const requests = ['a', 'b', 'c', 'd', 'e', 'f'].map((id, index): LiveFact => ({
      type: 'event',
      event: endEvent(ended(`x_${id}`, { client: `client-${id}` }, 9 - index)),
    }));
    const { tooltip } = textOf(...requests, TODAY);
    const rows = tooltip.split('\n').filter((line) => line.startsWith('| ['));
    assert.equal(rows.length, 5);
    assert.equal(
      rows[0],
      `| [sonnet](command:pointsman.explainLastRequest?${encodeURIComponent('["x_f"]')})&nbsp;&nbsp; | client\\-f&nbsp;&nbsp; | \\$0\\.012&nbsp;&nbsp; | \\+\\$0\\.02 |`,
    );
    assert.match(
      tooltip,
      /Saved today \\\(UTC\\\)\\: \\\$4\\\.56, cost \\\$0\\\.50; 75\\\.0 % of 4 requests could be compared/,
    );
  });

  it('marks a cost that rests on an estimate', () => {
    const estimated: LiveFact = { type: 'event', event: endEvent(ended('x', { usageSource: 'estimated' })) };
    assert.match(textOf(estimated).tooltip, /\\\(estimate\\\)/);
  });

  it('says where it listens when another program has its port', () => {
    const moved = { ...connection, url: 'http://127.0.0.1:7412', isOnOtherPort: true };
    const { tooltip } = textOf({ type: 'daemon', state: { status: 'ready', connection: moved } });
    assert.match(tooltip, /7412, since another program has the usual port/);
  });

  it('links only to commands that it is allowed to run', () => {
    const everything = textOf(
      out('openai'),
      override('next'),
      { type: 'budgets', budgets: [budget({ state: 'block' })] },
      LAST,
      TODAY,
    );
    const linked = [...everything.tooltip.matchAll(/\(command:([\w.]+)/g)].map(([, command]) => command);
    assert.ok(linked.length >= 7);
    const allowed: readonly string[] = TOOLTIP_COMMANDS;
    assert.deepEqual(
      linked.filter((command) => command === undefined || !allowed.includes(command)),
      [],
    );
  });

  const hostile = [
    '](command:workbench.action.terminal.new)',
    '[x](command:pointsman.stopDaemon)',
    '![p](https://evil.example/p.png)',
    '<img src=x onerror=alert(1)>',
    '$(error)',
    'a | b | c',
    'https://evil.example/x',
    'www.evil.example',
    '\\](command:x)',
    'line\n\n# heading',
    '`code`',
    '&lt;b&gt;',
  ];
  for (const text of hostile) {
    it(`shows ${JSON.stringify(text)} as text, as model, client, provider and id`, () => {
      const { tooltip } = statusText(
        ready(
          { type: 'event', event: endEvent(ended(text, { responseModel: text, client: text })) },
          out(text),
          {
            type: 'event',
            event: {
              type: 'override-update',
              override: { model: text, scope: 'next', conversationId: null, expiresAtMs: null },
            },
          },
        ),
        OPTIONS,
      );
      const unlinked = tooltip
        .replaceAll('&nbsp;', ' ')
        .replaceAll(/\]\(command:pointsman\.[a-zA-Z]+(?:\?[\w%.!~*'-]*)?\)/g, ']');
      assert.doesNotMatch(
        unlinked,
        /(?<!\\)\]\(|(?<!\\)<|\$\(|(?<!\\)!|:\/\/|(?<!\\)`|www\.|(?<!\\)&|(?<!\\)#/,
      );
      const row = tooltip.split('\n').find((line) => line.startsWith('| ['));
      assert.equal((row ?? '').replaceAll(/\\./g, '').split('|').length, 6);
    });
  }
});
