// What the dashboard page may call: by message in the editor, by its cookie in a browser. A leaf that both sides import.

export type CallMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Routes of the control API (without query) that the page may call, by method; `*` = one path segment. */
export const PAGE_ROUTES: Readonly<Record<CallMethod, readonly string[]>> = {
  GET: ['status', 'totals', 'series', 'exchanges', 'exchanges/*', 'budgets', 'assistants', 'cache'],
  POST: ['replay', 'feedback', 'resend'],
  PUT: ['override', 'budgets'],
  DELETE: ['override', 'cache'],
};

export function isPageRoute(method: string, route: string): boolean {
  const known = Object.hasOwn(PAGE_ROUTES, method) ? PAGE_ROUTES[method as CallMethod] : [];
  const path = route.split('?', 1)[0] ?? '';
  if (!/^[a-zA-Z0-9_/-]+$/.test(path)) return false;
  return known.some((pattern) =>
    pattern.endsWith('/*')
      ? path.startsWith(pattern.slice(0, -1)) && /^[^/]+$/.test(path.slice(pattern.length - 1))
      : path === pattern,
  );
}
