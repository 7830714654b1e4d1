// Run by the editor after the extension was removed: what is left outside the editor's own folders is ended here.

export {};
