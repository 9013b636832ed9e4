/**
 * Where no reading came for longer than expected.
 *
 * @typedef {{from: number, to: number}} Gap
 * @typedef {import('./frame.js').Frame} Frame
 */

/** A reading may be late or lost; after three intervals without one it is a gap. */
const INTERVALS = 3;
/** A reading is on its way for a while: the newest silence is no gap before that. */
const ON_THE_WAY_MS = 10_000;
/** More differences say nothing more about the usual one. */
const DIFFERENCES_MAX = 2001;

/**
 * The usual time between two readings: the declared one, unless most readings come further apart than that; otherwise
 * a sensor that sends once a minute and is declared with a second would be all gaps.
 *
 * @param {Frame} frame
 * @param {number | null} declared
 * @returns {number | null} null where nobody knows
 */
export function usualInterval(frame, declared) {
  const seen = medianDifference(frame.starts);
  // Buckets that stand side by side say nothing of what is in them.
  const told = seen !== null && seen > frame.length;
  return told ? Math.max(seen, declared ?? 0) : declared;
}

function medianDifference(instants) {
  const differences = [];
  for (let i = 1; i < instants.length && differences.length < DIFFERENCES_MAX; i += 1) {
    differences.push(instants[i] - instants[i - 1]);
  }
  // Of two readings nobody knows what is usual.
  if (differences.length < 3) {
    return null;
  }
  differences.sort((a, b) => a - b);
  return differences[differences.length >> 1];
}

/**
 * The gaps of a frame, those at its edges included: before its first row, and from its last one up to its end or to
 * now, whichever comes first.
 *
 * @param {Frame} frame
 * @param {number | null} declared interval between two readings
 * @param {{begin: number, now: number}} known nothing is missing before the first reading ever, nor in the future
 * @returns {Gap[]}
 */
export function gapsOf(frame, declared, { begin, now }) {
  const longest = silenceOf(frame, declared);
  if (longest === null || frame.starts.length === 0) {
    return [];
  }
  const gaps = [];
  const look = (from, to, most) => {
    if (to - from > most) {
      gaps.push({ from, to });
    }
  };
  // At its edges a frame cuts buckets: less than one of them without readings says nothing.
  const atEdge = Math.max(longest, frame.length);
  look(Math.max(frame.from, begin), frame.starts[0], atEdge);
  for (let i = 1; i < frame.starts.length; i += 1) {
    look(frame.ends[i - 1], frame.starts[i], longest);
  }
  look(frame.ends.at(-1), Math.min(frame.to, now - ON_THE_WAY_MS), atEdge);
  return gaps;
}

/**
 * How long there may be nothing between two rows before it is a gap. Of buckets, an empty one is at least its own
 * length of silence, and up to a bucket more on either side.
 *
 * @param {Frame} frame
 * @param {number | null} declared
 * @returns {number | null}
 */
export function silenceOf(frame, declared) {
  const interval = usualInterval(frame, declared);
  if (frame.kind === 'readings') {
    // Thinned readings stand as far apart as the slices that they were picked from.
    const apart = frame.thinned ? (4 * (frame.to - frame.from)) / Math.max(frame.starts.length, 1) : 0;
    return interval === null ? null : Math.max(INTERVALS * interval, apart);
  }
  return Math.max(0, INTERVALS * (interval ?? 0) - frame.length);
}
