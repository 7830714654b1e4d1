// What the suites in the extension host hand back to the process that started the editor.

export interface HostTest {
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly durationMs: number;
  readonly account?: string;
}

export interface HostResults {
  readonly tests: readonly HostTest[];
  /** Measured by tests, e.g. `activationMs`. */
  readonly figures: Readonly<Record<string, number>>;
}

/** Each suite is a bundle of its own: what they share is kept where all of them find it. */
const FIGURES = Symbol.for('pointsman.test.figures');

export function recordedFigures(): Record<string, number> {
  const shared = globalThis as { [FIGURES]?: Record<string, number> };
  return (shared[FIGURES] ??= {});
}
