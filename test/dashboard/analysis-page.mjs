// A page with one analysis view and a host that asks the test. Bundled and opened by `analysis.test.ts`.

import { createBudgetsView } from '../../extension/dashboard/webview/budgets-view.ts';
import { createHealthView } from '../../extension/dashboard/webview/health-view.ts';
import { createModelsView } from '../../extension/dashboard/webview/models-view.ts';
import { createReplayView } from '../../extension/dashboard/webview/replay-view.ts';
import { createSavingsView } from '../../extension/dashboard/webview/savings-view.ts';
import { HostError } from '../../extension/dashboard/webview/view.ts';

const VIEWS = {
  savings: createSavingsView,
  models: createModelsView,
  health: createHealthView,
  budgets: createBudgetsView,
  replay: createReplayView,
};

globalThis.openView = (name, { kind = 'editor', filter = {} } = {}) => {
  const stateListeners = [];
  const page = {
    filter: { sinceMs: null, client: null, model: null, task: null, workspace: null, ...filter },
    said: [],
    commands: [],
    calls: [],
  };
  const context = {
    host: {
      kind,
      async call(method, route, body) {
        page.calls.push({ method, route, body, atMs: performance.now() });
        const answer = JSON.parse(
          await globalThis.answerCall(JSON.stringify({ method, route, body: body ?? null })),
        );
        if (answer.error !== undefined) throw new HostError(answer.error.code, answer.error.message);
        return answer.body;
      },
      onEvent() {},
      onState: (listener) => stateListeners.push(listener),
      onShow() {},
      runCommand: (command) => page.commands.push(command),
    },
    filter: () => page.filter,
    announce: (sentence) => page.said.push(sentence),
    openExchange() {},
    go() {},
  };
  const view = VIEWS[name](context);
  document.querySelector('main').replaceChildren(view.element);
  globalThis.opened = {
    ...page,
    page,
    view,
    setState: (state) => stateListeners.forEach((tell) => tell(state)),
  };
  view.show();
};
