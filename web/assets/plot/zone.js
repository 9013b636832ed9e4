/**
 * The zone in which times are told: UTC, as everywhere on the pages, or that of the browser, where somebody chose it.
 */

export const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const KEY = 'fieldbook.plot.zone';

/** @returns {string} an IANA name */
export function storedZone() {
  try {
    return localStorage.getItem(KEY) === 'local' ? LOCAL_ZONE : 'UTC';
  } catch {
    return 'UTC';
  }
}

/** @param {string} zone */
export function storeZone(zone) {
  try {
    localStorage.setItem(KEY, zone === 'UTC' ? 'utc' : 'local');
  } catch {
    // Where nothing may be stored, the choice holds for this page.
  }
}
