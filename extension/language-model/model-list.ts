// What the daemon says of its models -> the models that the editor offers: routed ones first, then each that can be used.
// Names and figures are for people who choose; nothing here decides anything. Pure.

import type { ModelStatus, StatusBody } from '../../daemon/protocol/control-api.ts';
import type { Capability, Complexity, Profile } from '../../daemon/protocol/vocabulary.ts';
import { grouped } from '../dashboard/figures.ts';

/** `vscode.LanguageModelChatInformation`, and what a request to it needs. */
export interface EditorModel {
  readonly id: string;
  readonly name: string;
  readonly family: string;
  readonly version: string;
  readonly detail: string;
  readonly tooltip: string;
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  readonly capabilities: { readonly imageInput: boolean; readonly toolCalling: boolean };
  /** The name that the daemon knows it by. */
  readonly requestModel: string;
  /** Its tokens per token of the estimate. */
  readonly tokenizerFactor: number;
  /** What a request asks for that names no limit of its own. */
  readonly defaultOutputTokens: number;
}

/** What assistants ask for by themselves; more is rarely written and keeps room from the prompt. */
const USUAL_OUTPUT_TOKENS = 32_000;

interface RoutedModel {
  readonly id: string;
  readonly name: string;
  readonly detail: string;
  readonly promise: string;
}

/** Names sort before most others: a chat that has no model yet takes the first one, and that should be routed. */
const ROUTED: readonly RoutedModel[] = [
  {
    id: 'auto',
    name: 'Auto (Pointsman)',
    detail: 'cheapest capable model',
    promise: 'Each task goes to the model that does it at the least expected cost.',
  },
  {
    id: 'auto:budget',
    name: 'Auto, budget (Pointsman)',
    detail: 'leans to cheap models',
    promise: 'As auto, but cheaper models are trusted with more.',
  },
  {
    id: 'auto:quality',
    name: 'Auto, quality (Pointsman)',
    detail: 'leans to strong models',
    promise: 'As auto, but stronger models are asked sooner.',
  },
];

const TIER_NAMES: Readonly<Record<Complexity, string>> = {
  simple: 'simple tasks',
  moderate: 'moderate tasks',
  complex: 'complex tasks',
};

/** Without a usable model there is none: the editor shall not offer what cannot answer. */
export function editorModels(status: Pick<StatusBody, 'models' | 'profile'>): readonly EditorModel[] {
  const usable = status.models.filter((model) => model.usable);
  if (usable.length === 0) return [];
  const routed = routedLimits(usable);
  return [
    ...ROUTED.map((model) => routedModel(model, routed, status.profile)),
    // A model whose id is one of the names above could not be told from it.
    ...usable.filter(({ id }) => !ROUTED.some((model) => model.id === id)).map(exactModel),
  ];
}

function routedModel(model: RoutedModel, limits: Limits, profile: Profile): EditorModel {
  const standing = model.id === 'auto' ? ` The standing profile is ${profile}.` : '';
  return {
    id: model.id,
    name: model.name,
    family: 'pointsman-auto',
    version: model.id,
    detail: model.detail,
    tooltip: `${model.promise}${standing} What it cost and saved stands in the status bar.`,
    requestModel: model.id,
    tokenizerFactor: 1,
    ...limits,
  };
}

function exactModel(model: ModelStatus): EditorModel {
  const { contextTokens, maxOutputTokens, supports } = model;
  return {
    id: model.id,
    name: model.id,
    family: model.upstreamModel,
    version: model.upstreamModel,
    detail: [priceText(model), model.provider, ...(model.health === 'ok' ? [] : ['out for now'])].join(' · '),
    tooltip: tooltipOf(model),
    requestModel: `exact/${model.id}`,
    tokenizerFactor: model.tokenizerFactor,
    ...tokenLimits(contextTokens, maxOutputTokens),
    capabilities: capabilitiesOf(supports),
  };
}

