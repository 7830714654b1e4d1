// What if: the stored history under another profile. A slider chooses it; the other two are replayed as well, so that all
// three stand on one scale with what was really billed. Nobody is called and nothing is spent.

import type { ReplayBody, StatusBody } from '../../../daemon/protocol/control-api.ts';
import type { Profile } from '../../../daemon/protocol/vocabulary.ts';
import { isNarrowed } from '../page-filter.ts';
import { PROFILES, replayStory } from '../replay-story.ts';
import { dateTimeLabel } from '../time-labels.ts';
import { errorBox, fillEmpty } from './analysis-parts.ts';
import { element, fill } from './dom.ts';
import { button, messageOf } from './parts.ts';
import { createProfileSlider } from './profile-slider.ts';
import { createReplayResult } from './replay-result.ts';
import type { CreateView } from './view.ts';

export const createReplayView: CreateView = (context) => {
  const { host } = context;
  const results = new Map<Profile, ReplayBody>();
  let profile: Profile = 'balanced';
  /** By the user; until then it is the one in force. */
  let isChosen = false;
  /** Unix epoch ms; undefined = nothing was replayed yet. */
  let sinceMs: number | null | undefined;
  let isShown = false;
  let hasStatus = false;
  let isRunning = false;
  /** Raised by leaving and by another period: answers to older ones are dropped. */
  let question = 0;

  const slider = createProfileSlider((chosen) => {
    profile = chosen;
    isChosen = true;
    draw();
    void run();
  });
  const period = element('p', { class: 'hint' });
  const hint = element(
    'p',
    { class: 'hint', hidden: true },
    'A replay is of all requests of the period: client, model, task and workspace do not narrow it.',
  );
  const again = button('Replay again', () => {
    results.clear();
    void run();
  });
  const running = element('span', { class: 'hint running', role: 'status' });
  const state = element('div', { class: 'load-state' });
  const result = createReplayResult(context);
  const empty = element('div', { class: 'empty', hidden: true });
  const controls = element(
    'section',
    { class: 'card' },
    element('h2', { class: 'card-title' }, 'What if another profile had decided?'),
    slider.element,
    period,
    element('div', { class: 'buttons' }, again, running),
  );

  async function run(): Promise<void> {
    if (isRunning || !isShown) return;
    const mine = question;
    isRunning = true;
    again.disabled = true;
    fill(state);
    try {
      if (!hasStatus) await readProfile();
      for (let next = nextProfile(mine); next !== undefined; next = nextProfile(mine)) {
        await replayOne(next, mine);
      }
    } catch (error) {
      if (mine === question) fail(error);
    }
    isRunning = false;
    running.textContent = '';
    again.disabled = false;
    if (mine !== question) void run(); // another period was chosen on the way, or the view came back
  }

  /** The one that is looked at comes first; none when nobody waits for the answer any more. */
  function nextProfile(mine: number): Profile | undefined {
    if (mine !== question) return undefined;
    const all = [profile, ...PROFILES.map((known) => known.profile)];
    return all.find((candidate) => !results.has(candidate));
  }

  async function readProfile(): Promise<void> {
    const status = (await host.call('GET', 'status')) as StatusBody;
    hasStatus = true;
    if (!isChosen) profile = status.profile;
    slider.setProfile(profile, status.profile);
  }

  async function replayOne(asked: Profile, mine: number): Promise<void> {
    running.textContent = `Replaying the history with the profile ${labelOf(asked)}…`;
    const since = sinceMs ?? null;
    const body = await host.call(
      'POST',
      'replay',
      since === null ? { profile: asked } : { profile: asked, since },
    );
    if (mine !== question) return;
    results.set(asked, body as ReplayBody);
    draw();
    if (asked === profile) context.announce(replayStory(body as ReplayBody).headline);
  }

  function draw(): void {
    const body = results.get(profile);
    const isEmpty = body?.requests === 0;
    empty.hidden = !isEmpty;
    result.element.hidden = body === undefined || isEmpty;
    if (isEmpty) fillEmpty(context, empty, 'the history can then be replayed under another profile.');
    else if (body !== undefined) result.draw(body, [...results.values()]);
  }

  function fail(error: unknown): void {
    fill(
      state,
      errorBox(messageOf(error), () => void run()),
    );
  }

  return {
    element: element('div', { class: 'view replay stack' }, hint, controls, state, empty, result.element),
    show() {
      isShown = true;
      hint.hidden = !isNarrowed(context.filter());
      const wanted = context.filter().sinceMs;
      if (wanted !== sinceMs) {
        sinceMs = wanted;
        question += 1;
        results.clear();
        draw();
      }
      period.textContent =
        wanted === null
          ? 'Over the whole stored history; nobody is asked and nothing is spent.'
          : `Over the history since ${dateTimeLabel(wanted)}, as chosen at the top; nobody is asked and nothing is spent.`;
      void run();
    },
    hide() {
      isShown = false;
      question += 1;
    },
    /** Requests that came since are taken in by "Replay again"; another configuration changes every answer. */
    onEvent(event) {
      if (event.type !== 'config-update' || !event.valid) return;
      hasStatus = false;
      question += 1;
      results.clear();
      void run();
    },
    onThemeChange() {},
  };
};

function labelOf(profile: Profile): string {
  return PROFILES.find((known) => known.profile === profile)?.label ?? profile;
}
