// Reads charts as a person does, from what is painted: heights of lines and bars against the marks of the axis, told apart
// by the colours of the legend. Nothing of the page's data or code is asked. Each point is looked up on the canvas as well.

import type { Frame, Page } from 'playwright-core';

/** What a chart shows, in dollars. */
export interface DrawnChart {
  /** One pixel of the canvas in dollars; a value is drawn to the nearest one. */
  readonly usdPerPixel: number;
  /** Marks of the upright axis as they are written. */
  readonly marks: readonly string[];
  /** Name in the legend -> from left to right. */
  readonly lines: Readonly<Record<string, readonly DrawnPoint[]>>;
  readonly bars: Readonly<Record<string, readonly DrawnPoint[]>>;
}

export interface DrawnPoint {
  /** Of the canvas, from its left. */
  readonly xPx: number;
  readonly usd: number;
  /** Whether the canvas has the colour there. */
  readonly isPainted: boolean;
}

/** What the painting left behind: raw, as the page gives it. */
interface Painting {
  readonly texts: readonly { readonly text: string; readonly y: number }[];
  readonly shapes: readonly Shape[];
}

interface Shape {
  /** Name in the legend. */
  readonly name: string;
  readonly kind: 'stroke' | 'fill';
  /** Each part of the path: of a line its points, of a bar its corners, in pixels of the canvas. */
  readonly parts: readonly (readonly Point[])[];
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly isPainted: boolean;
}

/** Before the page loads: from then on it is written down what is painted. */
export async function watchPainting(page: Page): Promise<void> {
  await page.addInitScript(watch);
}

/** The chart with this place on the page, as it is painted now. */
export async function readChart(frame: Frame | Page, place: number): Promise<DrawnChart> {
  const { texts, shapes } = await frame.evaluate<Painting>(`paintingOfChart(${place})`);
  const axis = texts.flatMap(({ text, y }) => {
    const amount = /^-?\$[\d,]+(?:\.\d+)?$/.test(text) ? Number(text.replaceAll(/[$,]/g, '')) : null;
    return amount === null ? [] : [{ text, amount, y }];
  });
  const [low, high] = [axis.at(0), axis.at(-1)];
  if (low === undefined || high === undefined || low.y === high.y) {
    throw new Error(`no axis to read by: ${texts.map(({ text }) => text).join(' ')}`);
  }
  const usdPerPixel = (high.amount - low.amount) / (low.y - high.y);
  const usdAt = (y: number): number => low.amount + (low.y - y) * usdPerPixel;
  const byName = (kind: Shape['kind'], read: (shape: Shape) => readonly DrawnPoint[]) =>
    Object.fromEntries(
      shapes.filter((shape) => shape.kind === kind).map((shape) => [shape.name, read(shape)]),
    );
  return {
    usdPerPixel,
    marks: axis.map(({ text }) => text),
    lines: byName('stroke', ({ parts }) =>
      parts.flat().map(({ x, y, isPainted }) => ({ xPx: x, usd: usdAt(y), isPainted })),
    ),
    bars: byName('fill', ({ parts }) => parts.map((corners) => barOf(corners, usdAt))),
  };
}

/** One bar that is cut into shares. */
export interface DrawnShares {
  readonly label: string;
  /** What a pixel is of the whole. */
  readonly sharePerPixel: number;
  readonly shares: Readonly<Record<string, number>>;
}

/** The bars of the mix as wide as they are on the screen. */
export async function readShares(frame: Frame | Page): Promise<readonly DrawnShares[]> {
  const bars = await frame.evaluate<
    { label: string; segments: { title: string; widthPx: number }[] }[]
  >(`[...document.querySelectorAll('.share-row')].map((row) => ({
    label: row.querySelector('.share-label').textContent,
    segments: [...row.querySelectorAll('.share-segment')].map((segment) => ({
      title: segment.title.replace(/: [^:]*$/, ''),
      widthPx: segment.getBoundingClientRect().width,
    })),
  }))`);
  return bars.map(({ label, segments }) => {
    const wholePx = segments.reduce((sum, { widthPx }) => sum + widthPx, 0);
    const shares = segments.map(({ title, widthPx }) => [title, widthPx / wholePx] as const);
    return { label, sharePerPixel: 1 / wholePx, shares: Object.fromEntries(shares) };
  });
}

