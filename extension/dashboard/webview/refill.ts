// Replaces what is inside an element without taking the focus from whoever is in there.

import { fill, type Child } from './dom.ts';

const FOCUSABLE = 'button, input, select, textarea, a[href], summary, [tabindex]';

/** As `fill`; the focus goes to what stands at the same place afterwards. */
export function refill(parent: HTMLElement, ...children: readonly Child[]): void {
  const active = document.activeElement;
  const place =
    active !== null && parent.contains(active)
      ? focusablesOf(parent).findIndex((item) => item === active)
      : -1;
  fill(parent, ...children);
  if (place !== -1) focusablesOf(parent)[place]?.focus();
}

function focusablesOf(parent: HTMLElement): readonly HTMLElement[] {
  return [...parent.querySelectorAll<HTMLElement>(FOCUSABLE)];
}
