// Parts of messages as the editor's classes make them, without the editor.

export const text = (value: string): object => ({ value, audience: undefined });
export const call = (callId: string, name: string, input: object = {}): object => ({ callId, name, input });
export const result = (callId: string, ...content: readonly unknown[]): object => ({ callId, content });
export const failed = (callId: string, ...content: readonly unknown[]): object => ({
  callId,
  content,
  isError: true,
});
export const data = (mimeType: string, bytes: string | Uint8Array): object => ({
  mimeType,
  data: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes,
});
export const thought = (value: string): object => ({ value, id: 't1', metadata: { signature: 's' } });

export const user = (...content: readonly unknown[]) => ({ role: 1, content });
export const assistant = (...content: readonly unknown[]) => ({ role: 2, content });
export const system = (...content: readonly unknown[]) => ({ role: 3, content });

/** Seven bytes of no picture at all; nobody looks inside. */
export const PIXELS = new Uint8Array([137, 80, 78, 71, 0, 255, 1]);
export const PIXELS_BASE64 = Buffer.from(PIXELS).toString('base64');
