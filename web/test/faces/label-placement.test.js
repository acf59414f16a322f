import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { candidatePlaces, overlap, placeLabels } from '../../js/faces/label-placement.js';

const viewWh = [400, 300];
const labelWh = [100, 28];
const one = (box, options = {}) => placeLabels([{ box, labelWh }], { viewWh, ...options })[0].xyxy;

/** Numbers in [0, 1) that are the same in every run. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

function randomScene(random, mostFaces) {
  const view = [300 + random() * 900, 250 + random() * 700];
  const wishes = Array.from({ length: Math.floor(random() * (mostFaces + 1)) }, () => {
    const size = 30 + random() * 220;
    const x = random() * (view[0] + 60) - 60;
    const y = random() * (view[1] + 60) - 60;
    return { box: [x, y, x + size, y + size * 1.25], labelWh: [50 + random() * 200, 28] };
  });
  const covered = [
    [12, 12, 110, 44],
    [view[0] - 150, 12, view[0] - 12, 44],
  ];
  return { wishes, viewWh: view, covered };
}

/** Whether every label can have a place that covers nothing: all ways are tried. */
function canAllBeFree({ wishes, viewWh: view, covered }, placed = []) {
  const index = placed.length;
  if (index === wishes.length) return true;
  const taken = [...covered, ...placed];
  wishes.forEach(({ box }, other) => other !== index && taken.push(box));
  return candidatePlaces(wishes[index], view).some(
    ({ xyxy, fits }) =>
      fits &&
      !taken.some((box) => overlap(xyxy, box)) &&
      canAllBeFree({ wishes, viewWh: view, covered }, [...placed, xyxy]),
  );
}

function faults({ wishes, covered }, labels) {
  const found = [];
  labels.forEach(({ xyxy }, index) => {
    covered.forEach((box) => overlap(xyxy, box) && found.push(`${index} under a chip`));
    wishes.forEach(({ box }, other) => {
      if (other !== index && overlap(xyxy, box)) found.push(`${index} over face ${other}`);
    });
    labels.slice(0, index).forEach((before, other) => {
      if (overlap(xyxy, before.xyxy)) found.push(`${index} over label ${other}`);
    });
  });
  return found;
}

describe('placeLabels', () => {
  test('of no face places nothing', () => {
    assert.deepEqual(placeLabels([], { viewWh }), []);
  });

  for (const [what, box, expected] of [
    ['above the box', [100, 100, 200, 200], [100, 66]],
    ['below where there is no room above', [100, 20, 200, 120], [100, 126]],
    ['beside it where there is room neither above nor below', [100, 10, 200, 295], [206, 10]],
    ['over the lower part of a face that fills the view', [-10, -20, 410, 320], [150, 266]],
    ['not beyond the left side', [-50, 100, 50, 200], [6, 66]],
    ['not beyond the right side', [350, 100, 450, 200], [294, 66]],
    ['at the rim for a face that is cut off by the view', [900, 100, 1000, 200], [294, 66]],
    ['at the bottom for a face below the view', [100, 500, 200, 600], [100, 266]],
  ]) {
    test(what, () => assert.deepEqual(one(box).slice(0, 2), expected));
  }

  test('its start is seen even where it is wider than the view', () => {
    const [{ xyxy }] = placeLabels([{ box: [100, 100, 200, 200], labelWh: [900, 28] }], { viewWh });
    assert.equal(xyxy[0], 6);
  });

  test('below, where a chip lies over the place above', () => {
    assert.deepEqual(one([20, 60, 120, 160], { covered: [[12, 12, 110, 44]] }).slice(0, 2), [20, 166]);
  });

  test('the better detection keeps its place, and the other one goes out of its way', () => {
    const wishes = [
      { box: [100, 100, 180, 200], labelWh },
      { box: [185, 100, 265, 200], labelWh },
    ];
    const labels = placeLabels(wishes, { viewWh });
    assert.deepEqual(labels[0].xyxy.slice(0, 2), [100, 66]);
    assert.equal(overlap(labels[0].xyxy, labels[1].xyxy), false);
  });

  test('stays where it was while a better place has no room to spare', () => {
    const covered = [[0, 0, 400, 40]];
    const at = (top, place) =>
      placeLabels([{ box: [100, top, 200, top + 100], labelWh, place }], { viewWh, covered })[0].place;
    assert.equal(at(73, null), 1);
    assert.equal(at(76, 1), 1);
    assert.equal(at(76, null), 0);
    assert.equal(at(90, 1), 0);
  });

  test('in 2000 scenes no label leaves the view', () => {
    const random = seeded(1);
    for (let scene = 0; scene < 2000; scene += 1) {
      const made = randomScene(random, 12);
      for (const { xyxy: [x1, y1, x2, y2] } of placeLabels(made.wishes, made)) {
        assert.ok(x1 >= 0 && y1 >= 0 && x2 <= made.viewWh[0] && y2 <= made.viewWh[1], `scene ${scene}`);
      }
    }
  });

  test('in 2000 scenes nothing is covered wherever that can be', () => {
    const random = seeded(2);
    let free = 0;
    let crowded = 0;
    for (let scene = 0; scene < 2000; scene += 1) {
      const made = randomScene(random, 4);
      const found = faults(made, placeLabels(made.wishes, made));
      if (found.length === 0) free += 1;
      else {
        crowded += 1;
        assert.equal(canAllBeFree(made), false, `scene ${scene}: ${found}`);
      }
    }
    assert.ok(free > 500 && crowded > 20, `${free} free, ${crowded} crowded: the scenes prove little`);
  });

  test('a crowd is placed in time for the next frame', () => {
    const random = seeded(3);
    const wishes = Array.from({ length: 40 }, () => {
      const x = random() * 300;
      const y = random() * 200;
      return { box: [x, y, x + 90, y + 110], labelWh };
    });
    const before = performance.now();
    for (let turn = 0; turn < 10; turn += 1) placeLabels(wishes, { viewWh });
    assert.ok((performance.now() - before) / 10 < 500); // some 5, where nothing else runs
  });
});
