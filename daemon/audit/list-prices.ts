// What the calls of a history cost at list prices, each at the prices of its own day and hour.

import { costUsd } from '../catalog/cost.ts';
import type { Pricing } from '../catalog/model-target.ts';
import type { PriceBook } from '../catalog/price-book.ts';
import type { HistoryBooks } from './history-books.ts';

const DAY_MS = 86_400_000;

/** USD of each call of the books, by index; NaN = its model has no price. */
export async function listCosts(
  books: Pick<HistoryBooks, 'calls' | 'models'>,
  vendors: readonly (string | null)[],
  priceBook: PriceBook,
): Promise<Float64Array> {
  const prices = new Map<string, Pricing | null>();
  const costs = new Float64Array(books.calls.length).fill(NaN);
  for (const [index, call] of books.calls.entries()) {
    const day = Math.floor(call.atMs / DAY_MS);
    const key = `${call.model} ${day}`;
    let price = prices.get(key);
    if (price === undefined) {
      const model = books.models[call.model];
      const provider = vendors[call.model] ?? model?.provider ?? '';
      const named = { upstreamModel: model?.name ?? '', provider, baseUrl: '', billing: 'metered' } as const;
      price = named.upstreamModel === '' ? null : (await priceBook.lookup(named, call.atMs)).price;
      prices.set(key, price);
    }
    if (price === null) continue;
    const { cacheWrite1hTokens } = call;
    costs[index] = costUsd(call.usage, price, call.atMs, { cacheWrite1hTokens });
  }
  return costs;
}