function tooltipOf(model: ModelStatus): string {
  const price =
    model.inputUsdPerMtok === null || model.outputUsdPerMtok === null
      ? 'What it costs is unknown.'
      : `${perMtok(model.inputUsdPerMtok)} per million tokens in, ${perMtok(model.outputUsdPerMtok)} out` +
        `${model.priceAsOf === null || model.priceAsOf === '' ? '' : ` (checked ${model.priceAsOf})`}.`;
  const out = model.health === 'ok' ? '' : ' Its provider is out for now.';
  return (
    `${model.upstreamModel} at ${model.provider} through Pointsman, never another model. ${price}` +
    ` Trusted with ${TIER_NAMES[model.tier]}.${out}`
  );
}

/** `$0.25 in, $2 out per M`. */
function priceText({ inputUsdPerMtok, outputUsdPerMtok }: ModelStatus): string {
  if (inputUsdPerMtok === null || outputUsdPerMtok === null) return 'price unknown';
  return `${perMtok(inputUsdPerMtok)} in, ${perMtok(outputUsdPerMtok)} out per M`;
}

/** Unit prices as vendors write them: `$4`, `$0.25`, `$0.075`. */
function perMtok(usd: number): string {
  if (Number.isInteger(usd)) return `$${grouped(usd, 0)}`;
  const [whole = '', fraction = ''] = grouped(usd, 4).split('.');
  return `$${whole}.${fraction.replace(/0{1,2}$/, '')}`;
}

interface Limits {
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
  readonly defaultOutputTokens: number;
  readonly capabilities: EditorModel['capabilities'];
}

/** Prompt, and an answer of the usual size, fit into the context together. */
function tokenLimits(contextTokens: number, maxOutputTokens: number): Omit<Limits, 'capabilities'> {
  const outputTokens = Math.min(maxOutputTokens, Math.floor(contextTokens / 2));
  const defaultOutputTokens = Math.max(1, Math.min(outputTokens, USUAL_OUTPUT_TOKENS));
  return {
    maxInputTokens: Math.max(1, contextTokens - defaultOutputTokens),
    maxOutputTokens: Math.max(1, outputTokens),
    defaultOutputTokens,
  };
}

/**
 * Long requests are routed to models with room for them, so the largest context counts; but only of a model that can
 * also do everything else that is promised here. In tokens of the estimate, since nobody knows who will answer.
 */
function routedLimits(usable: readonly ModelStatus[]): Limits {
  const capabilities = capabilitiesOf(usable.flatMap(({ supports }) => supports));
  const promised: readonly Capability[] = [
    ...(capabilities.toolCalling ? (['tools'] as const) : []),
    ...(capabilities.imageInput ? (['vision'] as const) : []),
  ];
  const all = usable.filter(({ supports }) => promised.every((capability) => supports.includes(capability)));
  // Where no model does all of it, a request that needs one thing still finds its model.
  const groups =
    all.length > 0
      ? [all]
      : promised.map((capability) => usable.filter(({ supports }) => supports.includes(capability)));
  const roomiest = groups
    .map((models) => models.map(roomOf).reduce((a, b) => (b.contextTokens > a.contextTokens ? b : a)))
    .reduce((a, b) => (b.contextTokens < a.contextTokens ? b : a));
  return { ...tokenLimits(roomiest.contextTokens, roomiest.maxOutputTokens), capabilities };
}

function roomOf(model: ModelStatus): { readonly contextTokens: number; readonly maxOutputTokens: number } {
  const { contextTokens, maxOutputTokens, tokenizerFactor } = model;
  return {
    contextTokens: Math.floor(contextTokens / tokenizerFactor),
    maxOutputTokens: Math.floor(maxOutputTokens / tokenizerFactor),
  };
}

function capabilitiesOf(supports: readonly Capability[]): EditorModel['capabilities'] {
  return { imageInput: supports.includes('vision'), toolCalling: supports.includes('tools') };
}
