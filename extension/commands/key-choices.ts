// Providers that a key can be set for, as the choices of a list: those that lack one first. Pure.

import type { StatusBody } from '../../daemon/protocol/control-api.ts';

export interface KeyChoice {
  readonly provider: string;
  readonly label: string;
  readonly description: string;
  /** A key of it is kept in the editor. */
  readonly isKept: boolean;
}

type Status = Pick<StatusBody, 'providers' | 'knownProviders'>;

/** `kept`: providers that the editor keeps a key for. */
export function keyChoices({ providers, knownProviders }: Status, kept: readonly string[]): KeyChoice[] {
  const names = new Set([...providers.map(({ name }) => name), ...kept, ...knownProviders]);
  const choices = [...names].map((name) => choiceOf(name, providers, kept.includes(name)));
  return choices.toSorted((a, b) => rankOf(a, providers) - rankOf(b, providers));
}

function choiceOf(name: string, providers: Status['providers'], isKept: boolean): KeyChoice {
  const status = providers.find((provider) => provider.name === name);
  return { provider: name, label: name, description: describe(status, isKept), isKept };
}

function describe(status: Status['providers'][number] | undefined, isKept: boolean): string {
  if (status === undefined)
    return isKept ? 'a key is kept here, but the daemon does not use it' : 'no key yet';
  if (status.health === 'ejected') return `out for now: ${status.why}`;
  if (status.usable) return isKept ? 'key kept in this editor' : status.why;
  // What else could be done about it is no matter for a list from which the key is set.
  return `cannot be used: ${status.why.split(';', 1)[0]}`;
}

/** What asks for a key: configured and unusable, or refused; then what works; then what nobody has asked for. */
function rankOf({ provider, isKept }: KeyChoice, providers: Status['providers']): number {
  const status = providers.find(({ name }) => name === provider);
  if (status === undefined) return isKept ? 1 : 2;
  return status.usable && status.health === 'ok' ? 1 : 0;
}
