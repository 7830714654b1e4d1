// What is wrong with a file that should be a provider's usage export, as one sentence without the name of the file.

export class InvoiceError extends Error {
  override readonly name = 'InvoiceError';
}
