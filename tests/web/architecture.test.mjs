// The layers of the Rust code: the crates, the modules of each crate, and the length of their files.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The crates that each crate must not depend on. Cargo itself refuses cycles. */
const forbidden = {
  engineio: ['socketio', 'socketio-durable', 'natter', 'worker', 'js-sys', 'wasm-bindgen'],
  socketio: ['socketio-durable', 'natter', 'worker', 'js-sys', 'wasm-bindgen'],
  'socketio-durable': ['natter'],
};

/** The modules that only the crate's root may name: the entry of the Worker, and the Durable Objects. */
const tops = ['edge', 'objects'];

const longestFile = 400;

const crates = readdirSync(join(root, 'crates'));
const sources = ['src', ...crates.map((name) => `crates/${name}/src`)].filter((source) => existsSync(join(root, source)));

/** Returns the Rust files of a source folder: `{ path, module, text }`, where `module` is the module's path as an array. */
function filesOf(source) {
  const names = readdirSync(join(root, source), { recursive: true }).filter((name) => name.endsWith('.rs'));
  return names.map((name) => {
    const module = name.replace(/\.rs$/, '').split('/').filter((part) => part !== 'lib' && part !== 'mod');
    return { path: `${source}/${name}`, module, text: readFileSync(join(root, source, name), 'utf8') };
  });
}

/** Expands a tree such as `a::{b, c::{d, e}}` into its paths. */
function pathsOf(tree) {
  const [, prefix, list] = /^([^{]*)\{(.*)\}$/s.exec(tree.trim()) ?? [];
  if (list === undefined) return [tree.split(/\s+as\s+/)[0].trim()];
  const parts = [];
  let depth = 0;
  for (const piece of list.split(/([{},])/)) {
    if (piece === '{') depth += 1;
    if (piece === '}') depth -= 1;
    if (piece === ',' && depth === 0) parts.push('');
    else parts.push((parts.pop() ?? '') + piece);
  }
  return parts.filter((part) => part.trim()).flatMap(pathsOf).map((path) => `${prefix.trim()}${path}`);
}

/** Returns the modules of its own crate that a file names, as arrays. `modules` holds the paths of all modules. */
function importsOf({ module, text }, modules) {
  const code = text.replace(/\/\/.*$/gm, '');
  const used = [...code.matchAll(/\buse\s+([^;]+);/g)].flatMap(([, tree]) => pathsOf(tree));
  const named = [...code.matchAll(/\b(?:crate|super)(?:::\w+)+/g)].map(([path]) => path);
  return [...used, ...named].flatMap((text) => {
    const path = text.split('::');
    let base = module;
    if (path[0] === 'crate') [base] = [[], path.shift()];
    else if (path[0] === 'self') path.shift();
    else if (path[0] !== 'super' && !modules.has([...module, path[0]].join('::'))) return [];
    while (path[0] === 'super') [base] = [base.slice(0, -1), path.shift()];
    const target = [...base, ...path];
    while (!modules.has(target.join('::'))) target.pop();
    return [target];
  });
}

/** Returns the imports between siblings: for each parent, a map from its modules to the siblings that they or their descendants name. */
function siblingImports(files) {
  const modules = new Set(['', ...files.map(({ module }) => module.join('::'))]);
  const parents = new Map();
  for (const file of files) {
    for (const target of importsOf(file, modules)) {
      const depth = file.module.findIndex((part, index) => part !== target[index]);
      if (depth < 0 || depth >= target.length) continue;
      const parent = file.module.slice(0, depth).join('::') || 'crate';
      const graph = parents.get(parent) ?? parents.set(parent, new Map()).get(parent);
      const [from, to] = [file.module[depth], target[depth]];
      graph.set(from, (graph.get(from) ?? new Set()).add(to));
    }
  }
  return parents;
}

/** Returns the cycles that a search from each module finds, as texts. */
function cyclesOf(graph) {
  const cycles = new Set();
  const done = new Set();
  const visit = (module, path) => {
    if (path.includes(module)) cycles.add([...path.slice(path.indexOf(module)), module].join(' → '));
    else if (!done.has(module)) for (const next of graph.get(module) ?? []) visit(next, [...path, module]);
    done.add(module);
  };
  for (const module of graph.keys()) visit(module, []);
  return [...cycles];
}

const cyclesAmong = (files) => [...siblingImports(files)].flatMap(([parent, graph]) => cyclesOf(graph).map((cycle) => `${parent}: ${cycle}`));

describe('the dependencies', () => {
  for (const name of crates.filter((name) => forbidden[name])) {
    it(`of ${name} include no layer above it`, () => {
      const manifest = readFileSync(join(root, 'crates', name, 'Cargo.toml'), 'utf8');
      const tables = manifest.split(/^(?=\[)/m).filter((table) => /^\[[^\]]*dependencies/.test(table));
      const names = tables.flatMap((table) => [...table.matchAll(/^([\w-]+)(?: *=|\.)|^\[.*dependencies\.([\w-]+)\]/gm)]).map(([, key, header]) => key ?? header);
      assert.deepEqual(names.filter((dependency) => forbidden[name].includes(dependency)), []);
    });
  }
});

describe('the modules', () => {
  for (const source of sources) {
    const files = filesOf(source);

    it(`of ${source} do not import each other in cycles`, () => assert.deepEqual(cyclesAmong(files), []));

    it(`of ${source} have at most ${longestFile} lines, or say in their docs why they are one file`, () => {
      const long = files.filter(({ text }) => text.split('\n').length - 1 > longestFile);
      const docs = ({ text }) => /^(?:\/\/!.*\n)*/.exec(text)[0].replace(/\n\/\/! ?/g, ' ');
      assert.deepEqual(long.filter((file) => !/\bone file\b/.test(docs(file))).map(({ path }) => path), []);
    });
  }

  it(`of src do not import ${tops.join(' or ')}, nor do these import each other`, () => {
    const imports = siblingImports(filesOf('src')).get('crate');
    const upward = [...imports].flatMap(([from, targets]) => tops.filter((top) => targets.has(top)).map((top) => `${from} → ${top}`));
    assert.deepEqual(upward, []);
  });

  it('count as a cycle however they name each other', () => {
    const file = (module, text) => ({ module: module.split('::'), text });
    const importing = (text) => cyclesAmong([file('a', 'use crate::b::{self, d::{E, F}};'), file('b', ''), file('b::d', text)]);
    for (const text of ['use crate::a;', 'pub(crate) use super::super::a::{X, Y as Z};', 'fn f() -> crate::a::X {}', 'use {super::super::a, std::fmt};']) {
      assert.deepEqual(importing(text), ['crate: a → b → a'], text);
    }
    for (const text of ['use super::X;', '// use crate::a;', 'use a::X;']) assert.deepEqual(importing(text), [], text);
  });
});
