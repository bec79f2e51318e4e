// Installs what a fresh machine lacks for building. On a prepared machine this takes a moment.
import { installNpmPackages } from './npm-packages.mjs';
import { requireRust, requireWasmTarget } from './rust.mjs';
import { step } from './steps.mjs';
import { installTools } from './wasm-tools.mjs';

export async function setUp() {
  // First, so that a missing Rust is reported before minutes of downloads.
  await step('Rust', requireRust);
  await step('npm packages', installNpmPackages);
  await step('Rust for wasm32', requireWasmTarget);
  await installTools();
}
