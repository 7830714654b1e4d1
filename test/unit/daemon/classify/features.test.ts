import assert from 'node:assert/strict';

import { extractFeatures } from '../../../../daemon/classify/features.ts';
import type { JsonObject } from '../../../../daemon/util/json.ts';
import { neutralRequest } from './neutral-request.ts';

const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
const toolResult = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: {} }] };
const toolUse = { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'look', input: {} }] };

function featuresOf(
  messages: readonly JsonObject[],
  more: JsonObject = {},
): ReturnType<typeof extractFeatures> {
  return extractFeatures(neutralRequest({ model: 'auto', messages, ...more }, 'anthropic-messages'), {
    client: 'pi',
  });
}

describe('extractFeatures', () => {
  it('names the client, the ask and the turns before it', () => {
    const features = featuresOf([
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'x' },
      { role: 'user', content: 'two' },
    ]);
    assert.deepEqual(
      [features.client, features.ask, features.earlierAsks, features.userTurns, features.messageCount],
      ['pi', 'two', ['one'], 2, 3],
    );
  });

  it('counts tools and output limit, and sees that JSON is wanted', () => {
    const features = featuresOf([{ role: 'user', content: 'x' }], {
      tools: [{ name: 'a' }, { name: 'b' }],
      max_tokens: 9,
      response_format: { type: 'json_object' },
    });
    assert.deepEqual([features.toolCount, features.maxOutputTokens, features.wantsJson], [2, 9, true]);
  });

  it('is in the middle of a tool loop when the last message is a tool result', () => {
    const loop = [{ role: 'user', content: 'x' }, toolUse, { role: 'user', content: [toolResult] }];
    assert.equal(featuresOf(loop).isToolResult, true);
    assert.equal(featuresOf([...loop, { role: 'system', content: 'be brief' }]).isToolResult, true);
  });

  it('[B3] is in the middle of a tool loop when a tool is reported in the name of the user', () => {
    const report = { role: 'user', content: "[read_file for 'a.ts'] Result:\n\nx" };
    const loop = [{ role: 'user', content: 'x' }, { role: 'assistant', content: 'I read.' }, report];
    assert.equal(featuresOf(loop).isToolResult, true);
  });

  it('is at the ask when only a note of the assistant follows it', () => {
    const note = { role: 'user', content: '<info-msg>now</info-msg>' };
    assert.equal(featuresOf([{ role: 'user', content: 'x' }, note]).isToolResult, false);
  });

  it('is at a new ask when the user speaks up beside the tool result', () => {
    const spoken = { role: 'user', content: [toolResult, { type: 'text', text: 'no, the other file' }] };
    assert.equal(featuresOf([{ role: 'user', content: 'x' }, toolUse, spoken]).isToolResult, false);
  });

  it('sees an image that comes with the ask', () => {
    const content = [{ type: 'text', text: 'what is this?' }, image];
    assert.equal(featuresOf([{ role: 'user', content }]).askHasImage, true);
  });

  it('sees an image that comes in a message of its own', () => {
    const features = featuresOf([
      { role: 'user', content: [image] },
      { role: 'user', content: 'what is this?' },
    ]);
    assert.equal(features.askHasImage, true);
  });

  it('does not take an image of the history for one of the ask', () => {
    const features = featuresOf([
      { role: 'user', content: [image] },
      { role: 'assistant', content: 'a cat' },
      { role: 'user', content: 'thanks' },
    ]);
    assert.equal(features.askHasImage, false);
  });

  it('does not take an image that a tool returned later for one of the ask', () => {
    const features = featuresOf([
      { role: 'user', content: 'look' },
      toolUse,
      { role: 'user', content: [toolResult] },
    ]);
    assert.equal(features.askHasImage, false);
  });
});
