/**
 * How often a sensor sends is declared or not, and true or not; an answer tells.
 */

/**
 * @param {import('./frame.js').Frame} frame
 * @param {number | null} known the time between two readings, as far as it was known before
 * @returns {number | null} as it is known with this frame; `known` itself where that is about right
 */
export function learntInterval(frame, known) {
  const rows = frame.starts.length;
  if (rows < 3) {
    return known;
  }
  const seen =
    frame.kind === 'buckets' ? seenInBuckets(frame) : (frame.starts[rows - 1] - frame.starts[0]) / (rows - 1);
  if (frame.thinned) {
    // There are more readings than were given.
    return Math.min(seen, known ?? Infinity);
  }
  return known !== null && seen > known / 2 && seen < known * 2 ? known : seen;
}

/** The time with readings counts, so that a long gap does not look like a slow sensor. */
function seenInBuckets(frame) {
  const readings = frame.counts.reduce((sum, count, i) => sum + count + frame.fails[i], 0);
  return (frame.starts.length * frame.length) / Math.max(readings, 1);
}
