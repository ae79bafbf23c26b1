// SPDX-License-Identifier: MIT
/** Traces that readers bring: chosen, dropped on the page, or named in its address. */
import type { Warning } from './formats/heapl.ts';
import { formatNames, readingTrace, textOf } from './formats/read_trace.ts';
import { counted } from './model/format.ts';
import type { Store } from './model/page/store.ts';
import { findingsOf } from './model/run/findings.ts';
import { inSlices } from './model/work.ts';
import { make } from './view/dom.ts';
import { findingButton } from './view/findings.ts';

/** A file that is larger would hold the page up for long. */
const largestFile = 96 * 1024 * 1024;

export type Tell = (
  title: string,
  warnings: readonly Warning[],
  ...more: readonly HTMLElement[]
) => void;

/** Plays what `file` holds, from its end: what was live, and how bad it was. */
export async function openTrace(store: Store, file: Blob, name: string, tell: Tell): Promise<void> {
  const isWanted = store.requestRun();
  if (file.size > largestFile) {
    tell(`${name} is larger than ${largestFile / 1024 / 1024} MiB.`, []);
    return;
  }
  const bar = make('progress', { max: 1 });
  const show = (what: string): ((share: number) => void) => {
    bar.setAttribute('aria-label', what);
    bar.value = 0;
    tell(`${what} …`, [], bar);
    return (share) => {
      bar.value = share;
    };
  };
  /** Says so, unless another file has told of itself since. */
  const giveUp = (): void => {
    if (bar.isConnected) {
      tell(`${name} was not opened, as another run was chosen meanwhile.`, []);
    }
  };
  try {
    const reading = show(`Reading ${name}`);
    const read = await inSlices(readingTrace(await textOf(file)), reading, isWanted);
    if (read === null) {
      giveUp();
      return;
    }
    const { trace, warnings, format } = read;
    const { length } = trace.operations;
    if (format === '') {
      tell(`${name} is in none of the formats that can be read here: ${formatNames}.`, []);
      return;
    }
    if (length === 0) {
      tell(`${name} looks like ${format}, but holds no call of malloc or free.`, warnings);
      return;
    }
    const running = store.loading({ ...trace, title: trace.title || name });
    const executing = show(`Executing ${counted(length, 'call')}`);
    if ((await inSlices(running, executing, isWanted)) === null) {
      giveUp();
      return;
    }
    store.toEnd();
    const bad = warnings.length === 0 ? '' : ` ${counted(warnings.length, 'line')} left out:`;
    const what = `${name}: ${counted(length, 'call')}, read as ${format}. This is its end.${bad}`;
    tell(what, warnings, worst(store));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    tell(`${name} cannot be opened: ${text}.`, []);
  }
}

function worst(store: Store): HTMLElement {
  const buttons = findingsOf(store.history.callLog).map((each) =>
    findingButton(each, () => store.seek(each.call)),
  );
  return make(
    'div',
    { class: 'findings', role: 'group', 'aria-label': 'Worst moments' },
    ...buttons,
  );
}

/** Opens what is chosen in `input`, and what is dropped anywhere on the page. */
export function offerOpening(store: Store, input: HTMLInputElement, tell: Tell): void {
  const open = (file: File | undefined): void => {
    if (file !== undefined) {
      // A chapter gives way to the run.
      if (document.documentElement.dataset.mode !== undefined) {
        location.hash = '';
      }
      void openTrace(store, file, file.name, tell);
    }
  };
  input.addEventListener('change', () => {
    open(input.files?.[0]);
    input.value = '';
  });
  const root = document.documentElement;
  const mark = (event: DragEvent, over: boolean): void => {
    if (event.dataTransfer?.types.includes('Files') === true) {
      event.preventDefault();
      root.classList.toggle('dropping', over);
    }
  };
  root.addEventListener('dragover', (event) => mark(event, true));
  root.addEventListener('dragleave', (event) => mark(event, event.relatedTarget !== null));
  root.addEventListener('drop', (event) => {
    mark(event, false);
    open(event.dataTransfer?.files[0]);
  });
}

/**
 * Plays the trace whose address is `given`. From another server, which would learn of its reader,
 * it is fetched only when the reader says so.
 */
export async function openGiven(store: Store, given: string, tell: Tell): Promise<void> {
  const url = new URL(given, location.href);
  const name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
  const load = async (): Promise<void> => {
    try {
      const response = await fetch(url);
      if (!response.ok) {
        throw new Error(`the server answers ${response.status}`);
      }
      await openTrace(store, await response.blob(), name, tell);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      tell(`${name} cannot be fetched: ${text}.`, []);
    }
  };
  if (url.origin === location.origin) {
    await load();
    return;
  }
  const fetchIt = make('button', { type: 'button' }, `Fetch it from ${url.host}`);
  fetchIt.addEventListener('click', () => void load());
  tell(`This link names a trace on another server: ${name}.`, [], fetchIt);
}
