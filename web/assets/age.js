/**
 * How long ago something was, in words, and when the words will be others.
 */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A timer of days is not kept by every browser, and an hour is calm enough. */
const NEXT_MS_MAX = HOUR;

/**
 * @param {number} age in milliseconds; negative of what is to come
 * @returns {{text: string, nextMs: number}}
 */
export function ageOf(age) {
  const size = Math.abs(age);
  // Clocks differ a little, and "in 1 second" of a reading that came is nonsense.
  if (size < 5 * SECOND) {
    return { text: 'just now', nextMs: 5 * SECOND - Math.max(age, 0) };
  }
  const [step, unit] =
    size < MINUTE
      ? [5 * SECOND, SECOND]
      : [HOUR, DAY].reduce((taken, larger) => (size >= larger ? [larger, larger] : taken), [MINUTE, MINUTE]);
  const whole = Math.floor(size / step);
  const number = (whole * step) / unit;
  const name = { [SECOND]: 's', [MINUTE]: 'min', [HOUR]: 'h', [DAY]: number === 1 ? 'day' : 'days' }[unit];
  const next = age > 0 ? (whole + 1) * step - size : size - whole * step;
  return {
    text: age > 0 ? `${number} ${name} ago` : `in ${number} ${name}`,
    nextMs: Math.min(Math.max(next, SECOND), NEXT_MS_MAX),
  };
}
