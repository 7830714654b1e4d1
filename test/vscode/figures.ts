// Figures that the suites measure on the way, printed at the end of the run with what they may be at most.

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'kB' | 'MB';
  /** Absent: for information only. */
  readonly limit?: number;
}

const figures: Figure[] = [];

export function recordFigure(figure: Figure): void {
  figures.push(figure);
}

/** The lines to print, and whether each figure keeps to its limit. */
export function reportFigures(): { readonly lines: readonly string[]; readonly areWithinLimits: boolean } {
  const isWithin = ({ value, limit }: Figure): boolean => limit === undefined || value < limit;
  return {
    lines: figures.map((figure) => {
      const bound = figure.limit === undefined ? '' : `  (limit ${figure.limit} ${figure.unit})`;
      const value = figure.unit === 'MB' ? figure.value.toFixed(2) : String(Math.round(figure.value));
      return `${figure.name.padEnd(44)} ${value.padStart(8)} ${figure.unit}${bound}${isWithin(figure) ? '' : '  TOO MUCH'}`;
    }),
    areWithinLimits: figures.every(isWithin),
  };
}
