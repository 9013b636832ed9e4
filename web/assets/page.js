/**
 * What pages do with a browser, as far as they have what it is for. They are whole without it.
 */

import './copy.js';
import './time.js';

document.documentElement.classList.add('scripted');

if (document.querySelector('[data-live-sensor]')) {
  import('./live.js');
}
if (document.querySelector('figure[data-plot]')) {
  import('./plot.js');
}
