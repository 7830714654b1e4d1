// Sizes and colours that the parts of the picture share. Text on the ground has a contrast of at least 6.

import type { TargetName } from '../targets.ts';

export const WIDTH = 960;
export const MARGIN = 36;

export const COLORS = {
  ground: '#15222b',
  grid: '#2c3f4b',
  text: '#e4edf2',
  quiet: '#9db3bf',
  own: '#ffb84d',
  pipe: '#7fa6ba',
  peer: '#55788a',
} as const;

export const LABELS: Readonly<Record<TargetName, string>> = {
  direct: 'direct',
  pipe: 'bare pipe',
  nginx: 'nginx',
  daemon: 'Pointsman',
  portkey: 'Portkey',
  ccr: 'claude-code-router',
};

export function colorOf(target: TargetName): string {
  if (target === 'daemon') return COLORS.own;
  return target === 'pipe' || target === 'nginx' ? COLORS.pipe : COLORS.peer;
}
