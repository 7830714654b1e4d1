// Waits in tests until what somebody has seen is as it should be: looked at whenever something changes, never by the clock.

export class Watchers {
  readonly #looks = new Set<() => void>();

  /** To be called after each change. */
  changed(): void {
    for (const look of this.#looks) look();
  }

  /** Resolves when it is so, at once if it is so already. */
  until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isMet()) return;
        this.#looks.delete(look);
        resolve();
      };
      this.#looks.add(look);
      look();
    });
  }
}
