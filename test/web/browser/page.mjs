// SPDX-License-Identifier: MIT
/** The page for tests: reads its state, and uses its controls. */

const patience = 15_000;

/**
 * Sets the page's size. Firefox before 145 does not know the orientation, which puppeteer sets too:
 * the size is set nevertheless.
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

/** Opens the page in a tab; `problems` collects the page's errors. */
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

  /** Releases the tab. */
  leave() {
    this.page.removeAllListeners('pageerror');
    this.page.removeAllListeners('console');
  }

  /** Loads the page again with a fragment, and waits until it is ready, or `selector` exists. */
  async load(fragment, selector = 'html[data-ready="true"]') {
    // A URL that differs only in its fragment would load nothing.
    await this.page.goto(`${this.address}?${loads++}#${fragment}`);
    await this.page.waitForSelector(selector, { timeout: patience });
    await this.settle();
  }

  /** Opens the page. `at` is the moment, as in the page's URL; without it the page plays. */
  async open(at = '') {
    await this.load(at === '' ? '' : `at=${at}`);
  }

  /** Waits until changes are drawn. */
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

  /** Removes the focus, so that the page handles keys. */
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

  /** Returns the contents of the panels, pixels included. */
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

  /** Selects a file as the dialog would. */
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
