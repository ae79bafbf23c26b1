// SPDX-License-Identifier: MIT
/** Switches the page between the run and the chapters. */
import type { Build } from '../model/heap/allocator.ts';
import type { Store } from '../model/page/store.ts';
import type { Learn } from './learn.ts';

export interface LearnMode {
  /** The run of the open chapter, or null. */
  readonly store: Store | null;
  /** Opens a chapter, or for 0 shows the run. */
  open(chapter: number): Promise<void>;
}

/** Returns the mode. `place` is hidden while no chapter is open. */
export function learnIn(place: HTMLElement, builds: readonly Build[]): LearnMode {
  let learn: Learn | null = null;
  let wanted = 0;
  const title = document.title;

  const close = (): void => {
    learn?.remove();
    learn = null;
    place.hidden = true;
    document.title = title;
    delete document.documentElement.dataset.mode;
  };
  return {
    get store() {
      return learn?.store ?? null;
    },
    async open(chapter) {
      wanted = chapter;
      if (chapter === 0) {
        close();
        return;
      }
      // Loaded on demand, since most readers never open a chapter.
      const { defineLearn } = await import('./learn.ts');
      if (wanted !== chapter) {
        return;
      }
      if (learn === null) {
        defineLearn();
        learn = document.createElement('segfit-learn') as Learn;
        learn.builds = builds;
        place.replaceChildren(learn);
      }
      place.hidden = false;
      document.documentElement.dataset.mode = 'learn';
      learn.open(chapter);
      document.title = `${learn.heading} · ${title}`;
    },
  };
}
