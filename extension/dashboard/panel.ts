// The dashboard as a panel of the editor: one for each window, brought to the front when it is there, and restored after a
// reload of the window.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { DaemonSession } from '../daemon/daemon-session.ts';
import { PageBridge } from './page-bridge.ts';
import { panelHtml } from './panel-html.ts';

/** Also the name in the activation event `onWebviewPanel:…`. */
export const DASHBOARD_VIEW_TYPE = 'pointsman.dashboard';

const TITLE = 'Pointsman';

export interface Dashboard {
  /** `exchangeId`: the request that is opened in it; without one it is shown as it was left. */
  open(exchangeId?: string): void;
}

/** Everything is disposed of with `context`. */
export function registerDashboard(context: vscode.ExtensionContext, session: DaemonSession): Dashboard {
  const panels = new DashboardPanels(context.extensionUri, session);
  context.subscriptions.push(
    panels,
    vscode.window.registerWebviewPanelSerializer(DASHBOARD_VIEW_TYPE, {
      deserializeWebviewPanel: (panel) => {
        panels.restore(panel);
        return Promise.resolve();
      },
    }),
  );
  return panels;
}

interface Shown {
  readonly panel: vscode.WebviewPanel;
  readonly bridge: PageBridge;
}

class DashboardPanels implements Dashboard, vscode.Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #session: DaemonSession;
  #shown: Shown | null = null;

  constructor(extensionUri: vscode.Uri, session: DaemonSession) {
    this.#extensionUri = extensionUri;
    this.#session = session;
  }

  open(exchangeId?: string): void {
    const shown = this.#shown ?? this.#attach(this.#create());
    if (!shown.panel.visible) shown.panel.reveal();
    if (exchangeId !== undefined) shown.bridge.show(exchangeId);
  }

  restore(panel: vscode.WebviewPanel): void {
    // There may be one already: a command was faster than the restored window.
    if (this.#shown !== null) {
      panel.dispose();
      return;
    }
    panel.webview.options = this.#options();
    this.#attach(panel);
  }

  dispose(): void {
    this.#shown?.panel.dispose();
  }

  #create(): vscode.WebviewPanel {
    return vscode.window.createWebviewPanel(
      DASHBOARD_VIEW_TYPE,
      TITLE,
      vscode.ViewColumn.Active,
      this.#options(),
    );
  }

  #attach(panel: vscode.WebviewPanel): Shown {
    const bridge = new PageBridge({
      session: this.#session,
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- the editor's own, without an origin
      post: (message) => void panel.webview.postMessage(message),
      runCommand: (command) => void vscode.commands.executeCommand(command),
    });
    const shown = { panel, bridge };
    this.#shown = shown;
    const subscriptions = [
      panel.webview.onDidReceiveMessage((message: unknown) => bridge.receive(message)),
      // A hidden page is taken apart by the editor; it says "ready" again when it is back.
      panel.onDidChangeViewState(() => {
        if (!panel.visible) bridge.pause();
      }),
    ];
    panel.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
      bridge.dispose();
      if (this.#shown === shown) this.#shown = null;
    });
    panel.iconPath = vscode.Uri.joinPath(this.#extensionUri, 'media', 'icon.png');
    panel.webview.html = this.#html(panel.webview);
    return shown;
  }

  #options(): vscode.WebviewOptions {
    return { enableScripts: true, localResourceRoots: [this.#folder()] };
  }

  #html(webview: vscode.Webview): string {
    const file = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.#folder(), name)).toString();
    return panelHtml({
      cspSource: webview.cspSource,
      scriptUri: file('dashboard.js'),
      styleUri: file('dashboard.css'),
      nonce: randomBytes(16).toString('hex'),
    });
  }

  #folder(): vscode.Uri {
    return vscode.Uri.joinPath(this.#extensionUri, 'dist', 'webview');
  }
}
