// A request as a browser would send it: any header may be set, redirects are shown and not followed, cookies are the
// test's own affair. For checks of who may ask what.

import { request, type IncomingHttpHeaders } from 'node:http';

export interface BrowserCall {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface BrowserAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  json(): Record<string, unknown>;
}

export async function browserCall({
  url,
  method = 'GET',
  headers,
  body,
}: BrowserCall): Promise<BrowserAnswer> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: () => JSON.parse(text) as Record<string, unknown>,
        });
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Headers of a page of this origin that calls its own server. */
export const FROM_PAGE = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' } as const;
/** Headers of an address that somebody typed, or another program opened. */
export const TYPED = { 'sec-fetch-site': 'none', 'sec-fetch-dest': 'document' } as const;
