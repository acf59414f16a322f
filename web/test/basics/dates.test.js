import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfDayMs, lastDay } from '../../js/basics/dates.js';

test('no day is no end, and no end is no day', () => {
  assert.equal(endOfDayMs(''), null);
  assert.equal(lastDay(null), '');
});

test('what lasts until a day lasts to its end', () => {
  assert.equal(endOfDayMs('2027-05-01'), new Date(2027, 4, 2).getTime());
  assert.equal(endOfDayMs('2027-12-31'), new Date(2028, 0, 1).getTime());
});

test('each day of a year comes back, those when clocks are changed, too', () => {
  for (let day = 1; day <= 366; day += 1) {
    const date = new Date(2028, 0, day, 12);
    const two = (number) => String(number).padStart(2, '0');
    const field = `2028-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    assert.equal(lastDay(endOfDayMs(field)), field);
  }
});

test('an hour within a day is that day', () => {
  assert.equal(lastDay(new Date(2027, 4, 1, 13, 30).getTime()), '2027-05-01');
});
