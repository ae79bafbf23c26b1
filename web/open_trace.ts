// SPDX-License-Identifier: MIT
/** Opens a reader's trace: chosen, dropped on the page, or named in the URL. */
import type { Warning } from './formats/heapl.ts';
import { formatNames, readingTrace, textOf } from './formats/read_trace.ts';
import { counted } from './model/format.ts';
import type { Store } from './model/page/store.ts';
import { findingsOf } from './model/run/findings.ts';
import { inSlices } from './model/work.ts';
import { make } from './view/dom.ts';
import { findingButton } from './view/findings.ts';

/** Larger files would block the page for too long. */
const largestFile = 96 * 1024 * 1024;

export type ReportProblem = (
  title: string,
  warnings: readonly Warning[],
  ...more: readonly HTMLElement[]
) => void;

/** Loads the trace in `file` and shows its end and its worst moments. */
export async function openTrace(
  store: Store,
  file: Blob,
  name: string,
  report: ReportProblem,
): Promise<void> {
  const isWanted = store.requestRun();
  if (file.size > largestFile) {
    report(`${name} is larger than ${largestFile / 1024 / 1024} MiB.`, []);
    return;
  }
  const bar = make('progress', { max: 1 });
  const show = (what: string): ((share: number) => void) => {
    bar.setAttribute('aria-label', what);
    bar.value = 0;
    report(`${what} …`, [], bar);
    return (share) => {
      bar.value = share;
    };
  };
  /** Reports that another run was chosen, unless that run has shown a message since. */
  const reportReplaced = (): void => {
    if (bar.isConnected) {
      report(`${name} was not opened, since another run was chosen meanwhile.`, []);
    }
  };
  try {
    const reading = show(`Reading ${name}`);
    const read = await inSlices(readingTrace(await textOf(file)), reading, isWanted);
    if (read === null) {
      reportReplaced();
      return;
    }
    const { trace, warnings, format } = read;
    const { length } = trace.operations;
    if (format === '') {
      report(`${name} has an unknown format. This page reads: ${formatNames}.`, []);
      return;
    }
    if (length === 0) {
      report(`${name} looks like ${format}, but contains no call of malloc or free.`, warnings);
      return;
    }
    const running = store.loading({ ...trace, title: trace.title || name });
    const executing = show(`Executing ${counted(length, 'call')}`);
    if ((await inSlices(running, executing, isWanted)) === null) {
      reportReplaced();
      return;
    }
    store.toEnd();
    const bad = warnings.length === 0 ? '' : ` ${counted(warnings.length, 'line')} ignored:`;
    const what = `${name}: ${counted(length, 'call')}, read as ${format}. This is its end.${bad}`;
    report(what, warnings, worst(store));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    report(`${name} cannot be opened: ${text}.`, []);
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

/** Opens files chosen in `input` or dropped anywhere on the page. */
export function offerOpening(store: Store, input: HTMLInputElement, report: ReportProblem): void {
  const open = (file: File | undefined): void => {
    if (file !== undefined) {
      // Closes the open chapter.
      if (document.documentElement.dataset.mode !== undefined) {
        location.hash = '';
      }
      void openTrace(store, file, file.name, report);
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
 * Loads the trace at the URL `given`. Fetches it from another server, which would learn of its
 * reader, only if the reader agrees.
 */
export async function openGiven(store: Store, given: string, report: ReportProblem): Promise<void> {
  const url = new URL(given, location.href);
  const name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1));
  const load = async (): Promise<void> => {
    try {
      const response = await fetch(url);
      if (!response.ok) {
        throw new Error(`the server answers ${response.status}`);
      }
      await openTrace(store, await response.blob(), name, report);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      report(`${name} cannot be fetched: ${text}.`, []);
    }
  };
  if (url.origin === location.origin) {
    await load();
    return;
  }
  const fetchIt = make('button', { type: 'button' }, `Fetch it from ${url.host}`);
  fetchIt.addEventListener('click', () => void load());
  report(`This link names a trace on another server: ${name}.`, [], fetchIt);
}
