/** Days as date fields have them (`2027-05-01`) <-> Unix ms, in this device's time zone. Pure. */

/**
 * Until when something lasts that lasts until a day: its end, which is the start of the next.
 * @param {string} day of a date field; empty for none
 * @returns {number | null} Unix ms
 */
export function endOfDayMs(day) {
  if (day === '') return null;
  const [year, month, date] = day.split('-').map(Number);
  return new Date(year, month - 1, date + 1).getTime();
}

/**
 * The last day of what lasts until then: the inverse of `endOfDayMs`.
 * @param {number | null} endMs Unix ms
 * @returns {string} for a date field; empty for none
 */
export function lastDay(endMs) {
  if (endMs === null) return '';
  const last = new Date(endMs - 1);
  const two = (number) => String(number).padStart(2, '0');
  const year = String(last.getFullYear()).padStart(4, '0');
  return `${year}-${two(last.getMonth() + 1)}-${two(last.getDate())}`;
}
