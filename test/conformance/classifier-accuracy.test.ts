// How often the shipped classifier is right: on the quarter of our own asks that it was not trained on, and on labelled
// messages of developers where they are present. `npm run eval` says more; this keeps a change from making it worse.

import assert from 'node:assert/strict';

import {
  askHeadFigures,
  judgeDeveloperMessages,
  judgeHeldOutAsks,
} from '../eval/training/ask-head-report.ts';
import type { AskHeadFigures } from '../eval/training/ask-head-report.ts';

function report(title: string, figures: AskHeadFigures): void {
  const { rows, aucNotSimple, taskAccuracy, complexSaidSimple, complexRows, simpleSaidSimple, simpleRows } =
    figures;
  console.log(
    `      ${title}: ${rows} asks, AUC not simple ${aucNotSimple.toFixed(3)}, task type ${taskAccuracy.toFixed(3)}, ` +
      `to the cheapest tier ${complexSaidSimple} of ${complexRows} complex and ${simpleSaidSimple} of ${simpleRows} simple`,
  );
}

describe('the accuracy of the classifier', () => {
  it('[A17] is measured on asks that it was not trained on', () => {
    const figures = askHeadFigures(judgeHeldOutAsks());
    report('held out', figures);
    assert.ok(figures.rows >= 300);
    assert.ok(figures.aucNotSimple >= 0.92);
    assert.ok(figures.taskAccuracy >= 0.8);
    assert.ok(figures.complexSaidSimple <= figures.complexRows / 13);
    assert.ok(figures.simpleSaidSimple >= figures.simpleRows * 0.6);
  });

  it('[A17] is measured on labelled messages of developers', function () {
    const judged = judgeDeveloperMessages();
    if (judged === null) {
      console.log(
        '      skipped: no labelled messages (set POINTSMAN_SHARED to the folder that holds routing-eval)',
      );
      this.skip();
    }
    const figures = askHeadFigures(judged);
    report('developers', figures);
    assert.ok(figures.aucNotSimple >= 0.9);
    assert.ok(figures.taskAccuracy >= 0.8);
    assert.ok(figures.complexSaidSimple <= figures.complexRows / 13);
    assert.ok(figures.simpleSaidSimple >= figures.simpleRows * 0.6);
  });
});
