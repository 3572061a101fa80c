// A journey of one person: a fresh server, a fresh browser window, the steps; in every browser that tills run.
import assert from 'node:assert/strict';
import test from 'node:test';
import { everyBrowser, launch } from './browsers.mjs';
import { Crash } from './screen.mjs';
import { CAPTCHA, Server } from './server.mjs';

const PASSWORD = 'Demo-pass-2026';

/**
 * Runs `walk({screen, server, browser})` once per browser. A script error or an answer of 500 fails it at the end. When
 * the browser crashes, as current Chromium does now and then under keys with time stamps, the journey begins again once.
 */
export function journey(title, walk, { browsers = everyBrowser(), server: options, timeout = 120_000 } = {}) {
  for (const browser of browsers) {
    test(`${title} · ${browser.title}`, { timeout }, async () => {
      await once(walk, browser, options).catch((error) => {
        if (!(error instanceof Crash)) throw error;
        return once(walk, browser, options);
      });
    });
  }
}

async function once(walk, browser, options) {
  const server = await Server.start(options);
  const screen = await launch(browser.name, browser).catch(async (error) => { await server.end(); throw error; });
  try {
    await Promise.race([walk({ screen, server, browser }), screen.crash]);
    assert.deepEqual(screen.problems, [], 'problems that nobody saw on the screen');
  } catch (error) {
    error.message += `\nserver said: ${server.log.slice(-1500)}`;
    throw error;
  } finally {
    await screen.end();
    await server.end();
  }
}

/** A step in the manual's words, which begin the message if the step fails. */
export async function step(words, act) {
  try {
    return await act();
  } catch (error) {
    error.message = `${words}: ${error.message}`;
    throw error;
  }
}

/** 系统登录, as every journey begins. */
export async function signIn(screen, server, login = 'cashier', password = PASSWORD) {
  await screen.open(server.url);
  await screen.fill('用户名', login);
  await screen.fill('密码', password);
  await screen.fill('验证码', CAPTCHA);
  await screen.press('登录');
}

/** Signs the current person out and another one in. */
export async function change(screen, server, login) {
  await screen.press('退出登录');
  await signIn(screen, server, login);
}
