// Everything a fresh machine needs before anything can be built. On a prepared one this takes a moment.
import { installNpmPackages } from './npm-packages.mjs';
import { requireRust, wasmToolchain } from './rust.mjs';
import { step } from './steps.mjs';
import { installTools } from './wasm-tools.mjs';

/** Resolves to the toolchain that compiles for wasm32. */
export async function setUp() {
  let toolchain;
  // Rust first: that it is missing is told before minutes go by.
  await step('Rust', requireRust);
  await step('npm packages', installNpmPackages);
  await step('Rust for wasm32', async (announce) => {
    toolchain = await wasmToolchain(announce);
    return toolchain.name;
  });
  await installTools();
  return toolchain;
}
