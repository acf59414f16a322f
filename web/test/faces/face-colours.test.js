import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LOOKS } from '../../js/faces/face-drawing.js';

/**
 * What is left of a colour without one of the three kinds of cones, in linear light: Machado,
 * Oliveira and Fernandes 2009, severity 1.
 */
const VISION = {
  'all cones': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIE76 difference that is seen at a glance; from 2.3 on it is seen at all. */
const AT_A_GLANCE = 35;

function linear(hex) {
  return [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

function seenWith(matrix, colour) {
  return matrix.map((row) => {
    const value = row.reduce((sum, part, index) => sum + part * colour[index], 0);
    return Math.min(1, Math.max(0, value));
  });
}

function luminance([red, green, blue]) {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

function lab([red, green, blue]) {
  const x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047;
  const z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883;
  const root = (value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const y = root(luminance([red, green, blue]));
  return [116 * y - 16, 500 * (root(x) - y), 200 * (y - root(z))];
}

function difference(one, other) {
  const from = lab(other);
  return Math.hypot(...lab(one).map((value, index) => value - from[index]));
}

const PAIRS = [['known', 'unknown'], ['known', 'captured'], ['unknown', 'captured']];

describe('the looks of faces', () => {
  for (const [vision, matrix] of Object.entries(VISION)) {
    const seen = Object.fromEntries(
      Object.entries(LOOKS).map(([look, { line }]) => [look, seenWith(matrix, linear(line))]),
    );

    // The least is 39, of known and unknown in protanopia; with all cones it is 80.
    for (const [one, other] of PAIRS) {
      test(`${one} and ${other} are told apart with ${vision}`, () => {
        assert.ok(difference(seen[one], seen[other]) >= AT_A_GLANCE);
      });
    }

    // The least is 7.0, of being captured in deuteranopia; 3 is asked for.
    test(`every line is seen on a dark picture with ${vision}`, () => {
      for (const line of Object.values(seen)) assert.ok(contrast(line, linear('#0c1014')) >= 6.5);
    });
  }

  test('every label can be read', () => {
    // Of a plate that is see-through, the worst is that it lies on white.
    const onWhite = linear('#424649');
    for (const { plate, text } of Object.values(LOOKS)) {
      const under = plate.startsWith('#') ? linear(plate) : onWhite;
      assert.ok(contrast(linear(text), under) >= 4.5, text);
    }
  });
});
