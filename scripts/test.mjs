// npm test: runs every layer; `npm test -- native worker` runs only those. A failing layer does not stop the others.
import './lib/node-version.mjs';
import { layers } from './lib/layers.mjs';
import { requireLints } from './lib/rust.mjs';
import { setUp } from './lib/setup.mjs';
import { Refusal, bold, explain, green, red, script, seconds, step } from './lib/steps.mjs';

await script(async () => {
  const chosen = chosenLayers(process.argv.slice(2));
  await setUp();
  await step('rustfmt and clippy', requireLints);

  const results = [];
  for (const layer of chosen) {
    console.log(`\n${bold(`── ${layer.name}: ${layer.title}`)}`);
    const started = performance.now();
    const result = await outcome(layer, results);
    results.push({ layer, ...result, time: seconds(started) });
  }

  console.log(`\n${bold('── summary')}`);
  for (const { layer, passed, failed, skipped, detail, time } of results) {
    const counts = `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
    const mark = failed === 0 ? green('✓') : red('✗');
    console.log(`${mark} ${layer.title.padEnd(50)} ${counts.padEnd(34)} ${time.padStart(8)}${detail ? `  ${detail}` : ''}`);
  }
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0);
  const skipped = total('skipped');
  console.log(`\n${total('passed')} passed, ${total('failed')} failed${skipped ? `, ${skipped} skipped` : ''}`);
  if (total('failed') > 0) process.exitCode = 1;
});

/** Returns the named layers in their order, and the build before them if one of them needs it. */
function chosenLayers(names) {
  const unknown = names.find((name) => !layers.some((layer) => layer.name === name));
  if (unknown) throw new Refusal(`There is no layer "${unknown}"; there are ${layers.map((layer) => layer.name).join(', ')}.`);
  if (names.length === 0) return layers;
  const named = layers.filter((layer) => names.includes(layer.name));
  const needsBuild = named.some((layer) => layer.needsBuild);
  return layers.filter((layer) => named.includes(layer) || (needsBuild && layer.name === 'build'));
}

async function outcome(layer, results) {
  const build = results.find((result) => result.layer.name === 'build');
  if (layer.needsBuild && build.failed > 0) return { passed: 0, failed: 1, skipped: 0, detail: 'not run: the build failed' };
  try {
    return await layer.run();
  } catch (error) {
    explain(error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
