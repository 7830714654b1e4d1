// Bodies live outside of V8's heap, and the heap itself is small, so V8 collects it for every dozen megabytes of bodies
// that pass: 30 % of the processor time at requests of 200 kB. Allowed to grow to four times what is live, the daemon
// served 50 % more of them, with a p99 of 5 ms instead of 14; idle memory stays the same.

import { setFlagsFromString } from 'node:v8';

/** Read by V8 at each collection, so it counts from now on. A V8 that does not know the flag goes on without it. */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=300');
}
