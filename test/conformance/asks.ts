// Asks of all kinds for the tests that put them into wrappings: written by hand, and developers' messages where the
// labelled ones are on this machine.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const shared = process.env['POINTSMAN_SHARED'] ?? path.join(import.meta.dirname, '..', '..', '..', 'shared');

export const OWN_ASKS: readonly string[] = [
  'hi',
  'thanks, that works',
  'yes',
  'why?',
  'ok, try that',
  'What does `git rebase --onto` do?',
  'Which port does Postgres listen on?',
  'Is 1009 a prime number?',
  'How many days does February have in 2028?',
  'Translate "good morning" into French.',
  'Übersetze den folgenden Satz ins Englische: Der Hund schläft unter dem Tisch.',
  '把下面这句话翻译成英文：今天天气很好。',
  'この関数は何をしますか？',
  'Explica qué es una clave foránea.',
  'Summarise this in two sentences: the build takes nine minutes because every package is compiled twice.',
  'Classify the sentiment of this review as positive or negative: "It broke after a day."',
  'Is this spam? "You have won a prize, click here"',
  'Format this JSON: {"a":1,"b":[2,3]}',
  'Turn this list into a table: apples 3, pears 4, plums 5.',
  'Extract all e-mail addresses from: ann@example.com wrote to bob@example.org.',
  'Write a haiku about compilers.',
  'Write a short story in which two databases fall in love.',
  'Come up with five names for a tool that routes requests.',
  'Rename `getUser` to `fetchUser` in src/api.ts.',
  'Fix the typo in the README.',
  'Add a --verbose flag to the CLI.',
  'Write a unit test for parseDate.',
  'Move the parser into its own file and update the imports.',
  'Explain the difference between a mutex and a semaphore.',
  'How do I centre a div?',
  'What is the return type of `Promise.allSettled`?',
  'Explain the <Grid> component:\n```tsx\n<Grid columns={2} />\n```',
  '```ts\nconst a = [1, 2, 3].map(parseInt);\n```\nWhy is this [1, NaN, NaN]?',
  'Traceback (most recent call last):\n  File "app.py", line 3, in <module>\n    main()\nKeyError: \'id\'',
  'npm ERR! code ERESOLVE\nnpm ERR! ERESOLVE unable to resolve dependency tree\nhow do I fix this?',
  'TypeError: Cannot read properties of undefined (reading "map")\n    at render (src/list.tsx:12:20)',
  'Write a function that returns the nth Fibonacci number in O(log n).',
  'Implement an LRU cache in TypeScript with tests.',
  'Refactor the payment module so that providers are plug-ins; keep the public API.',
  'Design the architecture of a multi-tenant job scheduler that survives the loss of a region.',
  'Our service leaks memory only under load. Here is what we know: heap grows by 5 MB an hour, restarts help, no leak in dev. Find likely causes and plan how to narrow them down.',
  'There is a race condition between the cache invalidation and the writer; find it and fix it without a global lock.',
  'Plan the migration from a monolith to services: order, risks, roll-back, and what to measure at each step.',
  'Compare event sourcing with a plain audit table for an accounting product, with regard to law, cost and recovery.',
  'Prove that the square root of 2 is irrational.',
  'A train leaves at 9:00 at 80 km/h, another at 9:30 at 100 km/h from the same place. When does the second catch up?',
  'If all bloops are razzies and some razzies are lazzies, are some bloops lazzies?',
  'Optimise this query: SELECT * FROM orders WHERE lower(email) = $1 ORDER BY created_at DESC LIMIT 10',
  'Review this diff for security problems:\n--- a/x.js\n+++ b/x.js\n@@ -1 +1 @@\n-eval(input)\n+JSON.parse(input)',
  'Port this shell script to Python:\nfor f in *.log; do gzip "$f"; done',
  'What does "idempotent" mean, and is "DELETE" idempotent?',
  'rename "a" to "b" and "c" to "d"',
  '1. add a button\n2. wire it to the store\n3. write a test\n4. update the docs',
  '- the header is too big\n- the footer overlaps\n- dark mode is broken',
  '# Task\nAdd pagination to the list of users.\n\n# Notes\nUse cursors.',
  'Given an array of n integers (1 <= n <= 2*10^5) and q queries, each l r, print the number of distinct values in a[l..r]. Time limit 2 s.',
  `You are given a grid. ${'Each cell holds a number; moving costs the difference of the two. '.repeat(40)}Find the cheapest way.`,
  'can u make it faster',
  'no, the other one',
  'undo the last change',
  'run the tests again',
  'is there a way to do this without recursion?',
  'what about error handling? we said it must never throw, and it must work for streams as well as for strings',
  'Look at src/server.ts and src/client.ts and tell me why reconnecting after a network change takes 30 seconds.',
  'Add types to every exported function in lib/ and turn on strict mode; fix what breaks.',
  'continue',
];

/** At most `count`, evenly spread; none where the data is absent. */
export function developerAsks(count: number): readonly string[] {
  const found: string[] = [];
  for (const name of ['dev-prompts-labelled.jsonl', 'dev-prompts-unlabelled.jsonl']) {
    const file = path.join(shared, 'routing-eval', 'data', name);
    if (!existsSync(file)) continue;
    for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
      found.push((JSON.parse(line) as { prompt: string }).prompt);
    }
  }
  const step = Math.max(1, Math.floor(found.length / count));
  return found.filter((_, index) => index % step === 0).slice(0, count);
}
