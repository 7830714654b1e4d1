import assert from 'node:assert/strict';

import { judge } from './judged.ts';

describe('looping answers', () => {
  it('finds a sentence that comes forty times [C9]', () => {
    assert.equal(judge({ text: 'I will check the file again. '.repeat(40) }), 'looping');
  });

  it('finds a loop of several lines', () => {
    assert.equal(
      judge({ text: 'First look here.\nThen look there.\nThen go back.\n'.repeat(12) }),
      'looping',
    );
  });

  it('finds a loop of words without an end of a sentence', () => {
    assert.equal(judge({ text: `So it is ${'and so on '.repeat(60)}` }), 'looping');
  });

  it('finds a loop wherever in the text it begins, and none that is a turn too short', () => {
    const plain = (from: number, to: number): string =>
      Array.from({ length: to - from }, (_, index) => `single${from + index}`).join(' ');
    for (let before = 0; before < 40; before += 1) {
      for (const period of [1, 3, 7]) {
        const unit = Array.from({ length: period }, (_, index) => `again${index}`).join(' ');
        const around = (turns: number): string =>
          `${plain(0, before)} ${Array.from({ length: turns }, () => unit).join(' ')} ${plain(before, 60)}`;
        assert.equal(judge({ text: around(10) }), 'looping', `${before} ${period}`);
        assert.equal(judge({ text: around(9) }), null, `${before} ${period}`);
      }
    }
  });

  it('lets an answer repeat what it was asked to repeat', () => {
    assert.equal(
      judge({ ask: 'Repeat it 40 times', text: 'I will check the file again. '.repeat(40) }),
      null,
    );
  });

  it('lets tables and data repeat themselves', () => {
    assert.equal(judge({ text: '| Linux | yes |\n'.repeat(30) }), null);
    assert.equal(
      judge({ text: '```c\n  {0, 0, 0, 0, 0, 0},\n'.concat('  {0, 0, 0, 0, 0, 0},\n'.repeat(40), '```') }),
      null,
    );
  });
});

describe('hedged answers', () => {
  const hedged = (text: string) => judge({ taskType: 'reasoning', ask: 'How many?', text });

  it('finds the words of the source systems in answers to reasoning tasks [A29]', () => {
    assert.equal(hedged('It is 4, but this might be wrong.'), 'hedged');
    assert.equal(hedged("I'm not entirely sure, but it is 4."), 'hedged');
    assert.equal(hedged('It could be 4.'), 'hedged');
    assert.equal(hedged('Possibly 4.'), 'hedged');
  });

  it('counts mild words by how many sentences they are in [A29]', () => {
    const firm = 'The sum is even. It has two parts. Each part is odd. ';
    assert.equal(hedged(`${firm}The second could be larger.`), null);
    assert.equal(hedged('It could be 4. Perhaps it is 5. The rule is unknown.'), 'hedged');
  });

  it('does not count quotations, or doubts of the user', () => {
    assert.equal(hedged('He said "I might be wrong" and left. So the answer is 4.'), null);
    assert.equal(hedged('If you are not entirely sure, count again: it is 4.'), null);
  });

  it('looks at reasoning tasks only [A29]', () => {
    assert.equal(judge({ taskType: 'general', text: 'It could be 4.' }), null);
  });

  const general = (ask: string, text: string) => judge({ taskType: 'general', ask, text });

  it('knows a short problem that was classified as something general [A29]', () => {
    for (const ask of [
      'What is 15 percent of 240?',
      'Alice is taller than Bob. Bob is taller than Carol. Who is the shortest?',
      'If all cats purr and Tom is a cat, does Tom purr?',
      'Which planet is the largest?\nA. Mars\nB. Jupiter\nC. Venus',
    ]) {
      assert.equal(general(ask, 'It could be the second.'), 'hedged', ask);
      assert.equal(general(ask, 'It is the second.'), null, ask);
    }
  });

  it('leaves advice, forecasts and diagnoses their doubts', () => {
    for (const ask of [
      'Which of the two should a beginner take?',
      'Is this mushroom safe to eat?',
      'How many medals are likely tomorrow?',
      'The printer blinks. It was fine before. What is wrong with it?',
      'How many people live in Lisbon?',
    ]) {
      assert.equal(general(ask, 'It could be the second. Possibly not.'), null, ask);
    }
  });

  it('leaves what nobody knows its doubts', () => {
    assert.equal(general('Does God exist?', 'I am not certain. Nobody is.'), null);
    assert.equal(general('Which Greek god ruled the sea?', "I'm not certain, but Poseidon."), 'hedged');
  });

  it('allows a doubt of how new a figure is, but only beside the figure', () => {
    const ask = 'What is the population of Vienna?';
    assert.equal(general(ask, 'About 2 million; I am not entirely sure of the latest figure.'), null);
    assert.equal(general(ask, 'I am not sure of the latest figure.'), 'hedged');
    assert.equal(general(ask, 'About 2 million; I am not entirely sure.'), 'hedged');
  });

  it('counts an open doubt of the answer to any closed question, but not a question back', () => {
    assert.equal(general('Who wrote Beowulf?', "I'm not entirely sure, but Bede did."), 'hedged');
    assert.equal(general('Who wrote Beowulf?', 'Perhaps a monk.'), null);
    assert.equal(general('Where is the file?', "I'm not sure. Which file is meant?"), null);
    assert.equal(general('What do you think of my plan?', "I'm not sure it holds."), null);
  });
});
