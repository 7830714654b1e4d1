// What the neutral model reads of a Gemini request: the counterpart of dialects/google-generate/decode-*.ts, and of what
// changes no answer. Every member may be written in two ways; where it is written in both, neither counts as said.

import { isJsonObject, objectOf, stringOf, type JsonObject, type JsonValue } from '../../util/json.ts';
import {
  flag,
  having,
  leftOut,
  list,
  members,
  number,
  object,
  oneOf,
  said,
  text,
  textOr,
  where,
  type MembersOptions,
  type Shape,
} from '../read-members.ts';

const camelCase = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

const either = (table: Readonly<Record<string, Shape>>, options: MembersOptions = {}): Shape =>
  members(table, { ...options, nameOf: camelCase });

/** One object counts as a list of one. */
const listOrOne =
  (shape: Shape): Shape =>
  (value) =>
    isJsonObject(value) ? shape(value) : list(shape)(value);

/** What Google's own kind of schema says beside JSON Schema, or in other words; see dialects/google-generate/json-schema.ts. */
const OWN_SCHEMA_WORDS =
  /"(?:nullable|propertyOrdering|property_ordering|example)":|"format":"enum"|"type":(?:\d|"type_unspecified)|"(?:min|max)_?(?:items|length|properties)":"/i;

const ownSchema = where((value) => isJsonObject(value) && !OWN_SCHEMA_WORDS.test(JSON.stringify(value)));

const inlineData: Shape = (value) => {
  const isImage = mediaTypeOf(value).startsWith('image/');
  return either({ mimeType: text, data: text, displayName: isImage ? leftOut : text })(value);
};

/** What kind of thing is behind an address is not read. */
const fileData = either({ mimeType: leftOut, fileUri: text });

const media = either({ inlineData, fileData }, { exclusive: ['inlineData', 'fileData'] });

/** By which member says what the part is; one with more of them is left out whole. */
function partShape(responseName: (response: JsonObject) => Shape): Shape {
  const functionResponse = having(['name', 'response'], (value) =>
    either({
      id: said,
      name: responseName(objectOf(value) ?? {}),
      response: responseShape,
      parts: list(media),
    })(value),
  );
  const table = {
    text,
    thought: flag,
    thoughtSignature: text,
    inlineData,
    fileData,
    functionCall: either({ id: said, name: text, args: object }),
    functionResponse,
  };
  const exclusive = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse'];
  const part = either(table, { exclusive });
  return (value) => {
    const wire = objectOf(value);
    if (wire?.['thought'] === true && typeof wire['text'] !== 'string') return leftOut(value);
    return part(value);
  };
}

/** What a tool said as an object is compared as one, whatever order it has; the neutral model makes a text of it. */
const responseShape: Shape = (value) => (isTextResponse(value) ? undefined : leftOut(value));

function isTextResponse(value: JsonValue | undefined): boolean {
  const [name, ...others] = Object.keys(objectOf(value) ?? {});
  if (others.length > 0 || (name !== 'output' && name !== 'error')) return false;
  return typeof objectOf(value)?.[name] === 'string';
}

/** Of the results in a content, in order: whether each is an object. */
export function objectResponsesIn(content: JsonValue): readonly boolean[] {
  const parts = memberOf(objectOf(content), 'parts') ?? [];
  return (Array.isArray(parts) ? (parts as readonly JsonValue[]) : [parts]).flatMap((part) => {
    const response = memberOf(objectOf(part), 'functionResponse');
    if (response === undefined) return [];
    return [!isTextResponse(memberOf(objectOf(response), 'response'))];
  });
}

const functionTool = either(
  { name: text, description: text, parameters: ownSchema, parametersJsonSchema: object },
  { exclusive: ['parameters', 'parametersJsonSchema'] },
);

const callingConfig: Shape = (value) => {
  const wire = objectOf(value);
  const names = memberOf(wire, 'allowedFunctionNames');
  const mode = stringOf(wire?.['mode'])?.toUpperCase() ?? '';
  const isPlain = ['AUTO', 'NONE', 'ANY'].includes(mode) && names === undefined;
  const isOne = mode === 'ANY' && Array.isArray(names) && names.length === 1;
  return isPlain || isOne ? either({ mode: text, allowedFunctionNames: list(text) })(value) : leftOut(value);
};

const thinkingConfig: Shape = either(
  {
    thinkingBudget: where((value) => typeof value === 'number' && value >= -1),
    thinkingLevel: where(
      (value) => typeof value === 'string' && /^(?:minimal|low|medium|high)$/i.test(value),
    ),
    includeThoughts: flag,
  },
  { exclusive: ['thinkingBudget', 'thinkingLevel'] },
);

const generationConfig: Shape = (value) => {
  const isJson = memberOf(objectOf(value), 'responseMimeType') === 'application/json';
  return either(
    {
      temperature: number,
      topP: number,
      topK: number,
      candidateCount: number,
      maxOutputTokens: number,
      stopSequences: textOr(list(text)),
      seed: number,
      presencePenalty: number,
      frequencyPenalty: number,
      responseMimeType: oneOf('application/json', 'text/plain'),
      responseSchema: isJson ? ownSchema : leftOut,
      responseJsonSchema: isJson ? object : leftOut,
      responseModalities: where((modalities) => JSON.stringify(modalities) === '["TEXT"]'),
      responseLogprobs: flag, // never compared where it is true
      thinkingConfig,
    },
    { exclusive: ['responseSchema', 'responseJsonSchema'] },
  )(value);
};

export const GENERATE_BODY: Shape = (value) => {
  const part = partShape(responseNames(memberOf(objectOf(value), 'contents')));
  const content = either({ role: said, parts: listOrOne(part) });
  return either({
    model: said, // stands in the path
    systemInstruction: textOr(content),
    contents: listOrOne(content),
    tools: listOrOne(either({ functionDeclarations: listOrOne(functionTool) })),
    toolConfig: either({ functionCallingConfig: callingConfig }),
    generationConfig,
    serviceTier: said,
  })(value);
};

/** A result belongs to its call by id, else by name; only then is the name in it read, or says nothing new. */
function responseNames(contents: JsonValue | undefined): (response: JsonObject) => Shape {
  const names = new Set<string>();
  const namesById = new Map<string, string>();
  for (const content of Array.isArray(contents) ? (contents as readonly JsonValue[]) : []) {
    const parts = objectOf(content)?.['parts'];
    for (const part of Array.isArray(parts) ? (parts as readonly JsonValue[]) : []) {
      const called = objectOf(memberOf(objectOf(part), 'functionCall'));
      const name = stringOf(called?.['name']);
      if (name === undefined) continue;
      names.add(name);
      const id = stringOf(called?.['id']);
      if (id !== undefined) namesById.set(id, name);
    }
  }
  return (response) => {
    const id = stringOf(response['id']);
    return where((name) => {
      if (typeof name !== 'string') return false;
      return id === undefined ? names.has(name) : namesById.get(id) === name;
    });
  };
}

function mediaTypeOf(value: JsonValue): string {
  return stringOf(memberOf(objectOf(value), 'mimeType')) ?? '';
}

function memberOf(wire: JsonObject | undefined, name: string): JsonValue | undefined {
  const key = Object.keys(wire ?? {}).find((known) => camelCase(known) === name);
  return key === undefined ? undefined : (wire?.[key] ?? undefined);
}
