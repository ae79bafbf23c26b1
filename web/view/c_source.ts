// SPDX-License-Identifier: MIT
/**
 * Shows the allocator's C source at the current step. The files are fetched when the panel is
 * built.
 */
import { policies } from 'segfit/core';
import alloc from '../../src/core/alloc.c?url';
import block from '../../src/core/block.h?url';
import cut from '../../src/core/cut.h?url';
import freeIndex from '../../src/core/free_index.h?url';
import pools from '../../src/core/pools.c?url';
import release from '../../src/core/release.h?url';
import resize from '../../src/core/resize.h?url';
import search from '../../src/core/search.h?url';
import sizeClass from '../../src/core/size_class.h?url';

import { type SourceExcerpt, type SourceFile, excerptFor } from '../model/run/c_source.ts';
import { signal } from '../model/signal.ts';
import { make, RunPanel, setText } from './dom.ts';

const addresses: Readonly<Record<SourceFile, string>> = {
  'alloc.c': alloc,
  'block.h': block,
  'cut.h': cut,
  'free_index.h': freeIndex,
  'pools.c': pools,
  'release.h': release,
  'resize.h': resize,
  'search.h': search,
  'size_class.h': sizeClass,
};

type Sources = Partial<Record<SourceFile, string>>;

const sources = signal<Sources>({});
let asked = false;

/**
 * Fetches the sources once for all panels. If a file is missing, the panel shows only a sentence.
 */
function fetchSources(): void {
  if (asked) {
    return;
  }
  asked = true;
  for (const [name, address] of Object.entries(addresses)) {
    fetch(address)
      .then((response) => (response.ok ? response.text() : Promise.reject(response.status)))
      .then((text) => {
        sources.value = { ...sources.value, [name]: text };
      })
      .catch(() => undefined);
  }
}

export class SourceView extends RunPanel {
  #shown = '';

  protected build(): void {
    fetchSources();
    const title = make('p', { class: 'source-title' });
    const code = make('pre', {
      class: 'source',
      tabindex: 0,
      role: 'region',
      'aria-label': 'C source of this step',
    });
    this.append(title, code);
    this.draws(() => {
      const excerpt = this.#excerpt();
      if (excerpt === null) {
        setText(title, 'The C code of each step appears here.');
        return;
      }
      setText(title, `src/core/${excerpt.file}, ${excerpt.function}`);
      this.#draw(code, excerpt);
    });
  }

  /** Returns the excerpt of the current step. At a call's end, that of its last step stays. */
  #excerpt(): SourceExcerpt | null {
    const { steps, events, operation } = this.world.execution.value;
    const moment = this.world.moment();
    const step = steps[moment]!.name === 'done' ? steps[moment - 1] : steps[moment];
    const { policy, layout } = this.world.snapshot.value;
    const aligned = operation?.kind === 'malloc' && operation.align > layout.align;
    const variant = { stock: policy === policies.stock, aligned };
    return step === undefined ? null : excerptFor(step, events, variant, sources.value);
  }

  #draw(code: HTMLElement, { file, function: name, lines, current }: SourceExcerpt): void {
    if (this.#shown !== `${file}:${name}`) {
      this.#shown = `${file}:${name}`;
      code.replaceChildren(
        ...lines.map((line) => make('span', { class: kindOf(line) }, `${line}\n`)),
      );
    }
    [...code.children].forEach((line, index) => {
      line.classList.toggle('current', index === current);
      if (index === current) {
        line.setAttribute('aria-current', 'step');
      } else {
        line.removeAttribute('aria-current');
      }
    });
    const line = code.children[current] as HTMLElement | undefined;
    if (line !== undefined) {
      // Not scrollIntoView, which would also scroll the page.
      code.scrollTop = line.offsetTop - code.clientHeight / 2;
    }
  }
}

function kindOf(line: string): string {
  return /^\s*\/\//.test(line) ? 'comment' : '';
}
