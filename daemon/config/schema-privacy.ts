// The part of the configuration that says what must not leave the machine.

import { patternProblem } from '../util/linear-patterns.ts';
import { globProblem } from './path-glob.ts';
import { choice, group, list, text } from './schema-fields.ts';
import { providerName } from './schema-models.ts';

const MAX_PATTERN_CHARS = 1024;

/** Text that `problemOf` has nothing against. */
function checked(what: string, problemOf: (value: string) => string | null) {
  return text(what, /^[^\0\r\n]{0,1024}$/).superRefine((value, context) => {
    const problem = problemOf(value);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });
}

const glob = checked('a path such as "src/payments/**"', globProblem);

const pattern = checked(`a regular expression of at most ${MAX_PATTERN_CHARS} characters`, (value) =>
  // It would be found in every request; that is a rule without a condition, and surely a mistake.
  value === '' ? 'must not be empty' : patternProblem(value),
);

const privacyRule = group({
  name: text('a name of 1 to 64 characters for the rule', /^[^\0\r\n"]{1,64}$/).describe(
    'What refusals and records call the rule.',
  ),
  paths: list(glob, 'paths', 1, 256)
    .exactOptional()
    .describe(
      'Files that the rule protects: paths in which ** is any folders and * stays within a name. A request falls under the rule when such a path stands anywhere in it.',
    ),
  patterns: list(pattern, 'regular expressions', 1, 256)
    .exactOptional()
    .describe(
      'Content that the rule protects: regular expressions in RE2 syntax, looked for anywhere in a request; case does not count.',
    ),
  action: choice(['local', 'refuse'])
    .default('local')
    .describe(
      'local: only models on this machine (or of `providers`) may answer. refuse: nobody may, and the client is told.',
    ),
  providers: list(providerName, 'provider names', 1, 64)
    .exactOptional()
    .describe('Providers that may see such requests, in place of those on this machine.'),
})
  .superRefine((value, context) => {
    if (value.paths === undefined && value.patterns === undefined) {
      context.addIssue({ code: 'custom', message: 'must say what it protects: paths, patterns or both' });
    }
    if (value.action === 'refuse' && value.providers !== undefined) {
      const message = 'has no meaning where the action is "refuse"; leave it out or use "local"';
      context.addIssue({ code: 'custom', path: ['providers'], message });
    }
  })
  .describe('What must not leave the machine, and what happens to requests that hold it.');

export const privacyRules = list(privacyRule, 'rules', 0, 256)
  .superRefine((rules, context) => {
    const names = new Set<string>();
    rules.forEach(({ name }, index) => {
      if (names.has(name)) {
        const message = 'is the name of two rules; give each its own';
        context.addIssue({ code: 'custom', path: [index, 'name'], message });
      }
      names.add(name);
    });
  })
  .default(() => [])
  .describe('Files and content that only certain models may see, checked before anything is sent.');
