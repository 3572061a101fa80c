// The three Chromium versions that tills run, behind one small API in the words of the person at the till.
//
// Two drivers are needed because neither supports all three: the current puppeteer does not support Chromium 80 and
// 109, whose packages were made for puppeteer 2. `Screen` (screen.mjs) uses only what both have.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { Screen } from './screen.mjs';

const require = createRequire(import.meta.url);
const HERE = path.dirname(fileURLToPath(import.meta.url));
export const OUT = path.join(HERE, '..', 'out');

const FLAGS = [
  // Tests use only loopback and our own pages; a container has no namespaces for the sandbox.
  '--no-sandbox',
  '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--lang=zh-CN',
];

const BROWSERS = {
  current: { driver: 'puppeteer-current', binary: () => process.env.CHROMIUM ?? '/usr/bin/chromium' },
  // The network process of this build crashes when it saves a lasting cookie, and all cookies are gone; in one process with
  // the browser it does not.
  109: {
    driver: 'puppeteer-core', binary: () => unpack('@sparticuz/chromium', 'chromium-109'),
    flags: ['--enable-features=NetworkServiceInProcess2'],
  },
  80: { driver: 'puppeteer-core', binary: () => unpack('chrome-aws-lambda', 'chromium-80') },
};

const ALL = [
  { name: 'current', js: true }, { name: '109', js: true }, { name: '80', js: true },
  { name: 'current', js: false }, { name: '80', js: false },
];

/** Every browser a journey must pass in; `WEBPOS_E2E=80,current-nojs` narrows it while working on one of them. */
export function everyBrowser() {
  const wanted = process.env.WEBPOS_E2E?.split(',');
  return ALL.map((b) => ({ ...b, title: titleOf(b.name, b.js) })).filter((b) => !wanted || wanted.includes(b.title));
}

const titleOf = (name, js) => (js ? name : `${name}-nojs`);

/**
 * Opens a window of the named browser. The screen's `end()` closes it and everything it started. With a `profile` folder it
 * is a window on `display`, which fills in what the profile remembers.
 */
export async function launch(name, { js = true, width = 1366, height = 768, profile, display } = {}) {
  const { driver, binary, flags = [] } = BROWSERS[name];
  const remembering = profile && {
    headless: false, userDataDir: profile, args: [...FLAGS, '--password-store=basic'],
    // A browser that says it is automated fills nothing in.
    ignoreDefaultArgs: ['--enable-automation'],
  };
  const browser = await require(driver).launch({
    executablePath: binary(), args: [...FLAGS, ...flags], headless: true, defaultViewport: { width, height },
    env: { ...process.env, LANGUAGE: 'zh_CN', ...(display && { DISPLAY: display }) },
    ...remembering,
  });
  const [page] = await browser.pages();
  const screen = new Screen(browser, { title: titleOf(name, js), js, out: OUT });
  await screen.watch(page);
  return screen;
}

/** The old builds are brotli-compressed in their npm package. Unpack aside and rename, because journeys run in parallel. */
function unpack(packageName, fileName) {
  const target = path.join(OUT, 'browsers', fileName);
  if (fs.existsSync(target)) return target;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const packed = path.join(HERE, '..', 'node_modules', packageName, 'bin', 'chromium.br');
  const aside = `${target}.${process.pid}`;
  fs.writeFileSync(aside, zlib.brotliDecompressSync(fs.readFileSync(packed)), { mode: 0o755 });
  fs.renameSync(aside, target);
  return target;
}
