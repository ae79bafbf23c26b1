// SPDX-License-Identifier: MIT
/** Finds and starts the browsers for the tests. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import puppeteer from 'puppeteer-core';

const chromiumNames = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const firefoxNames = ['firefox-esr', 'firefox'];

/** Returns the first of these programs in PATH, or null; an environment variable overrides it. */
function find(names, variable) {
  const override = process.env[variable];
  if (override) {
    return override;
  }
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'];
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path)) ?? null;
}

async function startChromium() {
  const executablePath = find(chromiumNames, 'CHROMIUM');
  if (executablePath === null) {
    throw new Error('no Chromium found on PATH; set CHROMIUM to one');
  }
  return puppeteer.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
}

/** Starts a browser; `still` sets the preference for reduced motion. */
async function startFirefox({ still = false } = {}) {
  const executablePath = find(firefoxNames, 'FIREFOX');
  if (executablePath === null) {
    throw new Error('no Firefox found on PATH; set FIREFOX to one');
  }
  return puppeteer.launch({
    browser: 'firefox',
    executablePath,
    headless: true,
    extraPrefsFirefox: {
      'ui.prefersReducedMotion': still ? 1 : 0,
      'app.update.auto': false,
      'datareporting.policy.dataSubmissionEnabled': false,
      'network.captive-portal-service.enabled': false,
    },
  });
}

export const browsers = { Chromium: startChromium, Firefox: startFirefox };
