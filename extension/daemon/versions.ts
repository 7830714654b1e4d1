// Which of two versions is the older one.

/** Below 0: `a` is older than `b`. What is no version is older than every one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left.numbers[index] ?? -1) - (right.numbers[index] ?? -1);
    if (difference !== 0) return difference;
  }
  // A pre-release comes before its release.
  if (left.preRelease === right.preRelease) return 0;
  if (left.preRelease === '') return 1;
  if (right.preRelease === '') return -1;
  return left.preRelease.localeCompare(right.preRelease, 'en', { numeric: true });
}

function partsOf(version: string): { readonly numbers: readonly number[]; readonly preRelease: string } {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([\w.-]+))?/.exec(version);
  if (match === null) return { numbers: [], preRelease: '' };
  return {
    numbers: [match[1], match[2], match[3] ?? '0'].map(Number),
    preRelease: match[4] ?? '',
  };
}
