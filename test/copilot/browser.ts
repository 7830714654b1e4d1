// The part of playwright-core's interface that these tests use; the package itself is installed beside the editor, so
// its own types are not at hand.

export interface Locator {
  first(): Locator;
  last(): Locator;
  filter(options: { readonly hasText?: string | RegExp; readonly visible?: boolean }): Locator;
  locator(selector: string): Locator;
  count(): Promise<number>;
  isVisible(): Promise<boolean>;
  click(options?: { readonly timeout?: number }): Promise<void>;
  fill(text: string, options?: { readonly timeout?: number }): Promise<void>;
  waitFor(options?: { readonly state?: 'visible' | 'hidden'; readonly timeout?: number }): Promise<void>;
  allInnerTexts(): Promise<string[]>;
}

export interface Page {
  readonly keyboard: {
    press(key: string): Promise<void>;
    type(text: string): Promise<void>;
  };
  goto(url: string): Promise<unknown>;
  locator(selector: string): Locator;
  screenshot(options: { readonly path: string }): Promise<unknown>;
}

export interface Browser {
  newPage(options: { readonly viewport: { readonly width: number; readonly height: number } }): Promise<Page>;
  close(): Promise<void>;
}
