// The HTML around the dashboard in a browser: a skeleton that the script fills, and small pages in words for whoever
// cannot be let in. No text of a request or a model ever gets in here.

import { hash } from 'node:crypto';

export interface HtmlPage {
  readonly statusCode: number;
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** Nothing from elsewhere, nothing inline, nobody's frame. `connect-src` is for the API and its event socket. */
const PAGE_POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' data:`,
  `font-src 'self'`,
  `connect-src 'self'`,
  `frame-ancestors 'none'`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ');

// The empty icon keeps browsers from asking for one.
const HEAD = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Pointsman</title>
<link rel="icon" href="data:,">`;

const WORDS_STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:36rem;margin:12vh auto 0;padding:0 1.5rem}h1{font-size:1.4rem;font-weight:600}code{font-size:.95em}';
// The stylesheet is for those who were let in, so these pages carry their own few rules.
const WORDS_POLICY = `default-src 'none'; style-src 'sha256-${hash('sha256', WORDS_STYLE, 'base64')}'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

export const DASHBOARD_PAGE: HtmlPage = {
  statusCode: 200,
  html: `${HEAD}
<link rel="stylesheet" href="/dashboard/dashboard.css">
<script src="/dashboard/dashboard.js" defer></script>
</head>
<body data-host="browser">
<div id="dashboard"></div>
<noscript>The dashboard needs JavaScript; switch it on for this page and load it again.</noscript>
</body>
</html>
`,
  contentSecurityPolicy: PAGE_POLICY,
};

const HOW_TO_OPEN = `Open it from the editor with the command <strong>Pointsman: Open Dashboard</strong>, or run <code>pointsman dashboard</code> in a terminal and open the address that it prints.`;

export const NEEDS_TICKET_PAGE = wordsPage(
  401,
  'This page needs a ticket',
  `The dashboard shows what you spend and changes how requests are routed, so it opens only for you. ${HOW_TO_OPEN}`,
);

export const SPENT_TICKET_PAGE = wordsPage(
  401,
  'This ticket is no longer good',
  `A ticket works once and for one minute. ${HOW_TO_OPEN}`,
);

/** For whoever followed a link: a browser withholds the cookie there, and whoever made the link could be anybody. */
export function fromElsewherePage(ticket: string | null): HtmlPage {
  const address =
    ticket !== null && /^[\w-]{1,64}$/.test(ticket) ? `/dashboard?ticket=${ticket}` : '/dashboard';
  return wordsPage(
    403,
    'Another page led here',
    `If you wanted to see what Pointsman spends and saves: <a href="${address}">open the dashboard</a>.`,
  );
}

export const NOT_BUILT_PAGE = wordsPage(
  503,
  'The dashboard is not built',
  'Its files are missing: run <code>npm run build</code> in the folder of Pointsman, then load this page again.',
);

function wordsPage(statusCode: number, title: string, sentences: string): HtmlPage {
  return {
    statusCode,
    html: `${HEAD}
<style>${WORDS_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${sentences}</p>
</main>
</body>
</html>
`,
    contentSecurityPolicy: WORDS_POLICY,
  };
}
