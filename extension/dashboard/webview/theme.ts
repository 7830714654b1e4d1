// The colours in force, and when they change: by the editor's theme or by the system's.

/** `readColour('--chart-1')` → `rgb(…)`: resolved, so that a canvas takes it. */
export function readColour(token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  probe.style.display = 'none';
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** The editor changes classes of the body and variables of the root; a browser only has the system's wish. */
export function onThemeChange(listener: () => void): void {
  let isPlanned = false;
  const tell = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      listener();
    });
  };
  const observer = new MutationObserver(tell);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
  for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
    matchMedia(query).addEventListener('change', tell);
  }
}
