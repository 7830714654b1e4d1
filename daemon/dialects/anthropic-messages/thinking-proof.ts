// What stands where this dialect has a proof of a thought: Anthropic's own signature when it comes from Anthropic, an
// envelope of ours around any other maker's seal.

import type { Seal } from '../../conversation/seal.ts';
import { sealEnvelope } from '../envelope.ts';

export interface ThinkingProof {
  /** Signature of a thinking block; '' = none. */
  readonly signature: string;
  /** `data` of a redacted_thinking block, which takes the place of a thinking block; '' = it is none. */
  readonly redactedData: string;
}

const NOTHING: ThinkingProof = { signature: '', redactedData: '' };

/** `maker`: of a live answer by a model of another dialect; absent in a replay, where no envelope can be made. */
export function thinkingProof(seal: Seal | undefined, maker: string | undefined): ThinkingProof {
  if (maker !== undefined) {
    return { signature: sealEnvelope(seal ?? { kind: 'unsealed', value: '' }, maker), redactedData: '' };
  }
  switch (seal?.kind) {
    case 'thinking-signature':
      return { signature: seal.value, redactedData: '' };
    case 'redacted-thinking':
      return { signature: '', redactedData: seal.value };
    default:
      return NOTHING;
  }
}
