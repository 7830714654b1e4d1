// Small drawings in the colour of their text. They say nothing that words beside them do not say.

export type IconName =
  | 'ok'
  | 'failed-over'
  | 'exact-hit'
  | 'semantic-hit'
  | 'error'
  | 'cancelled'
  | 'interrupted'
  | 'running'
  | 'close'
  | 'back';

const SVG = 'http://www.w3.org/2000/svg';

/** On a field of 16 by 16, as lines. */
const PATHS: Readonly<Record<IconName, string>> = {
  ok: 'M3.5 8.5l3 3 6-7',
  'failed-over': 'M2.5 5h7a3.5 3.5 0 0 1 0 7H6M8.5 9.5L6 12l2.5 2.5',
  'exact-hit': 'M3 6h10M3 10h10',
  'semantic-hit': 'M3 6.5q2.5-2.5 5 0t5 0M3 10.5q2.5-2.5 5 0t5 0',
  error: 'M4 4l8 8M12 4l-8 8',
  cancelled: 'M3.5 8h9',
  interrupted: 'M8 2.5v7M8 12.5v1',
  running: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  close: 'M4 4l8 8M12 4l-8 8',
  back: 'M9.5 3.5L5 8l4.5 4.5',
};

export function icon(name: IconName): SVGSVGElement {
  const drawing = document.createElementNS(SVG, 'svg');
  drawing.setAttribute('viewBox', '0 0 16 16');
  drawing.setAttribute('class', `icon icon-${name}`);
  drawing.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  drawing.append(path);
  return drawing;
}
