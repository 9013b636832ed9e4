// Makes ../land.svg.txt, the outline of the land for a small map: path data for an SVG with `viewBox="0 0 360 180"`,
// equirectangular: x is the longitude + 180, y is 90 - the latitude.
//
//   cd web/assets/land && npm ci && node make.mjs

import { readFile, writeFile } from 'node:fs/promises';

const { objects, arcs, transform } = JSON.parse(
  await readFile(new URL('node_modules/world-atlas/land-110m.json', import.meta.url), 'utf8'),
);

/** Tenths of a degree, from 0 on: finer than a pixel of any map on a page. */
function project([x, y]) {
  const longitude = x * transform.scale[0] + transform.translate[0];
  const latitude = y * transform.scale[1] + transform.translate[1];
  return [Math.round((longitude + 180) * 10), Math.round((90 - latitude) * 10)];
}

/** The points of an arc: each is stored as its difference to the one before; `~n` is arc n from its end. */
function pointsOf(index) {
  let [x, y] = [0, 0];
  const points = arcs[index < 0 ? ~index : index].map(([dx, dy]) => [(x += dx), (y += dy)]);
  return index < 0 ? points.reverse() : points;
}

/** A ring's arcs share their end points. */
function ringOf(indexes) {
  return indexes.flatMap((index, i) => pointsOf(index).slice(i === 0 ? 0 : 1)).map(project);
}

/** Without the zero before a point, and without the comma that a minus makes needless. */
function number(tenths) {
  return String(tenths / 10).replace(/^(-?)0\./, '$1.');
}

function pathOf(ring) {
  const distinct = ring.filter(([x, y], i) => i === 0 || x !== ring[i - 1][0] || y !== ring[i - 1][1]);
  const closed = distinct.at(-1)?.join() === distinct[0].join() ? distinct.slice(0, -1) : distinct;
  if (closed.length < 3) {
    return '';
  }
  const steps = closed.slice(1).map(([x, y], i) => {
    const dy = number(y - closed[i][1]);
    return `${number(x - closed[i][0])}${dy.startsWith('-') ? '' : ','}${dy}`;
  });
  return `M${number(closed[0][0])},${number(closed[0][1])}l${steps.join(' ')}z`;
}

const polygons = objects.land.geometries.flatMap((geometry) =>
  geometry.type === 'MultiPolygon' ? geometry.arcs : [geometry.arcs],
);
const path = polygons.flatMap((rings) => rings.map((ring) => pathOf(ringOf(ring)))).join('');
await writeFile(new URL('../land.svg.txt', import.meta.url), `${path}\n`);
console.log(`${polygons.length} pieces of land, ${path.length} bytes`);
