import assert from 'node:assert/strict';

import {
  checkedModel,
  checkElements,
  checkPositiveInteger,
  checkTypes,
  countElements,
  hasMember,
  member,
  numberMember,
  stringMember,
} from '../../../../daemon/dialects/body-fields.ts';
import { RouterError } from '../../../../daemon/errors.ts';
import { parseRequestBody } from '../../../../daemon/util/json-scan.ts';

const BODY = parseRequestBody(
  Buffer.from('{"text":"a","empty":"","count":2,"nothing":null,"list":[{},1],"object":{}}'),
);

function refusal(check: () => unknown): string {
  try {
    check();
  } catch (error) {
    assert.ok(error instanceof RouterError);
    assert.equal(error.code, 'request.malformed');
    return `${error.param}: ${error.message}`;
  }
  return 'taken';
}

describe('fields of a request body', () => {
  it('are refused with their name when they have another type', () => {
    const types = (field: string) =>
      refusal(() => checkTypes(BODY, [[field, ['string', 'object', 'array']]]));
    assert.equal(types('count'), 'count: count must be a string or an object or an array, not a number');
    assert.deepEqual(['text', 'object', 'list', 'nothing', 'absent'].map(types), Array(5).fill('taken'));
  });

  it('are found by the spelling that the dialect names', () => {
    const find = () => BODY.members.get('object');
    const refused = refusal(() => checkTypes(BODY, [['other', ['string']]], find));
    assert.equal(refused, 'other: other must be a string, not an object');
  });

  it('that are counted with must be whole numbers above 0', () => {
    const counted = (value: number | string | null | undefined) =>
      refusal(() => checkPositiveInteger('n', value));
    assert.deepEqual([1, null, undefined].map(counted), Array(3).fill('taken'));
    for (const value of [0, -1, 1.5, 1e300, '1']) {
      assert.equal(counted(value), 'n: n must be a whole number above 0');
    }
  });

  it('that hold objects name the element that is none', () => {
    assert.equal(
      refusal(() => checkElements(BODY, 'list')),
      'list: list[1] must be an object',
    );
    assert.equal(
      refusal(() => checkElements(BODY, 'text')),
      'taken',
    );
  });

  it('are counted when they are arrays', () => {
    const count = (field: string) => countElements(BODY, BODY.members.get(field));
    assert.deepEqual(['list', 'object', 'absent'].map(count), [2, 0, 0]);
  });

  it('are read by type; null and an empty text count as absent', () => {
    assert.deepEqual([stringMember(BODY, 'text'), stringMember(BODY, 'empty')], ['a', undefined]);
    assert.deepEqual([numberMember(BODY, 'count'), numberMember(BODY, 'text')], [2, undefined]);
    assert.deepEqual([member(BODY, 'nothing'), member(BODY, 'absent')], [null, undefined]);
    assert.deepEqual([hasMember(BODY, 'nothing'), hasMember(BODY, 'empty')], [false, true]);
  });

  it('name a model of a length that fits the books, or leave the choice to the router', () => {
    assert.deepEqual([checkedModel(undefined), checkedModel(''), checkedModel('m')], ['auto', 'auto', 'm']);
    const refused = refusal(() => checkedModel('m'.repeat(257)));
    assert.match(refused, /^model: model is longer than 256 characters/);
  });
});
