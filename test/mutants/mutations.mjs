// SPDX-License-Identifier: MIT
/** Small changes to C source, each of which a test should notice. */

/** The replacements of operators and numbers. */
const swaps = [
  [/(?<=\s)<=(?=\s)/g, '<'],
  [/(?<=\s)>=(?=\s)/g, '>'],
  [/(?<=\s)<(?=\s)/g, '<='],
  [/(?<=\s)>(?=\s)/g, '>='],
  [/(?<=\s)==(?=\s)/g, '!='],
  [/(?<=\s)!=(?=\s)/g, '=='],
  [/(?<=\s)&&(?=\s)/g, '||'],
  [/(?<=\s)\|\|(?=\s|$)/g, '&&'],
  [/(?<=\s)\+(?=\s)/g, '-'],
  [/(?<=\s)-(?=\s)/g, '+'],
  [/(?<=[\w)]\s)&(?=\s)/g, '|'],
  [/(?<=\s)\|(?=\s)/g, '&'],
  [/(?<=\s)<<(?=\s)/g, '>>'],
  [/(?<=\s)>>(?=\s)/g, '<<'],
  [/(?<=\s)\+=(?=\s)/g, '-='],
  [/(?<=\s)-=(?=\s)/g, '+='],
  [/\+\+(?=;|\))/g, '--'],
  [/(?<=[(\s])!(?=\w)/g, ''],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/(?<=[^\w.])1U(?=[^\w])/g, '2U'],
  [/(?<=return )0(?=;)/g, '1'],
  [/(?<=return )NULL(?=;)/g, '(void *)8'],
];
const statement =
  /^\s+(?!return\b|const\b|static\b|break\b|case\b|default\b|goto\b|\(void\))[\w>.*\-[\]()&]+[^{}]*;$/;

/**
 * Lines that are no code that runs: comments, preprocessor, assertions (which only a debug build
 * has), events and hints to the compiler, which change nothing where nobody listens.
 */
const passive =
  /^\s*(\/\/|#|\*)|_Static_assert|SEGFIT_(ASSERT|ASSUME|EVENT|UNROLL)|^\s*\(void\)|__asm__|^static|^SEGFIT_|^typedef|^extern/;

/**
 * Whether `#if` with this condition holds where SEGFIT_CHECK is `level`; undefined of any other
 * condition.
 */
function holds(condition, level) {
  const match = /^SEGFIT_CHECK (>=|==|<|>) (\d)$/.exec(condition);
  if (match === null) return undefined;
  const number = Number(match[2]);
  return {
    '>=': level >= number,
    '==': level === number,
    '<': level < number,
    '>': level > number,
  }[match[1]];
}

/**
 * All mutants of a file at a level: {line, before, after, text} where `text` is the whole file,
 * changed.
 */
export function mutantsOf(source, level) {
  const lines = source.split('\n');
  // Of each condition around a line, whether it holds; both branches are taken of one that does not
  // ask for the level.
  const stack = [];
  const found = [];
  for (const [index, line] of lines.entries()) {
    const [, directive, condition = ''] =
      /^#(if|ifdef|ifndef|else|elif|endif)\b\s*(.*)$/.exec(line) ?? [];
    if (directive?.startsWith('if'))
      stack.push(directive === 'if' ? holds(condition, level) : undefined);
    else if (directive === 'else') stack.push({ true: false, false: true }[stack.pop()]);
    else if (directive === 'endif') stack.pop();
    if (directive !== undefined || passive.test(line) || stack.includes(false)) continue;
    const [code, comment] = line.split(/(?=\/\/)/);
    const add = (after) => {
      if (after === code) return;
      const changed = [
        ...lines.slice(0, index),
        after + (comment ?? ''),
        ...lines.slice(index + 1),
      ];
      found.push({
        line: index + 1,
        before: code.trim(),
        after: after.trim(),
        text: changed.join('\n'),
      });
    };
    for (const [pattern, instead] of swaps) {
      for (const match of code.matchAll(pattern)) {
        add(code.slice(0, match.index) + instead + code.slice(match.index + match[0].length));
      }
    }
    if (statement.test(code) && !/=\s*\{/.test(code)) add(code.replace(/\S.*$/, ';'));
  }
  return found;
}