/** From where it stands to where it ends: downwards where that is below nothing. */
function barOf(corners: readonly Point[], usdAt: (y: number) => number): DrawnPoint {
  const amounts = corners.map(({ y }) => usdAt(y));
  const [top, bottom] = [Math.max(...amounts), Math.min(...amounts)];
  const xs = corners.map(({ x }) => x);
  return {
    xPx: (Math.min(...xs) + Math.max(...xs)) / 2,
    usd: Math.abs(bottom) > Math.abs(top) ? bottom - top : top - bottom,
    isPainted: corners.every(({ isPainted }) => isPainted),
  };
}

/** Runs inside the page, where nothing of this file is. */
const watch = `(() => {
  const partsOf = new WeakMap();
  const paintings = new WeakMap();
  const wrap = (owner, name, before) => {
    const real = owner[name];
    owner[name] = function (...args) {
      before(this, ...args);
      return real.apply(this, args);
    };
  };
  const partsFor = (path) => partsOf.get(path) ?? partsOf.set(path, []).get(path);
  const path = Path2D.prototype;
  wrap(path, 'moveTo', (self, x, y) => partsFor(self).push([{ x, y }]));
  for (const name of ['lineTo', 'arcTo']) {
    wrap(path, name, (self, x, y) => {
      const parts = partsFor(self);
      if (parts.length === 0) parts.push([]);
      parts.at(-1).push({ x, y });
    });
  }
  wrap(path, 'rect', (self, x, y, w, h) => partsFor(self).push([{ x, y }, { x: x + w, y: y + h }]));
  const paintingFor = ({ canvas }) =>
    paintings.get(canvas) ?? paintings.set(canvas, { texts: [], shapes: [] }).get(canvas);
  const context = CanvasRenderingContext2D.prototype;
  wrap(context, 'clearRect', ({ canvas }) => paintings.delete(canvas));
  wrap(context, 'fillText', (self, text, x, y) => {
    paintingFor(self).texts.push({ text, y: y + self.getTransform().f });
  });
  for (const kind of ['stroke', 'fill']) {
    wrap(context, kind, (self, drawn) => {
      const parts = drawn instanceof Path2D ? partsOf.get(drawn) : undefined;
      if (parts === undefined) return;
      const { e, f } = self.getTransform();
      const moved = parts.map((part) => part.map(({ x, y }) => ({ x: x + e, y: y + f })));
      paintingFor(self).shapes.push({ kind, colour: self[kind + 'Style'], parts: moved });
    });
  }

  const channels = (css) => {
    const probe = new OffscreenCanvas(1, 1).getContext('2d');
    probe.fillStyle = css;
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data].join();
  };
  const middleOf = (points) => {
    const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
    return { x: middle(points.map(({ x }) => x)), y: middle(points.map(({ y }) => y)) };
  };
  /** Not to the pixel, since a line ends where its last point is. */
  const isPainted = (canvas, { x, y }, colour) => {
    const { data } = canvas.getContext('2d').getImageData(x - 1, y - 1, 3, 3);
    for (let at = 0; at < data.length; at += 4)
      if (data.slice(at, at + 4).join() === colour) return true;
    return false;
  };
  globalThis.paintingOfChart = (place) => {
    const chart = document.querySelectorAll('.chart')[place];
    const canvas = chart.querySelector('canvas');
    const { texts, shapes } = paintings.get(canvas);
    const legend = [...chart.querySelectorAll('.chart-legend li')].flatMap((entry) => {
      const swatch = entry.querySelector('.swatch');
      const kind = swatch.classList.contains('bars') ? 'fill' : 'stroke';
      const isArea = swatch.classList.contains('area');
      return isArea ? [] : [{ name: entry.textContent, kind, colour: channels(getComputedStyle(swatch).color) }];
    });
    const found = legend.flatMap(({ name, kind, colour }) => {
      const shape = shapes.findLast((one) => one.kind === kind && channels(one.colour) === colour);
      if (shape === undefined) return [];
      // A line is looked up at its points, a bar in its middle: corners may be round.
      const parts = shape.parts.map((part) =>
        part.map((point) => {
          const at = kind === 'fill' ? middleOf(part) : point;
          return { ...point, isPainted: isPainted(canvas, at, colour) };
        }),
      );
      return [{ name, kind, parts }];
    });
    return { texts, shapes: found };
  };
})()`;
