// What a schema of single values cannot see: names that must exist elsewhere in the same configuration.

import { shortened } from './jsonc-document.ts';
import type { JsonPath } from './jsonc-document.ts';
import { nearestName } from './nearest-name.ts';
import type { RouterConfig } from './schema.ts';

/** Names that exist without standing in the file: the shipped providers and models. */
export interface KnownNames {
  readonly providers: readonly string[];
  readonly models: readonly string[];
}

export const NO_KNOWN_NAMES: KnownNames = { providers: [], models: [] };

export interface CrossProblem {
  readonly path: JsonPath;
  readonly problem: string;
}

const NO_USERS =
  'is for one user, and this version does not tell users apart; use workspace: or client: and a name';

export function crossCheck(config: RouterConfig, known: KnownNames): readonly CrossProblem[] {
  const problems: CrossProblem[] = [];
  const providers = new Set([...Object.keys(config.providers), ...known.providers]);
  const models = new Set([...Object.keys(config.models), ...known.models]);
  const needModel = (path: JsonPath, id: string | undefined): void => {
    if (id !== undefined && !models.has(id)) problems.push({ path, problem: missing('model', id, models) });
  };
  const needProvider = (path: JsonPath, name: string): void => {
    if (!providers.has(name)) problems.push({ path, problem: missing('provider', name, providers) });
  };

  needModel(['baseline'], config.baseline);
  needModel(['classifier', 'model'], config.classifier.model);
  for (const [id, model] of Object.entries(config.models)) {
    needProvider(['models', id, 'provider'], model.provider);
    model.fallback.forEach((fallback, index) => {
      const path = ['models', id, 'fallback', index];
      if (fallback === id)
        problems.push({ path, problem: 'names the model itself; a fallback must be another one' });
      else needModel(path, fallback);
    });
  }
  for (const [path, id] of profileEntries(config)) needModel(path, id);
  config.budgets.forEach(({ scope }, index) => {
    const path = ['budgets', index, 'scope'];
    if (scope.startsWith('model:')) needModel(path, scope.slice('model:'.length));
    if (scope.startsWith('provider:')) needProvider(path, scope.slice('provider:'.length));
    // A limit that never counts anything would be worse than none.
    if (scope.startsWith('user:')) problems.push({ path, problem: NO_USERS });
  });
  config.privacy.rules.forEach((rule, index) => {
    (rule.providers ?? []).forEach((name, at) =>
      needProvider(['privacy', 'rules', index, 'providers', at], name),
    );
  });
  return problems;
}

function* profileEntries(config: RouterConfig): Generator<readonly [JsonPath, string]> {
  for (const [profile, tasks] of Object.entries(config.profiles)) {
    for (const [task, grades] of Object.entries(tasks)) {
      for (const [grade, ids] of Object.entries(grades)) {
        for (const [index, id] of ids.entries()) yield [['profiles', profile, task, grade, index], id];
      }
    }
  }
}

function missing(kind: 'model' | 'provider', name: string, names: ReadonlySet<string>): string {
  const nearest = nearestName(name, names);
  const rest = nearest === null ? `there is none yet under ${kind}s` : `the nearest is "${nearest}"`;
  return `names the unknown ${kind} "${shortened(name)}"; ${rest}`;
}
