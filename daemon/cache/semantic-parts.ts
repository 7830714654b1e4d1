// The segments of a sentence, brought into one order where their order says nothing, and into one wording where an order
// can be given in two ways ("add docstrings to X", "document X with docstrings").

import type { Item, Segment, SentenceWalk } from './semantic-segments.ts';
import { PLATFORM_NAMES, STATE_WORDS } from './semantic-words.ts';

export interface PartsInput {
  readonly want: string;
  readonly walk: SentenceWalk;
  /** The whole ask names one tool or language. */
  readonly hasOneName: boolean;
  readonly action: string;
  readonly manner: string;
}

/** Actions that join two things: behind "with" or "in" stands the second one, and no circumstance. */
const JOINING = new Set(
  `add append attach build change compare connect convert copy deploy embed execute host import include inject insert
  install integrate join launch link load merge migrate mix mount move pull push put relocate replace rewrite save start
  store swap switch sync turn upload use wrap`.split(/\s+/),
);
/** What only exists within a language or tool, so that "a Python list" is "a list in Python"; a Python file is not a file in Python. */
const PARTS_OF_NAMED = new Set(
  `annotation array boolean branch class closure commit component constant constructor container database decorator dict
  dictionary enum exception fixture generator generic hash history hook index integer interface iterator key lambda list loop map
  method namespace number object pod promise repository set slice state string struct table tag test trait tuple type variable vector
  virtual volume`.split(/\s+/),
);
/** Names that are also ordinary words: meant only with a capital letter. */
const COMMON_NAMES = new Set(
  'node c r express spring go swift dart fish julia bootstrap rust helm'.split(' '),
);
/** "write a summary of X" is "summarize X". */
const NOUNS_OF_ACTIONS: ReadonlyMap<string, string> = new Map([
  ['summary', 'summarize'],
  ['translation', 'convert'],
  ['review', 'review'],
  ['comparison', 'compare'],
  ['list', 'show'],
  ['implementation', 'implement'],
]);
/** What is resolved by being fixed; a promise is not. */
const TROUBLES = new Set('error bug issue conflict warning exception failure'.split(' '));
/** What one writes for something and adds to it alike. */
const ATTACHED = new Set(['test', 'docstring', 'comment', 'annotation']);
/** Behind these "if" is "whether". */
const LEARNING = new Set(
  'tell ask verify determine detect find show log test explain describe see'.split(' '),
);
const TO_ADD = new Set(['annotate', 'document', 'comment', 'decorate']);
/** "add comments to X" is "comment X". */
const ADDED: ReadonlyMap<string, string> = new Map([
  ['comment', 'comment'],
  ['documentation', 'document'],
]);
/** Only these parts may change places: what a clause says belongs to what stands before it. */
const MOVABLE = new Set('in on with using for from to at before after without instead-of by'.split(' '));

export class Parts {
  action: string;
  manner: string;
  segments: Segment[];
  /** Names that the whole sentence is about. */
  readonly pulled: string[] = [];
  /** What the one thing of the sentence does ("fail"). */
  state = '';
  /** "why is X not applied" as "why isn't X applied". */
  isNegated = false;
  readonly names: readonly string[];
  readonly #input: PartsInput;

  constructor(input: PartsInput) {
    this.#input = input;
    this.action = input.action;
    this.manner = input.manner;
    this.segments = input.walk.segments.map(({ marker, items }) => ({ marker, items: [...items] }));
    this.names = this.segments.flatMap(({ items }) => items.flatMap(({ name }) => name ?? []));
    this.#nameAction();
    this.#pullGit();
    this.#openPointing();
    this.#pullNegation();
    if (input.walk.isSimple) this.#arrange();
  }

