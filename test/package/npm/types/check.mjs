// SPDX-License-Identifier: MIT
/**
 * Compiles the programs of programs.mjs in a project that has the package:
 *
 *     node check.mjs FOLDER_OF_TYPESCRIPT PROJECT [--every]
 *
 * Prints how many programs it compiled, then the compiler's messages about them and the package.
 * Messages about other libraries (@types/node under an older TypeScript) are left out.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { projects } from './programs.mjs';

const [, , compiler, project, extent] = process.argv;
const every = extent === '--every';
const require = createRequire(import.meta.url);
const { version, main } = require(path.join(compiler, 'package.json'));
const [major, minor] = version.split('.').map(Number);
const folderOf = (index) => path.join(project, `types-${version}`, String(index));

const isOfTypes = (name) => /node_modules\/(@types|undici-types)\//.test(name);
/**
 * Whether a file is neither the program's nor the package's: a library of TypeScript or
 * @types/node.
 */
const isOfOthers = (name) => isOfTypes(name) || /\/lib\.[^/]*\.d\.ts$/.test(name);

/**
 * Returns the messages about the program, the package and the whole: in half the time that all
 * files take.
 */
const ours = (program) => [
  ...program.getOptionsDiagnostics(),
  ...program.getGlobalDiagnostics(),
  ...program
    .getSourceFiles()
    .filter(({ fileName }) => !isOfOthers(fileName))
    .flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
];

/** Compiles through the API, where libraries are read once for all projects. */
function throughApi(ts) {
  const libraries = new Map();
  return ({ options, files: sources }, folder) => {
    const config = { compilerOptions: options, files: Object.keys(sources) };
    const parsed = ts.parseJsonConfigFileContent(config, ts.sys, folder);
    const host = ts.createCompilerHost(parsed.options);
    const { getSourceFile } = host;
    host.getSourceFile = (name, ...more) => {
      if (!isOfOthers(name)) return getSourceFile(name, ...more);
      if (!libraries.has(name)) libraries.set(name, getSourceFile(name, ...more));
      return libraries.get(name);
    };
    const program = ts.createProgram(parsed.fileNames, parsed.options, host);
    const found = [
      ...parsed.errors,
      ...(every ? ts.getPreEmitDiagnostics(program) : ours(program)),
    ];
    const naming = {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => project,
      getNewLine: () => '\n',
    };
    return ts.formatDiagnostics(found, naming);
  };
}

/** Compiles by the command, for a TypeScript that has no API. */
function byCommand({ options, files }, folder) {
  const config = { compilerOptions: options, files: Object.keys(files) };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  const words = [path.join(compiler, 'bin', 'tsc'), '--pretty', 'false', '-p', folder];
  return spawnSync(process.execPath, words, { encoding: 'utf8', cwd: project }).stdout;
}

const ts = major < 7 ? require(path.join(compiler, main)) : undefined;
const compile = ts === undefined ? byCommand : throughApi(ts);
const float16 = path.join(compiler, 'lib', 'lib.esnext.float16.d.ts');
const hasFloat16 = ts === undefined || fs.existsSync(float16);
const all = projects(major + minor / 100, hasFloat16).filter(({ telling }) => telling || every);
const lines = [];
all.forEach((each, index) => {
  const folder = folderOf(index);
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(each.files)) {
    fs.writeFileSync(path.join(folder, name), text);
  }
  for (const line of compile(each, folder).split('\n')) {
    if (line.trim() !== '' && !isOfTypes(line.split('(')[0])) lines.push(`${each.name}: ${line}`);
  }
});
console.log([`${all.length} projects, TypeScript ${version}`, ...lines].join('\n'));
process.exitCode = lines.length === 0 ? 0 : 1;
