// Bundles the playground and its workers into dist/, compressed, with the licences of all that went in.
// Run by build.sh.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';

const { outputFiles, metafile } = await build({
  entryPoints: {
    playground: 'src/playground.js',
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
  outdir: 'dist',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.ttf': 'file' },
  assetNames: '[name]',
  metafile: true,
  write: false,
});

mkdirSync('dist', { recursive: true });
for (const { path, contents } of outputFiles) {
  writeFileSync(`dist/${basename(path)}.gz`, gzipSync(contents, { level: 9 }));
}

// The folder of the package that a bundled file belongs to: the last node_modules/NAME or node_modules/@SCOPE/NAME.
const packageOf = (file) => file.match(/^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0];
const packages = [...new Set(Object.keys(metafile.inputs).map(packageOf).filter(Boolean))].sort();
const licences = packages.map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(file)).sort();
  const texts = files.filter((file) => existsSync(`${folder}/${file}`)).map((file) => readFileSync(`${folder}/${file}`, 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
});
const rule = `\n\n${'-'.repeat(80)}\n\n`;
writeFileSync('dist/LICENSES.txt', `What the files beside this one are made of.${rule}${licences.join(rule)}\n`);
