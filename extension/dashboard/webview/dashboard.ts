// Entry of the dashboard page, in the editor's webview and in a browser.

export {};
