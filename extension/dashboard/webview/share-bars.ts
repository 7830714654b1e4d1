// Bars of which each is a whole cut into shares, one above the other, with a legend. Each bar is one picture with its
// sentence for screen readers; the figures stand in the table below.

import { percent } from '../figures.ts';
import type { MixBar, MixSegment } from '../model-mix.ts';
import { element, fill } from './dom.ts';

export interface ShareBars {
  readonly element: HTMLElement;
  draw(bars: readonly MixBar[]): void;
}

/** Below this share a number does not fit into its segment. */
const LEAST_LABELLED_SHARE = 0.07;
const LEAST_LABELLED_IF_NARROW = 0.18;

export function createShareBars(): ShareBars {
  const legend = element('ul', { class: 'chart-legend' });
  const list = element('div', { class: 'share-bars' });
  return {
    element: element('div', { class: 'shares' }, legend, list),
    draw(bars) {
      fill(legend, ...legendOf(bars));
      fill(list, ...bars.map(barOf));
    },
  };
}

function barOf({ label, segments, sentence }: MixBar): HTMLElement {
  return element(
    'div',
    { class: 'share-row' },
    element('span', { class: 'share-label', aria: { hidden: true } }, label),
    element(
      'div',
      { class: 'share-bar', role: 'img', aria: { label: sentence } },
      ...segments.map(segmentOf),
    ),
  );
}

function segmentOf({ label, share, colour }: MixSegment): HTMLElement {
  const text = share >= LEAST_LABELLED_SHARE ? percent(share) : '';
  const kind = share < LEAST_LABELLED_IF_NARROW ? 'share-segment small' : 'share-segment';
  const segment = element('span', { class: kind, title: `${label}: ${percent(share)}` }, text);
  segment.style.flexGrow = String(share);
  segment.style.setProperty('--segment', colourOf(colour));
  return segment;
}

function legendOf(bars: readonly MixBar[]): readonly HTMLElement[] {
  const seen = new Map(bars.flatMap(({ segments }) => segments.map(({ label, colour }) => [label, colour])));
  return [...seen].map(([label, colour]) => {
    const swatch = element('span', { class: 'swatch bars', aria: { hidden: true } });
    swatch.style.color = colourOf(colour);
    return element('li', {}, swatch, label);
  });
}

function colourOf(colour: number): string {
  return colour === 0 ? 'var(--chart-baseline)' : `var(--chart-${colour})`;
}
