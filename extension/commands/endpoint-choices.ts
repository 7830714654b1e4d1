// The addresses that an assistant can be given, by what it speaks. Pure.

export interface EndpointChoice {
  readonly label: string;
  /** What is shown of the address; never a token. */
  readonly detail: string;
  readonly copied: string;
}

export function endpointChoices(url: string, clientToken: string): readonly EndpointChoice[] {
  const plain = (label: string, address: string): EndpointChoice => ({
    label,
    detail: address,
    copied: address,
  });
  return [
    plain('OpenAI (most assistants)', `${url}/v1`),
    plain('Anthropic', url),
    plain('Gemini', url),
    plain('Ollama', url),
    {
      label: 'Only an address, no key field (holds the access token)',
      detail: `${url}/k/…/v1`,
      copied: `${url}/k/${clientToken}/v1`,
    },
  ];
}
