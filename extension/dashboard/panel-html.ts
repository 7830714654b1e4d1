// The HTML around the dashboard inside the editor: a skeleton that the script fills. Pure. Nothing of a request or a model
// ever gets in here.

export interface PanelFiles {
  /** What the editor lets a webview load from, `webview.cspSource`. */
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Made anew for each page. */
  readonly nonce: string;
}

export function panelHtml({ cspSource, scriptUri, styleUri, nonce }: PanelFiles): string {
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    // Everything goes by postMessage, which also keeps it right when the daemon is on another machine.
    "connect-src 'none'",
    "frame-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pointsman</title>
<link rel="stylesheet" href="${attribute(styleUri)}">
</head>
<body data-host="editor">
<div id="dashboard"></div>
<script nonce="${attribute(nonce)}" src="${attribute(scriptUri)}"></script>
</body>
</html>
`;
}

function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
