// SPDX-License-Identifier: MIT
/** The page as tests see it: what it shows, and how it is used. */

const patience = 15_000;

/**
 * Gives the page a size. Firefox before 145 knows no orientation, which puppeteer sets along with
 * it: the size holds nevertheless.
 */
export async function resize(page, viewport) {
  try {
    await page.setViewport(viewport);
  } catch (error) {
    if (!String(error).includes('setScreenOrientationOverride')) {
      throw error;
    }
    await page.waitForFunction((width) => innerWidth === width, {}, viewport.width);
  }
}

let loads = 0;

/** Opens the page in a tab, until it leaves that; the page's problems are collected in `problems`. */
export class Visit {
  constructor(page, address) {
    this.page = page;
    this.address = address;
    this.problems = [];
    page.on('pageerror', (error) => this.problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') {
        this.problems.push(message.text());
      }
    });
  }

  /** Another may use the tab. */
  leave() {
    this.page.removeAllListeners('pageerror');
    this.page.removeAllListeners('console');
  }

  /** Loads the page anew, at what stands behind `#`, and waits until it is ready, or there is `selector`. */
  async load(fragment, selector = 'html[data-ready="true"]') {
    // Of an address that differs in its fragment alone, nothing is loaded.
    await this.page.goto(`${this.address}?${loads++}#${fragment}`);
    await this.page.waitForSelector(selector, { timeout: patience });
    await this.settle();
  }

  /** `at`: the moment to open at, as in the page's address; without it the page plays. */
  async open(at = '') {
    await this.load(at === '' ? '' : `at=${at}`);
  }

  /** Waits until what was changed is drawn. */
  settle() {
    return this.page.evaluate(
      () =>
        new Promise((done) => {
          requestAnimationFrame(() => requestAnimationFrame(done));
        }),
    );
  }

  async until(condition, ...values) {
    await this.page.waitForFunction(condition, { timeout: patience }, ...values);
  }

  text(selector) {
    return this.page.$eval(selector, (element) => element.textContent.trim());
  }

  texts(selector) {
    return this.page.$$eval(selector, (all) => all.map((element) => element.textContent.trim()));
  }

  count(selector) {
    return this.page.$$eval(selector, (all) => all.length);
  }

  attribute(selector, name) {
    return this.page.$eval(selector, (element, key) => element.getAttribute(key), name);
  }

  async click(selector) {
    await this.page.$eval(selector, (element) => element.scrollIntoView({ block: 'center' }));
    await this.page.click(selector);
    await this.settle();
  }

  async hover(selector) {
    await this.page.$eval(selector, (element) => element.scrollIntoView({ block: 'center' }));
    await this.page.hover(selector);
    await this.settle();
  }

  async press(key, ...modifiers) {
    for (const modifier of modifiers) {
      await this.page.keyboard.down(modifier);
    }
    await this.page.keyboard.press(key);
    for (const modifier of modifiers) {
      await this.page.keyboard.up(modifier);
    }
    await this.settle();
  }

  /** Gives the keys back to the page as a whole. */
  blur() {
    return this.page.evaluate(() => document.activeElement?.blur());
  }

  /** `[call, step]`, counted from 0 and 1. */
  async where() {
    const [call, , step] = (await this.text('.where'))
      .replaceAll(',', '')
      .match(/\d+/g)
      .map(Number);
    return [call, step];
  }

  async steps() {
    const numbers = (await this.text('.where')).replaceAll(',', '').match(/\d+/g).map(Number);
    return numbers[3];
  }

  caption() {
    return this.text('segfit-caption .sentence');
  }

  playing() {
    return this.page.$eval('.play', (button) => button.getAttribute('aria-label') === 'Pause');
  }

  /** All that the panels show of the heap, pixels included. */
  async heap() {
    return this.page.evaluate(() => {
      const pixels = [...document.querySelectorAll('segfit-map canvas, segfit-strip canvas')].map(
        (canvas) => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return data.reduce((hash, byte) => (Math.imul(hash, 31) + byte) | 0, 7);
        },
      );
      const matrix = [...document.querySelectorAll('segfit-matrix td')]
        .map((cell) => `${cell.className}${cell.textContent}`)
        .join();
      const rest = ['segfit-list', 'segfit-block', '.figures', '.sentence'].map(
        (selector) => document.querySelector(selector).textContent,
      );
      return JSON.stringify([pixels, matrix, rest]);
    });
  }

  /** The pixels of the heap map alone. */
  async map() {
    return JSON.stringify(JSON.parse(await this.heap())[0][0]);
  }

  async set(selector, value) {
    await this.page.$eval(
      selector,
      (element, text) => {
        element.value = text;
        element.dispatchEvent(new Event('input', { bubbles: true }));
        element.dispatchEvent(new Event('change', { bubbles: true }));
      },
      String(value),
    );
    await this.settle();
  }

  /** Chooses a file as its dialog would. */
  async chooseFile(selector, name, text) {
    await this.page.$eval(
      selector,
      (input, fileName, content) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([content], fileName));
        input.files = transfer.files;
        input.dispatchEvent(new Event('change', { bubbles: true }));
      },
      name,
      text,
    );
    await this.settle();
  }
}
