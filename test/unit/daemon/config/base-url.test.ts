import assert from 'node:assert/strict';
import { baseUrlProblem, isLoopbackHost } from '../../../../daemon/config/base-url.ts';

describe('base URL of a provider', () => {
  const accepted = [
    'https://api.openai.com/v1',
    'https://gateway.example.com:8443',
    'http://127.0.0.1:11434/v1',
    'http://127.8.9.1',
    'http://localhost:1234/v1',
    'http://LOCALHOST:1234',
    'http://models.localhost:80',
    'http://[::1]:8080/v1',
  ];
  for (const url of accepted) {
    it(`accepts ${url}`, () => assert.equal(baseUrlProblem(url), null));
  }

  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /full address/],
    ['api.openai.com/v1', /full address/],
    ['ftp://example.com', /https:\/\/ or http:\/\//],
    ['file:///etc/passwd', /https:\/\/ or http:\/\//],
    ['javascript:alert(1)', /https:\/\/ or http:\/\//],
    ['http://api.openai.com/v1', /this machine only/],
    ['http://192.168.1.5:11434', /this machine only/],
    ['http://127.0.0.1.example.com', /this machine only/],
    ['http://localhost.example.com', /this machine only/],
    ['http://127.0.0.1@example.com', /user name or password/],
    ['https://user@example.com', /user name or password/],
    ['https://example.com/v1?key=1', /query/],
    ['https://example.com/v1?', /query/],
    ['https://example.com/v1#x', /query/],
  ];
  for (const [url, problem] of refused) {
    it(`refuses "${url}"`, () => assert.match(baseUrlProblem(url) ?? 'accepted', problem));
  }

  it('never repeats a password', () => {
    assert.doesNotMatch(baseUrlProblem('https://me:hunter2secret@example.com') ?? '', /hunter2/);
  });

  it('takes other spellings of 127.0.0.1 as what they are', () => {
    assert.equal(baseUrlProblem('http://0x7f.1:80/'), null);
    assert.equal(isLoopbackHost('127.0.0.1'), true);
    assert.equal(isLoopbackHost('128.0.0.1'), false);
  });
});
