// SPDX-License-Identifier: MIT
/** Exports the shown state: a link, pictures, data, text. */
import { colours } from '../draw/colours.ts';
import { mapLayoutFor } from '../draw/map_layout.ts';
import { writeHeapl } from '../formats/heapl.ts';
import type { SnapshotContext } from '../formats/snapshot_export.ts';
import { decimal } from '../model/format.ts';
import { Store } from '../model/page/store.ts';
import { maxUrlOperations, writeUrlState } from '../model/page/url_state.ts';
import { urlStateOf } from '../model/page/url_sync.ts';
import { make, Panel } from './dom.ts';

/** Loaded on demand. */
const snapshotExport = (): Promise<typeof import('../formats/snapshot_export.ts')> =>
  import('../formats/snapshot_export.ts');

/** The layout of the SVG picture. */
const picture = { width: 960, maxLines: 24, minBytesPerLine: 256, lineHeight: 16, gap: 4 };

/** The page's own trace, which a link need not contain. */
export interface ShareOptions {
  readonly own: Parameters<typeof urlStateOf>[1];
}

export class Share extends Panel {
  #own: ShareOptions['own'] = null;
  readonly #status = make('p', { class: 'said', role: 'status' });

  set options({ own }: ShareOptions) {
    this.#own = own;
  }

  protected build(): void {
    const run = this.store instanceof Store;
    const actions: [text: string, act: () => void | Promise<void>, needsRun?: boolean][] = [
      ['Copy link', () => this.#copyLink(), true],
      ['Copy as text', () => this.#copyText()],
      ['Map as PNG', () => this.#savePng()],
      ['Map as SVG', () => this.#saveSvg()],
      ['Snapshot as JSON', () => this.#saveJson()],
      ['Calls as .heapl', () => this.#saveTrace(), true],
      ['Calls as .rep', () => this.#saveRep(), true],
      ['Statistics as CSV', () => this.#saveStatistics(), true],
      ['Statistics for Perfetto', () => this.#saveEvents(), true],
    ];
    const buttons = actions
      .filter(([, , needsRun = false]) => run || !needsRun)
      .map(([text, act]) => this.#button(text, act));
    const menu = make(
      'details',
      {},
      make('summary', {}, 'Share'),
      make('div', { class: 'menu' }, ...buttons, this.#status),
    );
    menu.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && menu.open) {
        menu.open = false;
        menu.querySelector('summary')!.focus();
        event.stopPropagation();
      }
    });
    const closeOutside = (event: Event): void => {
      if (!event.composedPath().includes(this)) {
        menu.open = false;
      }
    };
    document.addEventListener('pointerdown', closeOutside);
    this.onEnd(() => document.removeEventListener('pointerdown', closeOutside));
    this.append(menu);
  }

  #button(text: string, act: () => void | Promise<void>): HTMLElement {
    const button = make('button', { type: 'button' }, text);
    button.addEventListener('click', () => {
      this.#setStatus('');
      // Inside a promise, so that synchronous and asynchronous errors are reported alike.
      Promise.resolve()
        .then(act)
        .catch((error: unknown) =>
          this.#setStatus(error instanceof Error ? error.message : String(error)),
        );
    });
    return button;
  }

  #setStatus(text: string): void {
    this.#status.textContent = text;
  }

  #context(): SnapshotContext {
    const world = this.world;
    const requested = (header: number): number | undefined => world.ownerOf(header)?.requested;
    if (!(this.store instanceof Store)) {
      return { call: '', sentence: '', where: '', title: 'a running program', requested };
    }
    const { explanation, position, history, trace } = this.store;
    const { operation, moment } = position.value;
    return {
      ...explanation.value,
      where: `call ${decimal(operation)} of ${decimal(history.length)}, step ${moment + 1}`,
      title: trace.value.title,
      requested,
    };
  }

  async #copyLink(): Promise<void> {
    const { store } = this;
    if (!(store instanceof Store)) {
      return;
    }
    const state = urlStateOf(store, this.#own);
    const address = new URL(location.href);
    address.hash = writeUrlState(state);
    const length = state.trace?.operations.length ?? 0;
    const lost = length > maxUrlOperations;
    await this.#copy(
      address.href,
      lost
        ? `Copied without the calls: ${decimal(length)} are too many for a link. Save them as a file too.`
        : `Copied: ${decimal(address.href.length)} characters.`,
    );
  }

  async #copy(text: string, said: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      this.#copyBySelection(text);
    }
    this.#setStatus(said);
  }

  /**
   * Copies through a selection, where pages may not use the clipboard, as with some pages opened
   * from a disk.
   */
  #copyBySelection(text: string): void {
    const area = make('textarea', { readonly: true, 'aria-hidden': 'true' });
    area.value = text;
    this.append(area);
    area.select();
    const copied = document.execCommand('copy');
    area.remove();
    if (!copied) {
      throw new Error('The browser does not let this page copy.');
    }
  }

  async #copyText(): Promise<void> {
    const { snapshotText } = await snapshotExport();
    const selected = this.store.selectedIn(this.number);
    const text = snapshotText(this.world.snapshot.value, this.#context(), selected);
    await this.#copy(text, 'Copied as text.');
  }

  async #saveJson(): Promise<void> {
    const { snapshotJson } = await snapshotExport();
    const text = snapshotJson(this.world.snapshot.value, this.#context());
    this.#save(text, 'application/json', 'json');
  }

  async #saveSvg(): Promise<void> {
    const { snapshotSvg } = await snapshotExport();
    const { begin, end } = this.world.extent.value;
    const mapLayout = mapLayoutFor(begin, end, picture.width, picture);
    const { palette } = colours(this).value;
    const text = snapshotSvg(this.world.snapshot.value, mapLayout, palette, this.#context());
    this.#save(text, 'image/svg+xml', 'svg');
  }

  #saveTrace(): void {
    if (this.store instanceof Store) {
      const { operations } = this.store.history;
      const text = writeHeapl({ ...this.store.trace.value, operations });
      this.#save(text, 'application/x-ndjson', 'heapl');
    }
  }

