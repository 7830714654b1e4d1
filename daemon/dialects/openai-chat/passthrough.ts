// Same dialect on both sides: the client's bytes go up and the provider's bytes come down, with only these changes:
//   request   `model`; `max_tokens` / `max_completion_tokens` down to the model's limit; usage in the stream asked for
//             (or, where the provider refuses to be asked, not asked for); what the model is known to refuse or to call
//             by another name, see edit-settings.ts and edit-messages.ts; thoughts of other models
//   stream    the usage chunk that we asked for and the client did not is taken out; `_pointsman` is put into the
//             last data chunk when it is wanted

import type { ConversationRequest } from '../../conversation/request.ts';
import { isContent, type StreamEvent } from '../../conversation/stream-event.ts';
import type { JsonObject } from '../../util/json.ts';
import { arrayOf, parseJsonObject } from '../../util/json.ts';
import { hasDuplicate, parseRequestBody, spliceMembers, typeAt } from '../../util/json-scan.ts';
import type { RequestBody } from '../../util/request-body.ts';
import type { EncodeTarget, FrameFilter } from '../dialect.ts';
import { Losses } from '../losses.ts';
import { addFrameMetadata } from '../metadata.ts';
import type { SseFrame } from '../sse-parser.ts';
import type { MemberEdits } from './edit-effort.ts';
import { editMessages } from './edit-messages.ts';
import { editSettings } from './edit-settings.ts';

export interface PassedRequest {
  readonly body: Buffer;
  readonly warnings: readonly string[];
}

/** The client's own bytes when nothing has to change. */
export function passRequest(request: ConversationRequest, target: EncodeTarget): PassedRequest {
  const { body } = request;
  const losses = new Losses();
  const edits: MemberEdits = new Map();
  const isNamed = request.requestModel === target.upstreamModel && body.members.has('model');
  if (!isNamed || hasDuplicate(body, 'model')) edits.set('model', JSON.stringify(target.upstreamModel));
  const settings = editSettings(request, target, edits, losses);
  const messages = editMessages(request, { target, ...settings }, losses);
  if (messages !== undefined) edits.set('messages', messages);
  if (request.stream) editStreamOptions(body, target, edits);
  return { body: edits.size === 0 ? body.bytes : spliceMembers(body, edits), warnings: losses.list() };
}

function editStreamOptions(body: RequestBody, target: EncodeTarget, edits: MemberEdits): void {
  const wish = target.usageInStream === 'always' ? undefined : 'true';
  const span = body.members.get('stream_options');
  if (span === undefined || typeAt(body.bytes, span.start) !== 'object') {
    if (wish !== undefined) edits.set('stream_options', `{"include_usage":${wish}}`);
    return;
  }
  const options = parseRequestBody(body.bytes.subarray(span.start, span.end));
  const edited = spliceMembers(options, new Map([['include_usage', wish]]));
  const isEmpty = parseRequestBody(edited).members.size === 0;
  if (isEmpty) edits.set('stream_options', undefined);
  else if (!edited.equals(options.bytes) || hasDuplicate(body, 'stream_options')) {
    edits.set('stream_options', edited.toString());
  }
}

export function createFrameFilter(options: {
  readonly stripUsage: boolean;
  readonly holdLast: boolean;
}): FrameFilter {
  return new ChunkFilter(options);
}

class ChunkFilter implements FrameFilter {
  private readonly stripUsage: boolean;
  private readonly holdLast: boolean;
  /** Frames from the last finish chunk on; only kept back with `holdLast`. */
  private held: SseFrame[] = [];

  constructor(options: { readonly stripUsage: boolean; readonly holdLast: boolean }) {
    this.stripUsage = options.stripUsage;
    this.holdLast = options.holdLast;
  }

  push(frame: SseFrame, events: readonly StreamEvent[]): readonly Buffer[] {
    if (this.stripUsage && isUsageOnly(frame, events)) return [];
    if (!this.holdLast) return [frame.raw];
    const isFinish = events.some((event) => event.type === 'choice-end');
    if (!isFinish && this.held.length > 0 && !events.some(isContent)) {
      this.held.push(frame);
      return [];
    }
    const passed = this.release();
    if (isFinish) this.held = [frame];
    else passed.push(frame.raw);
    return passed;
  }

  /** Without a finish chunk (some providers send only `[DONE]`) the last data chunk is gone already, as it was. */
  end(metadata: JsonObject | undefined): readonly Buffer[] {
    const last = this.held.findLastIndex((frame) => parseJsonObject(frame.data) !== undefined);
    const frame = this.held[last];
    const passed = this.release();
    if (frame !== undefined && metadata !== undefined) passed[last] = addFrameMetadata(frame, metadata);
    return passed;
  }

  private release(): Buffer[] {
    const passed = this.held.map((frame) => frame.raw);
    this.held = [];
    return passed;
  }
}

/** The chunk that `stream_options.include_usage` adds. Usage on a chunk with choices is the provider's own habit. */
function isUsageOnly(frame: SseFrame, events: readonly StreamEvent[]): boolean {
  if (!events.some((event) => event.type === 'usage')) return false;
  if (events.some((event) => event.type !== 'usage')) return false;
  const chunk = parseJsonObject(frame.data);
  return chunk !== undefined && Array.isArray(chunk['choices']) && arrayOf(chunk['choices']).length === 0;
}
