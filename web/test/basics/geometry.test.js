import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  FRAME_PIXELS_OF_SQUARE,
  MAX_FRAME_WIDTH,
  chooseFit,
  frameSize,
  frameToView,
  scaledBox,
  viewToFrame,
} from '../../js/basics/geometry.js';

function assertNear(actual, expected) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, index) => {
    assert.ok(Math.abs(value - expected[index]) < 1e-6, `${actual} is not ${expected}`);
  });
}

describe('frameSize', () => {
  for (const [what, cameraWh, expected] of [
    ['16:9 is limited by its width', [1280, 720], [640, 360]],
    ['full HD comes out the same', [1920, 1080], [640, 360]],
    ['4:3 has exactly the pixels allowed', [1280, 960], [640, 480]],
    ['a 4K camera comes out the same, too', [3840, 2160], [640, 360]],
    ['a small picture is not enlarged', [320, 240], [320, 240]],
    ['a single pixel stays', [1, 1], [1, 1]],
  ]) {
    test(what, () => assert.deepEqual(frameSize(cameraWh), expected));
  }

  test('an upright picture keeps its shape and the limits', () => {
    const [width, height] = frameSize([720, 1280]);
    const mostPixels = MAX_FRAME_WIDTH ** 2 * FRAME_PIXELS_OF_SQUARE;
    assert.ok(width <= MAX_FRAME_WIDTH);
    assert.ok(Math.abs(width / height - 9 / 16) < 0.01);
    assert.ok(width * height <= mostPixels);
    assert.ok(width * height > mostPixels * 0.99);
  });

  for (const [what, cameraWh, widest, expected] of [
    ['16:9 is as wide as the server wants', [1280, 720], 480, [480, 270]],
    ['4:3 has exactly the pixels allowed', [1280, 960], 320, [320, 240]],
    ['what is narrow enough already stays', [320, 240], 480, [320, 240]],
    ['more than the page ever sends is not sent', [1920, 1080], 1280, [640, 360]],
  ]) {
    test(what, () => assert.deepEqual(frameSize(cameraWh, widest), expected));
  }

  test('never has more pixels than the server wants, whatever the shape', () => {
    for (let widest = 160; widest <= 640; widest += 1) {
      for (const cameraWh of [[1280, 720], [720, 1280], [1280, 960], [960, 1280], [1080, 1080]]) {
        const [width, height] = frameSize(cameraWh, widest);
        assert.ok(width <= widest, `${width} is wider than ${widest}`);
        assert.ok(width * height <= widest * widest * 0.75, `${width} x ${height} for ${widest}`);
      }
    }
  });

  test('is exactly as wide as the server wants, where the width is the limit', () => {
    for (let widest = 160; widest <= 640; widest += 1) {
      for (const cameraWh of [[1280, 720], [1920, 1080], [1600, 1200]]) {
        assert.equal(frameSize(cameraWh, widest)[0], widest);
      }
    }
  });

  test('a strip still has a height', () => {
    assert.deepEqual(frameSize([10_000, 1]), [640, 1]);
  });
});

describe('chooseFit', () => {
  for (const [what, contentWh, viewWh, expected] of [
    ['the same shape fills', [1280, 720], [640, 360], 'cover'],
    ['a phone upright fills', [720, 1280], [390, 660], 'cover'],
    ['4:3 on a desktop fills', [640, 480], [1080, 900], 'cover'],
    ['a quarter hidden is the limit', [400, 100], [300, 100], 'cover'],
    ['more than a quarter is shown whole', [401, 100], [300, 100], 'contain'],
    ['a webcam in an upright window is shown whole', [1280, 720], [390, 660], 'contain'],
    ['an upright picture on a desktop is shown whole', [720, 1280], [1080, 900], 'contain'],
  ]) {
    test(what, () => assert.equal(chooseFit(contentWh, viewWh), expected));
  }
});

describe('frameToView', () => {
  const frameWh = [640, 480];
  const box = [100, 50, 200, 150];

  test('the same size changes nothing', () => {
    const toView = frameToView({ frameWh, viewWh: frameWh, fit: 'cover', mirrored: false });
    assertNear(toView(box), box);
  });

  test('mirrored, left and right change places and stay in order', () => {
    const toView = frameToView({ frameWh, viewWh: frameWh, fit: 'cover', mirrored: true });
    assertNear(toView(box), [440, 50, 540, 150]);
  });

  test('cover cuts off what is too wide, on both sides', () => {
    // 640x480 in 240x480: scale 1, 200 pixels hidden left and right
    const toView = frameToView({ frameWh, viewWh: [240, 480], fit: 'cover', mirrored: false });
    assertNear(toView(box), [-100, 50, 0, 150]);
  });

  test('contain leaves bars above and below', () => {
    // 640x480 in 320x480: scale 1/2, a picture of 240 in 480
    const toView = frameToView({ frameWh, viewWh: [320, 480], fit: 'contain', mirrored: false });
    assertNear(toView(box), [50, 145, 100, 195]);
  });

  test('mirroring happens within the picture, not within the view', () => {
    // 640x480 in 1000x480: bars of 180 at the sides
    const toView = frameToView({ frameWh, viewWh: [1000, 480], fit: 'contain', mirrored: true });
    assertNear(toView([0, 0, 640, 480]), [180, 0, 820, 480]);
    assertNear(toView([0, 0, 10, 10]), [810, 0, 820, 10]);
  });

  test('twice mirrored is not mirrored', () => {
    const options = { frameWh, viewWh: [640, 480], fit: 'cover', mirrored: true };
    const toView = frameToView(options);
    assertNear(toView(toView(box)), box);
  });

  test('a box that reaches beyond the frame keeps its size', () => {
    const toView = frameToView({ frameWh, viewWh: [320, 240], fit: 'cover', mirrored: true });
    assertNear(toView([-20, -10, 80, 90]), [280, -5, 330, 45]);
  });
});

describe('viewToFrame', () => {
  for (const fit of /** @type {('cover' | 'contain')[]} */ (['cover', 'contain'])) {
    test(`${fit}: it leads back to where frameToView came from`, () => {
      const layout = { frameWh: [640, 480], viewWh: [390, 660], fit };
      const box = [100, 50, 300, 250];
      const inView = frameToView({ ...layout, mirrored: false })(box);
      assertNear(viewToFrame(layout)(inView), box);
    });
  }
});

test('a box grows with its picture, along each side', () => {
  assertNear(scaledBox([1, 2, 3, 4], [10, 10], [20, 30]), [2, 6, 6, 12]);
});