  async #saveRep(): Promise<void> {
    if (this.store instanceof Store) {
      const { writeRep } = await import('../formats/malloc_lab.ts');
      const { operations, largestEnd } = this.store.history;
      const text = writeRep(operations, largestEnd - this.world.extent.value.begin);
      this.#save(text, 'text/plain', 'rep');
    }
  }

  async #saveStatistics(): Promise<void> {
    if (this.store instanceof Store) {
      const { callTableCsv } = await import('../formats/run_export.ts');
      this.#save(callTableCsv(this.store.history.callLog), 'text/csv', 'csv');
    }
  }

  async #saveEvents(): Promise<void> {
    if (this.store instanceof Store) {
      const { perfettoEvents } = await import('../formats/run_export.ts');
      const title = this.store.trace.value.title || 'segfit';
      this.#save(
        perfettoEvents(this.store.history.callLog, title),
        'application/json',
        'perfetto.json',
      );
    }
  }

  async #savePng(): Promise<void> {
    const root = this.getRootNode() as ParentNode;
    const canvas = root.querySelector<HTMLCanvasElement>('segfit-map canvas');
    if (canvas === null) {
      throw new Error('No map is shown.');
    }
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) {
      throw new Error('The map is too large for a picture.');
    }
    this.#download(blob, 'png');
  }

  #save(text: string, type: string, extension: string): void {
    this.#download(new Blob([text], { type }), extension);
  }

  #download(blob: Blob, extension: string): void {
    const address = URL.createObjectURL(blob);
    const call = this.store instanceof Store ? `-${this.store.position.value.operation}` : '';
    const name = `segfit-heap${call}.${extension}`;
    make('a', { href: address, download: name }).click();
    // The browser has read the URL when the click has been handled.
    setTimeout(() => URL.revokeObjectURL(address), 0);
    this.#setStatus(`Saved as ${name}.`);
  }
}
