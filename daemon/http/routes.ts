// Method and path -> handler. Paths are compared as they were sent, undecoded: the guard judged that same text, so no
// spelling can slip past it. What the table does not hold is answered with what it does hold.

import { RouterError } from '../errors.ts';
import type { Route } from './request-context.ts';

export type RouteMatch =
  | { readonly route: Route; readonly tail: string }
  /** `allow`: the methods this path knows, when only the method was wrong. */
  | { readonly error: RouterError; readonly allow?: string };

export interface RouteTable {
  match(method: string, path: string): RouteMatch;
}

/** Literal paths win over patterns; among patterns the first that matches. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const literal = new Map<string, Route[]>();
  const patterns: Route[] = [];
  for (const route of routes) {
    if (route.pattern.endsWith('*')) patterns.push(route);
    else literal.set(route.pattern, [...(literal.get(route.pattern) ?? []), route]);
  }
  const candidatesFor = (path: string): readonly Route[] => {
    // Some clients put a slash between base URL and path whatever the base URL ends in.
    const bare = path.replace(/(?<=[^/])\/$/, '');
    const exact = literal.get(path) ?? literal.get(bare);
    return exact ?? patterns.filter((route) => matchesPattern(route.pattern, path));
  };
  return {
    match(method, path) {
      const candidates = candidatesFor(path);
      const route = candidates.find((candidate) => acceptsMethod(candidate, method));
      if (route !== undefined) return { route, tail: tailOf(route.pattern, path) };
      return candidates.length > 0 ? wrongMethod(method, candidates) : { error: notFound(routes, path) };
    },
  };
}

function matchesPattern(pattern: string, path: string): boolean {
  return pattern.endsWith('*')
    ? path.length >= pattern.length && path.startsWith(pattern.slice(0, -1))
    : path === pattern;
}

function acceptsMethod(route: Route, method: string): boolean {
  return route.methods.includes(method) || (method === 'HEAD' && route.methods.includes('GET'));
}

function tailOf(pattern: string, path: string): string {
  if (!pattern.endsWith('*')) return '';
  const tail = path.slice(pattern.length - 1);
  try {
    return decodeURIComponent(tail);
  } catch {
    return tail; // a stray % is not worth an error: the name is looked up as it stands
  }
}

function wrongMethod(method: string, candidates: readonly Route[]): RouteMatch {
  const methods = new Set(candidates.flatMap((route) => route.methods));
  if (methods.has('GET')) methods.add('HEAD');
  const allow = [...methods].sort().join(', ');
  const message = `this path does not take ${method}; use ${allow}`;
  return { error: new RouterError('request.unsupported', message, { statusCode: 405 }), allow };
}

/** Named are the endpoints that the client's base URL can lead to, which are those of its own prefix. */
function notFound(routes: readonly Route[], path: string): RouterError {
  const prefix = OTHER_PREFIXES.find((other) => path.startsWith(other)) ?? '/v1/';
  const served = routes
    .filter((route) => route.pattern.startsWith(prefix))
    .map((route) => `${route.methods.join('|')} ${route.pattern.replace(/\*$/, ':id')}`)
    .join(', ');
  return new RouterError(
    'request.not_found',
    `there is no such endpoint; the base URL must lead to one of: ${served}`,
  );
}

/** Of Google's clients and of Ollama's. */
const OTHER_PREFIXES: readonly string[] = ['/v1beta/', '/api/'];
