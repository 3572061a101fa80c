// A browser window whose profile holds a saved login for the till, as after "Save password?". Browsers fill saved logins
// in only where there is a screen, so it runs under Xvfb.
import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { launch } from './browsers.mjs';

/** Runs `walk(screen)` in a current Chromium that knows `login` and `password` for the server. */
export async function withSavedLogin(server, { login, password }, walk) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'webpos-profile-'));
  const { display, end } = await virtualScreen();
  try {
    // The first start makes the database of logins.
    await (await launch('current', { profile, display })).end();
    save(path.join(profile, 'Default', 'Login Data'), server.url, login, password);
    const screen = await launch('current', { profile, display });
    try {
      await walk(screen);
    } finally {
      await screen.end();
    }
  } finally {
    end();
    fs.rmSync(profile, { recursive: true, force: true });
  }
}

async function virtualScreen() {
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1366x768x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise((done, fail) => {
    child.on('error', fail);
    child.stdio[3].once('data', (text) => done(String(text).trim()));
  });
  return { display: `:${number}`, end: () => child.kill() };
}

const INSERT = `
import sqlite3, sys
file, site, login, secret = sys.argv[1:]
logins = sqlite3.connect(file)
logins.execute("""INSERT INTO logins (origin_url, action_url, username_element, username_value, password_element,
  password_value, signon_realm, date_created, blacklisted_by_user, scheme, date_last_used)
  VALUES (?, ?, 'u', ?, 'p', ?, ?, 13300000000000000, 0, 0, 13300000000000000)""",
  (site + "/login", site + "/login", login, bytes.fromhex(secret), site + "/"))
logins.commit()
`;

/** As `--password-store=basic` keeps it: AES with a key that is the same everywhere. */
function save(file, site, login, password) {
  const key = crypto.pbkdf2Sync('peanuts', 'saltysalt', 1, 16, 'sha1');
  const cipher = crypto.createCipheriv('aes-128-cbc', key, Buffer.alloc(16, ' '));
  const secret = Buffer.concat([Buffer.from('v10'), cipher.update(password), cipher.final()]);
  execFileSync('python3', ['-c', INSERT, file, site, login, secret.toString('hex')]);
}
