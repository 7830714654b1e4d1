// What a provider's address must look like before a key is ever sent to it.

/** Why `text` cannot be a provider's base URL, as the end of a sentence; null when it can. Never repeats the text. */
export function baseUrlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null) return 'must be a full address such as "https://api.example.com/v1"';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must start with https:// or http://';
  if (url.username !== '' || url.password !== '') {
    return 'must not carry a user name or password; name the key under apiKey';
  }
  if (url.search !== '' || url.hash !== '' || text.includes('?') || text.includes('#')) {
    return 'must not carry a query or fragment (nothing after ? or #)';
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    return 'must start with https://, since http is for this machine only (127.0.0.1, localhost, [::1])';
  }
  return null;
}

/** Host name as `URL.hostname` gives it (IPv6 in brackets); only names that cannot leave this machine. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost') || host === '[::1]') return true;
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
