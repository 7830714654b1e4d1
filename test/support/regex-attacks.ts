// Takes regular expressions apart and makes texts of them that are hard to match: what stands before a repetition, then
// the repetition over and over, then something that lets it fail. Good enough to find nested repetitions, overlapping
// alternatives and scans that begin anew at every character; no proof that there is nothing else.

/** What a piece of an expression can match: a few short texts. */
type Samples = readonly string[];

interface Repetition {
  /** Texts that lead to it. */
  readonly before: string;
  readonly pump: string;
}

const MAX_SAMPLES = 4;
const MAX_PUMPS = 40;
const CANDIDATES = Array.from(` \t\n\raA0zZ9_-.,:;!?"'\`/\\()[]{}<>#*+=&|@$%^~éñ中`);

/** One way to attack: texts of about `length` characters. */
export type Attack = (length: number) => readonly string[];

export function attacksOn(source: string, flags: string): readonly Attack[] {
  const { samples, repetitions } = new Anatomy(source, flags).take();
  const pumps = new Map<string, Repetition>();
  for (const repetition of repetitions) pumps.set(JSON.stringify(repetition), repetition);
  for (const sample of samples) pumps.set(sample, { before: '', pump: sample });
  const chosen = [...pumps.values()].filter(({ pump }) => pump !== '').slice(0, MAX_PUMPS);
  return chosen.map(({ before, pump }) => (length) => {
    const body = pump.repeat(Math.ceil(length / pump.length));
    const again = (before + pump + pump).repeat(Math.ceil(length / (before.length + 2 * pump.length)));
    return [`${before}${body}\0`, `${before}${body}`, `${again}\0`];
  });
}

class Anatomy {
  readonly #source: string;
  readonly #flags: string;
  readonly #repetitions: Repetition[] = [];
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#flags = flags;
  }

  take(): { readonly samples: Samples; readonly repetitions: readonly Repetition[] } {
    const samples = this.#alternatives('');
    return { samples, repetitions: this.#repetitions };
  }

  #alternatives(before: string): Samples {
    const all: string[] = [...this.#sequence(before)];
    while (this.#source[this.#at] === '|') {
      this.#at += 1;
      all.push(...this.#sequence(before));
    }
    return spread(all);
  }

  #sequence(before: string): Samples {
    let samples: Samples = [''];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      const lead = before + (samples[0] ?? '');
      const atom = this.#atom(lead);
      const [least, most] = this.#quantifier();
      if (most > 20) for (const pump of atom) this.#repetitions.push({ before: lead, pump });
      const times = Math.min(Math.max(least, most > 0 ? 1 : 0), 40);
      const ways = least === 0 ? [...atom, ''] : atom.map((sample) => sample.repeat(times));
      samples = spread(samples.flatMap((sample) => ways.map((way) => sample + way)));
    }
    return samples;
  }

  #atom(lead: string): Samples {
    const rest = this.#source.slice(this.#at);
    const group = /^\((?:\?(?:[:=!]|<[=!]|<\w+>|[a-z-]+:))?/.exec(rest)?.[0];
    if (group !== undefined) {
      this.#at += group.length;
      const inner = this.#alternatives(lead);
      this.#at += 1;
      return /^\(\?<?!/.test(group) ? [''] : inner;
    }
    const token =
      /^(?:\[(?:\\[^]|[^\]\\])*\]|\\(?:u\{[0-9a-f]+\}|u[0-9a-f]{4}|x[0-9a-f]{2}|[pP]\{[^}]*\}|k<\w+>|[^])|[^])/iu.exec(
        rest,
      )?.[0] ?? rest;
    this.#at += token.length;
    if (token === '^' || token === '$' || /^\\(?:[bB]|[1-9]|k<)/.test(token)) return [''];
    if (/^[^.[\\]$/u.test(token)) return [token];
    return this.#matching(token);
  }

  /** Characters of a class: those of the usual ones that are in it, and its own. */
  #matching(token: string): Samples {
    const one = new RegExp(`^(?:${token})$`, this.#flags.replaceAll(/[gy]/g, ''));
    const named = Array.from(token.slice(1)).filter((character) => one.test(character));
    const usual = CANDIDATES.filter((character) => one.test(character));
    const all = [...new Set([...usual, ...named])];
    return all.length === 0 ? ['a'] : spread(all);
  }

  #quantifier(): readonly [least: number, most: number] {
    const found = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(this.#source.slice(this.#at));
    if (found === null) return [1, 1];
    this.#at += found[0].length;
    const [text, least, comma, most] = found;
    if (least === undefined) return [text.startsWith('+') ? 1 : 0, text.startsWith('?') ? 1 : Infinity];
    return [Number(least), comma === '' ? Number(least) : most === '' ? Infinity : Number(most)];
  }
}

/** A few of many, from all over the list. */
function spread(samples: Samples): Samples {
  const different = [...new Set(samples)];
  if (different.length <= MAX_SAMPLES) return different;
  const step = (different.length - 1) / (MAX_SAMPLES - 1);
  return Array.from({ length: MAX_SAMPLES }, (_, index) => different[Math.round(index * step)] ?? '');
}
