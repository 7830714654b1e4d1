// Asks the registry whether any package that we ship or build with has a known hole: `node test/package/check-advisories.ts`.
// Exit code 1 with a finding of high or critical severity; says so and passes where the registry does not answer.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { isJsonObject, numberOf, objectOf, parseJsonObject, stringOf } from '../../daemon/util/json.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const GRAVE = ['high', 'critical'];

interface Verdict {
  readonly said: string;
  readonly isGrave: boolean;
}

function audit(what: string, args: readonly string[]): Verdict {
  const { stdout } = spawnSync('npm', ['audit', '--json', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 60_000,
  });
  const answer = parseJsonObject(stdout ?? '') ?? {};
  const counts = objectOf(objectOf(answer['metadata'])?.['vulnerabilities']);
  if (counts === undefined) {
    const why = stringOf(answer['message']) ?? 'no answer';
    return {
      said: `${what}: skipped, the registry tells no advisories here (${why.split(' - ', 1)[0]})`,
      isGrave: false,
    };
  }
  const names = Object.entries(objectOf(answer['vulnerabilities']) ?? {})
    .filter(([, finding]) => isJsonObject(finding) && GRAVE.includes(stringOf(finding['severity']) ?? ''))
    .map(([name]) => name);
  const total = numberOf(counts['total']) ?? 0;
  return {
    said: `${what}: ${names.length} high or critical, ${total} in all${names.length === 0 ? '' : `: ${names.join(', ')}`}`,
    isGrave: names.length > 0,
  };
}

const verdicts = [audit('shipped', ['--omit=dev']), audit('with all tools', [])];
for (const { said } of verdicts) console.log(said);
process.exitCode = verdicts.some(({ isGrave }) => isGrave) ? 1 : 0;
