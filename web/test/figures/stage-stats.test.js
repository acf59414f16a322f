import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  DROPPED_WINDOW_MS,
  STAGES,
  StageStats,
  layOutStages,
} from '../../js/figures/stage-stats.js';
import { WINDOW_MS } from '../../js/figures/stats.js';

const TIMINGS = Object.freeze({
  upload: 12,
  queued: 1.5,
  decode: 2,
  wait: 0,
  detect: 8,
  embed: 6,
  search: 0.5,
  answer: 1,
  total: 31,
  batch: 2,
});
const result = ({ capturedMs = 0, scan = 'tracks', embeddings = [], ...timings } = {}) => ({
  type: 'result',
  captured_ms: capturedMs,
  scan,
  faces: embeddings.map((embedding) => ({ embedding })),
  timings_ms: { ...TIMINGS, ...timings },
});
const stagesOf = (figures) => Object.fromEntries(figures.stages.map(({ stage, ms }) => [stage, ms]));

describe('StageStats', () => {
  test('knows nothing before the first answer', () => {
    const figures = new StageStats().read(1000);
    assert.deepEqual(figures.stages, STAGES.map((stage) => ({ stage, ms: null })));
    assert.deepEqual(
      { ...figures, stages: null },
      {
        stages: null,
        batch: null,
        fullScans: null,
        computedEmbeddings: null,
        superseded: 0,
        expired: 0,
      },
    );
  });

  test('names the stages in the order in which a frame passes through', () => {
    const stats = new StageStats();
    stats.addResult(40, result());
    const { total, batch, ...measured } = TIMINGS;
    assert.deepEqual(stats.read(40).stages.map(({ stage }) => stage), [
      ...Object.keys(measured),
      'back',
    ]);
  });

  test('the way back is what the server does not know of', () => {
    const stats = new StageStats();
    stats.addResult(1045, result({ capturedMs: 1000, total: 31 }));
    assert.equal(stagesOf(stats.read(1045)).back, 14);
  });

  test('an upload that was guessed too long makes no way back of less than nothing', () => {
    const stats = new StageStats();
    stats.addResult(1020, result({ capturedMs: 1000, total: 31 }));
    assert.equal(stagesOf(stats.read(1020)).back, 0);
  });

  test('gives medians: one slow frame does not move them', () => {
    const stats = new StageStats();
    for (const detect of [7, 8, 500]) stats.addResult(100, result({ detect, batch: detect }));
    const figures = stats.read(100);
    assert.equal(stagesOf(figures).detect, 8);
    assert.equal(figures.batch, 8);
  });

  test('a stage that the server does not measure is not known, the others are', () => {
    const stats = new StageStats();
    stats.addResult(100, result({ answer: undefined }));
    const stages = stagesOf(stats.read(100));
    assert.equal(stages.answer, null);
    assert.equal(stages.embed, 6);
  });

  test('shares are of all frames and of all faces', () => {
    const stats = new StageStats();
    stats.addResult(100, result({ scan: 'full', embeddings: ['computed', 'computed', 'carried'] }));
    for (let n = 0; n < 3; n += 1) stats.addResult(100, result({ embeddings: ['carried'] }));
    const { fullScans, computedEmbeddings } = stats.read(100);
    assert.equal(fullScans, 1 / 4);
    assert.equal(computedEmbeddings, 2 / 6);
  });

  test('without a face there is no share of faces', () => {
    const stats = new StageStats();
    stats.addResult(100, result({ scan: 'full' }));
    assert.equal(stats.read(100).fullScans, 1);
    assert.equal(stats.read(100).computedEmbeddings, null);
  });

  test('forgets answers after two seconds', () => {
    const stats = new StageStats();
    stats.addResult(0, result({ detect: 100 }));
    assert.equal(stagesOf(stats.read(WINDOW_MS - 1)).detect, 100);
    stats.addResult(WINDOW_MS, result({ detect: 8 }));
    assert.equal(stagesOf(stats.read(WINDOW_MS)).detect, 8);
  });

  test('counts the frames without a result for ten seconds, by their reason', () => {
    const stats = new StageStats();
    stats.addDropped(0, 'expired');
    stats.addDropped(100, 'superseded');
    stats.addDropped(200, 'superseded');
    const counts = (nowMs) => {
      const { superseded, expired } = stats.read(nowMs);
      return { superseded, expired };
    };
    assert.deepEqual(counts(DROPPED_WINDOW_MS - 1), { superseded: 2, expired: 1 });
    assert.deepEqual(counts(DROPPED_WINDOW_MS + 150), { superseded: 1, expired: 0 });
  });

  test('a reset forgets all', () => {
    const stats = new StageStats();
    stats.addResult(0, result());
    stats.addDropped(0, 'expired');
    stats.reset();
    assert.deepEqual(stats.read(0), new StageStats().read(0));
  });
});

describe('layOutStages', () => {
  test('of nothing is nothing', () => assert.deepEqual(layOutStages([]), []));

  test('one stage begins where the one before ends', () => {
    assert.deepEqual(layOutStages([{ ms: 10 }, { ms: null }, { ms: 25 }, { ms: 5 }]), [
      { from: 0, length: 0.25 },
      { from: 0.25, length: 0 },
      { from: 0.25, length: 0.625 },
      { from: 0.875, length: 0.125 },
    ]);
  });

  test('stages that took no time have no length', () => {
    assert.deepEqual(layOutStages([{ ms: 0 }, { ms: null }]), [
      { from: 0, length: 0 },
      { from: 0, length: 0 },
    ]);
  });
});
