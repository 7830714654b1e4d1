// Arguments of a call that Vertex streams piece by piece (https://docs.cloud.google.com/vertex-ai/generative-ai/docs/
// reference/rest/v1/Content#PartialArg, checked 2026-11-21, and one recording): each piece names its place by a JSON path,
// texts grow piece by piece. The neutral model gets the arguments in one piece when the call is complete.

import {
  arrayOf,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  numberOf,
  objectOf,
  stringOf,
} from '../../util/json.ts';
import { fieldOf } from './fields.ts';

/** Deeper or longer paths than tools have are a fault or an attack. */
const MAX_STEPS = 64;
/** Places that a list may skip: an index far behind the last one would cost its maker a number and us a long list. */
const MAX_GAP = 16;
/** Of all objects and lists together: a path of few characters makes many of them. */
const MAX_NODES = 20_000;

type Step = string | number;
type Node = Map<Step, Node> | JsonValue;

export class PartialArguments {
  private readonly root = new Map<Step, Node>();
  private nodeCount = 0;

  /** `partialArgs` of one piece of a call. */
  add(pieces: JsonValue | undefined): void {
    for (const entry of arrayOf(pieces).filter(isJsonObject)) {
      const steps = stepsOf(stringOf(fieldOf(entry, 'jsonPath')) ?? '');
      const last = steps.at(-1);
      const value = valueOf(entry);
      if (last === undefined || value === undefined || steps.length > MAX_STEPS) continue;
      const parent = this.parentOf(steps);
      if (parent === undefined || !fits(parent, last)) continue;
      const known = parent.get(last);
      parent.set(last, typeof known === 'string' && typeof value === 'string' ? known + value : value);
    }
  }

  text(): string {
    return JSON.stringify(plain(this.root));
  }

  private parentOf(steps: readonly Step[]): Map<Step, Node> | undefined {
    let node = this.root;
    for (const step of steps.slice(0, -1)) {
      if (!fits(node, step)) return undefined;
      const known = node.get(step);
      if (known instanceof Map) {
        node = known;
        continue;
      }
      if (this.nodeCount >= MAX_NODES) return undefined;
      this.nodeCount += 1;
      const next = new Map<Step, Node>();
      node.set(step, next);
      node = next;
    }
    return node;
  }
}

function fits(node: ReadonlyMap<Step, Node>, step: Step): boolean {
  return typeof step === 'string' || step <= node.size + MAX_GAP;
}

function valueOf(entry: JsonObject): JsonValue | undefined {
  const text = stringOf(fieldOf(entry, 'stringValue'));
  if (text !== undefined) return text;
  const number = numberOf(fieldOf(entry, 'numberValue'));
  if (number !== undefined) return number;
  const flag = fieldOf(entry, 'boolValue');
  if (typeof flag === 'boolean') return flag;
  const structure = objectOf(fieldOf(entry, 'structValue'));
  if (structure !== undefined) return structure;
  return 'nullValue' in entry || 'null_value' in entry ? null : undefined;
}

/** `$.a.b[0]['c d']`; [] for anything that is no such path. */
function stepsOf(path: string): readonly Step[] {
  const steps: Step[] = [];
  const pattern = /\.([^.[\]'"]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  pattern.lastIndex = 1;
  if (!path.startsWith('$')) return [];
  while (pattern.lastIndex < path.length) {
    const match = pattern.exec(path);
    if (match === null) return [];
    const [, name, index, single, double] = match;
    steps.push(index === undefined ? unescaped(name ?? single ?? double ?? '') : Number(index));
  }
  return steps;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}

/** A node whose steps are all numbers is an array. */
function plain(node: Node): JsonValue {
  if (!(node instanceof Map)) return node;
  const entries = [...node].map(([step, child]) => [step, plain(child)] as const);
  const isList = entries.length > 0 && entries.every(([step]) => typeof step === 'number');
  if (!isList) return Object.fromEntries(entries);
  const length = entries.reduce((most, [step]) => Math.max(most, Number(step)), 0) + 1;
  const byIndex = new Map(entries);
  return Array.from({ length }, (_, index) => byIndex.get(index) ?? null);
}
