// How the daemon stands: a quiet word when all is well, else a sentence and the button that mends it.

import type { HostState, PageCommand } from '../messages.ts';
import { element, fill } from './dom.ts';
import { button } from './parts.ts';
import type { DashboardHost } from './view.ts';

interface Line {
  readonly sentence: string;
  readonly actions: readonly { readonly label: string; readonly command: PageCommand }[];
}

export class ConnectionLine {
  /** In the header. */
  readonly dot = element('span', { class: 'connection', data: { status: 'starting' } });
  /** Below the header; only where there is something to do or to wait for. */
  readonly element = element('div', { class: 'connection-line', role: 'status', hidden: true });
  readonly #host: DashboardHost;

  constructor(host: DashboardHost) {
    this.#host = host;
    this.show({ status: 'starting' });
    // Nothing is wrong for the first moment.
    this.element.hidden = true;
  }

  show(state: HostState): void {
    this.dot.dataset['status'] = state.status;
    fill(this.dot, element('span', { class: 'connection-dot', aria: { hidden: true } }), WORDS[state.status]);
    const line = lineOf(state);
    this.element.hidden = line === null;
    if (line === null) {
      fill(this.element);
      return;
    }
    const actions = this.#host.kind === 'editor' ? line.actions : [];
    fill(
      this.element,
      element('span', {}, line.sentence),
      ...actions.map(({ label, command }, index) =>
        button(label, () => this.#host.runCommand(command), { isMain: index === 0 }),
      ),
    );
  }
}

const WORDS: Readonly<Record<HostState['status'], string>> = {
  ready: 'Live',
  starting: 'Connecting',
  stopped: 'Stopped',
  failed: 'Not connected',
};

function lineOf(state: HostState): Line | null {
  switch (state.status) {
    case 'ready':
      return null;
    case 'starting':
      return { sentence: 'The daemon is starting.', actions: [] };
    case 'stopped':
      return {
        sentence: 'The daemon is stopped, so nothing is routed and nothing is recorded.',
        actions: [{ label: 'Start the daemon', command: 'pointsman.startDaemon' }],
      };
    default:
      return {
        sentence: state.sentence,
        actions: [
          { label: 'Restart the daemon', command: 'pointsman.restartDaemon' },
          { label: 'Show the log', command: 'pointsman.showLog' },
        ],
      };
  }
}
