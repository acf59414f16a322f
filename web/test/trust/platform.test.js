import assert from 'node:assert/strict';
import { test } from 'node:test';
import { platformOf } from '../../trust/platform.js';

const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const BLINK = 'AppleWebKit/537.36 (KHTML, like Gecko)';

/** What browsers say of themselves: what it is, the user agent, touch points. */
const BROWSERS = [
  ['ios', 'Safari on an iPhone', `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} Version/26.0 Mobile/15E148 Safari/604.1`, 5],
  ['ios', 'Chrome on an iPhone', `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1`, 5],
  ['ios', 'Firefox on an iPhone', `Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} FxiOS/144.0 Mobile/15E148 Safari/604.1`, 5],
  ['ios', 'Safari on an iPad that asks for mobile pages', `Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) ${WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1`, 5],
  ['ios', 'Safari on an iPad that asks for desktop pages', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/18.6 Safari/605.1.15`, 5],
  ['ios', 'Firefox on an iPad that asks for desktop pages', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) ${WEBKIT} FxiOS/144.0 Safari/605.1.15`, 5],
  ['macos', 'Safari on a Mac', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/26.0 Safari/605.1.15`, 0],
  ['macos', 'Chrome on a Mac', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${BLINK} Chrome/142.0.0.0 Safari/537.36`, 0],
  ['firefox', 'Firefox on a Mac', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:144.0) Gecko/20100101 Firefox/144.0', 0],
  ['android', 'Chrome on a phone', `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/142.0.0.0 Mobile Safari/537.36`, 5],
  ['android', 'Samsung Internet', `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 5],
  ['android', 'Firefox on a phone', 'Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0', 5],
  ['android', 'Chrome on a tablet', `Mozilla/5.0 (Linux; Android 10; K) ${BLINK} Chrome/142.0.0.0 Safari/537.36`, 10],
  ['windows', 'Edge', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`, 0],
  ['windows', 'Chrome on a notebook with a touch screen', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${BLINK} Chrome/142.0.0.0 Safari/537.36`, 10],
  ['firefox', 'Firefox on Windows', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0', 0],
  ['linux', 'Chrome on Linux', `Mozilla/5.0 (X11; Linux x86_64) ${BLINK} Chrome/142.0.0.0 Safari/537.36`, 0],
  ['linux', 'Chrome on a Chromebook', `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/142.0.0.0 Safari/537.36`, 10],
  ['firefox', 'Firefox on Linux', 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0', 0],
  [null, 'something that says nothing', '', 0],
  [null, 'a program', 'curl/8.14.1', undefined],
];

for (const [platform, name, userAgent, maxTouchPoints] of BROWSERS) {
  test(`${name} gets the steps for ${platform ?? 'all'}`, () => {
    assert.equal(platformOf({ userAgent, maxTouchPoints }), platform);
  });
}
