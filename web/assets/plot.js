/**
 * `<figure data-plot>`: the server's picture of one sensor becomes one to move about in. See plot/figure.js.
 */

import { PlotFigure } from './plot/figure.js';

document.querySelectorAll('figure[data-plot]').forEach((figure, i) => {
  // Of several plots on a page, the first one's range stands in the address.
  new PlotFigure(/** @type {HTMLElement} */ (figure), i === 0).start();
});
