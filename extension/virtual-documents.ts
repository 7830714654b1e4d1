// Documents that exist only in the editor and only while they are open: a report, two answers side by side.

import * as vscode from 'vscode';

const SCHEME = 'pointsman';

export class VirtualDocuments implements vscode.TextDocumentContentProvider {
  readonly #texts = new Map<string, string>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;

  static register(context: vscode.ExtensionContext): VirtualDocuments {
    const documents = new VirtualDocuments();
    context.subscriptions.push(
      documents.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, documents),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (uri.scheme === SCHEME) documents.#texts.delete(uri.toString());
      }),
    );
    return documents;
  }

  /** `name` is what the tab says, with an extension; the same name again replaces the text. */
  put(name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}` });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    return uri;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? 'This is only kept while it is open; run the command again.\n';
  }
}