  get #main(): Segment {
    return this.segments[0] ?? { marker: '', items: [] };
  }

  written(): string {
    return this.segments
      .map(({ marker, items }) => `<${marker}> ${items.map(({ text }) => text).join(' ')}`)
      .join(' ');
  }

  #arrange(): void {
    this.#pullManner();
    this.#pullName();
    const markers = this.segments.slice(1).map(({ marker }) => marker);
    if (!this.#input.walk.hasOf && !markers.includes('that')) this.#pullState();
    const isMovable =
      markers.every((marker) => MOVABLE.has(marker)) && new Set(markers).size === markers.length;
    if (!isMovable) return;
    const others = this.segments.slice(1).toSorted((one, two) => (one.marker < two.marker ? -1 : 1));
    this.segments = [this.#main, ...others];
  }

  #at(marker: string): number {
    return this.segments.findIndex((segment) => segment.marker === marker);
  }

  #nameAction(): void {
    const { items } = this.#main;
    const noun = items.at(-1)?.text ?? '';
    const isGiven = this.action === 'write' || (this.action === 'show' && noun === 'list');
    const named =
      isGiven && this.#input.walk.hasOf && items.length > 1 ? NOUNS_OF_ACTIONS.get(noun) : undefined;
    if (named !== undefined) {
      this.action = named;
      items.pop();
      if (items.at(-1)?.text === "'s") items.pop();
    }
    if (TO_ADD.has(this.action) && this.#at('with') > 0) this.#sayAsAdding(this.#at('with'));
    if (this.action === 'use' && this.#at('instead-of') > 0) this.#sayAsReplacing(this.#at('instead-of'));
    if (this.action === 'resolve' && items.some(({ text }) => TROUBLES.has(text))) this.action = 'fix';
    const when = this.#at('when');
    const condition = this.segments[when];
    // "send a mail when X" may say "if X"; "check when X" may not.
    if (condition !== undefined && when > 0 && this.#input.want === 'do' && !LEARNING.has(this.action)) {
      this.segments[when] = { marker: 'if', items: condition.items };
    }
    const next = this.segments[1];
    const isAttached = ATTACHED.has(noun) && (next?.marker === 'for' || next?.marker === 'to');
    if (isAttached && next !== undefined && /^(?:add|write)$/.test(this.action)) {
      this.action = 'add';
      this.segments[1] = { marker: 'to', items: next.items };
    }
    const added = items.length === 1 ? ADDED.get(noun) : undefined;
    const isAdded =
      (this.action === 'add' && next?.marker === 'to') || (this.action === 'write' && next?.marker === 'for');
    if (added === undefined || next === undefined || !isAdded) return;
    this.action = added;
    this.segments = [{ marker: '', items: next.items }, ...this.segments.slice(2)];
  }

  /** "document X with Y" is "add Y to X". */
  #sayAsAdding(means: number): void {
    const added = this.segments[means]?.items ?? [];
    const noun: Item = { text: 'annotation', isWord: true };
    if (this.action === 'annotate' && added.at(-1)?.text !== noun.text) added.push(noun);
    this.#exchange(means, 'to');
    this.action = 'add';
  }

  /** "use Y instead of X" is "replace X with Y". */
  #sayAsReplacing(replaced: number): void {
    this.#exchange(replaced, 'with');
    this.action = 'replace';
  }

  /** What stands at `index` becomes the main part, and the main part gets a preposition. */
  #exchange(index: number, marker: string): void {
    this.segments = [
      { marker: '', items: this.segments[index]?.items ?? [] },
      { marker, items: this.#main.items },
      ...this.segments.filter((_, at) => at > 0 && at !== index),
    ];
  }

  /** "the last git commit" is "the last commit in git", also beside an "and" or "but": where git is the only tool, all is about it. */
  #pullGit(): void {
    if (!this.#input.hasOneName || !this.names.includes('git')) return;
    const kept: Segment[] = [];
    for (const { marker, items } of this.segments) {
      const isLed = items[0]?.name === 'git' && /^(in|using|with)$/.test(marker);
      const rest = items.filter(({ name }, at) => {
        const isPart = PARTS_OF_NAMED.has(items[at + 1]?.text ?? '');
        return name !== 'git' || !(isPart || (isLed && at === 0));
      });
      if (rest.length < items.length) this.pulled.push('git');
      const before = kept.at(-1);
      // "… in git but keep Y": with "in git" gone, the rest belongs to what stood before.
      if (isLed && before !== undefined) before.items.push(...rest);
      else kept.push({ marker, items: rest });
    }
    this.segments = kept;
  }

  /** Behind "why is" nothing tells where the noun ends that "my" points at. */
  #openPointing(): void {
    if (this.#input.want !== 'why') return;
    for (const item of this.#main.items)
      if (item.mark !== undefined) item.mark = { ...item.mark, pointing: 'open' };
  }

  /** Of "why" alone, and only where "not" stands right before the last word of the main part. */
  #pullNegation(): void {
    const { items } = this.#main;
    const at = items.findIndex(({ text }) => text === '!');
    if (this.#input.want !== 'why' || at < 1 || at !== items.length - 2) return;
    items.splice(at, 1);
    this.isNegated = true;
  }

  /** One adverb at the end of the main part or of all may as well stand before the verb. */
  #pullManner(): void {
    const isAdverb = (item: Item | undefined): boolean =>
      item?.isWord === true && /[a-z]{2}ly$/.test(item.text);
    const all = this.segments.flatMap(({ items }) => items);
    if (this.manner !== '' || this.action === '' || all.filter(isAdverb).length !== 1) return;
    const segment = [this.#main, this.segments.at(-1)].find((one) => isAdverb(one?.items.at(-1)));
    if (segment !== undefined && segment.items.length > 1) this.manner = segment.items.pop()?.text ?? '';
  }

  /** "a Python list" is "a list in Python", as long as nothing is joined to it. */
  #pullName(): void {
    if (!this.#input.hasOneName || JOINING.has(this.action.replace('!', ''))) return;
    for (const [index, segment] of this.segments.entries()) {
      const found = segment.items.findIndex(({ name }) => name !== undefined);
      const item = segment.items[found];
      if (item?.name === undefined) continue;
      const isCommon = COMMON_NAMES.has(item.name) && item.isCapital !== true;
      const isPart = PARTS_OF_NAMED.has(segment.items[found + 1]?.text ?? '');
      const isModifier = index === 0 && isPart && !isCommon && segment.items.length > 1;
      if (!isModifier && !isCircumstance(segment, item.name)) continue;
      this.pulled.push(item.name);
      segment.items.splice(found, 1);
    }
    if (this.pulled.length === 0) return;
    this.segments = this.segments.filter(
      ({ marker, items }, at) => at === 0 || items.length > 0 || !/^(in|using|with|on)$/.test(marker),
    );
  }

  #pullState(): void {
    const main = this.#main.items;
    const last = this.segments.at(-1)?.items ?? [];
    const inMain = main.findIndex(({ text }) => STATE_WORDS.has(text));
    if (main.length === 2 && inMain >= 0) {
      this.state = main.splice(inMain, 1)[0]?.text ?? '';
    } else if (
      main.length === 1 &&
      last !== main &&
      last.length > 1 &&
      STATE_WORDS.has(last.at(-1)?.text ?? '')
    ) {
      this.state = last.pop()?.text ?? '';
    }
  }
}

/** "in Python", "with pandas", "on Linux", with nothing else behind the preposition. */
function isCircumstance({ marker, items }: Segment, name: string): boolean {
  if (items.length !== 1) return false;
  if (marker === 'on') return PLATFORM_NAMES.has(name);
  return marker === 'in' || marker === 'using' || marker === 'with';
}
