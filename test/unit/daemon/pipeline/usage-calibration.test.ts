import assert from 'node:assert/strict';

import { UsageCalibration } from '../../../../daemon/pipeline/usage-calibration.ts';
import { usageOf } from './pipeline-rig.ts';

function learn(calibration: UsageCalibration, times: number, reportedInput: number): void {
  for (let time = 0; time < times; time += 1) {
    const output = { outputTokens: 100, reasoningOutputTokens: 0 };
    calibration.learn('m', { inputTokens: 1000, output, reported: usageOf(reportedInput, 120) });
  }
}

describe('what is learnt of a model’s tokens', () => {
  it('is nothing before there are three answers', () => {
    const calibration = new UsageCalibration();
    learn(calibration, 2, 1300);
    assert.deepEqual(calibration.ratiosOf('m'), { input: 1, output: 1 });
    learn(calibration, 1, 1300);
    const { input, output } = calibration.ratiosOf('m');
    assert.ok(Math.abs(input - 1.3) < 1e-9 && Math.abs(output - 1.2) < 1e-9);
    assert.deepEqual(calibration.ratiosOf('other'), { input: 1, output: 1 });
  });

  it('follows a model that counts differently from some day on', () => {
    const calibration = new UsageCalibration();
    learn(calibration, 50, 1000);
    learn(calibration, 50, 1400);
    assert.ok(calibration.ratiosOf('m').input > 1.35);
  });

  it('does not hold what is further off than any tokenizer', () => {
    const calibration = new UsageCalibration();
    learn(calibration, 5, 90_000);
    assert.equal(calibration.ratiosOf('m').input, 1);
  });

  it('leaves out answers that are too short to say anything, and those with thoughts unseen', () => {
    const calibration = new UsageCalibration();
    for (const output of [{ outputTokens: 5, reasoningOutputTokens: 0 }, null]) {
      for (let time = 0; time < 5; time += 1) {
        calibration.learn('m', { inputTokens: 100, output, reported: usageOf(100, 9) });
      }
    }
    assert.equal(calibration.ratiosOf('m').output, 1);
  });

  it('counts thinking that was reported apart on neither side', () => {
    const calibration = new UsageCalibration();
    const reported = { ...usageOf(100, 600), reasoningOutputTokens: 500 };
    const output = { outputTokens: 100, reasoningOutputTokens: 0 };
    for (let time = 0; time < 5; time += 1) calibration.learn('m', { inputTokens: 100, output, reported });
    assert.equal(calibration.ratiosOf('m').output, 1);
  });

  it('is asked for at the first twenty answers and then at every fiftieth', () => {
    const calibration = new UsageCalibration();
    const wanted = Array.from({ length: 120 }, (_, index) => (calibration.wantsSample('m') ? index + 1 : 0));
    assert.deepEqual(
      wanted.filter((answer) => answer > 20),
      [50, 100],
    );
    assert.equal(wanted.filter((answer) => answer > 0).length, 22);
  });

  it('is kept of a bounded number of models', () => {
    const calibration = new UsageCalibration();
    learn(calibration, 5, 1300);
    for (let index = 0; index < 1000; index += 1) calibration.wantsSample(`m${index}`);
    assert.equal(calibration.ratiosOf('m').input, 1);
  });
});
