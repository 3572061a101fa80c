// The product under test: `webpos serve --demo` on a loopback port with its own data folder, so that several can run at
// once, on the embedded database or a throw-away PostgreSQL. It can be stopped, killed, frozen, and started again on the
// same data.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const BUILT = path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), 'debug');
const BINARY = process.env.WEBPOS_BIN ?? path.join(BUILT, 'webpos');
const START_MS = 20_000;
const STOP_MS = 10_000;

// Stop the server of an interrupted run: 'exit' handlers run only when the process ends by itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export const CAPTCHA = 'abcd';

export class Server {
  /** The program's output, for the message of a failed journey. */
  log = '';
  #child; #data; #port; #atExit; #postgres; #place;

  /** Starts a fresh one; `database` is `sqlite` or `postgres`. `args` and `env` are added to the usual ones. */
  static async start({ database = 'sqlite', args = [], env = {} } = {}) {
    const server = new Server();
    server.#data = fs.mkdtempSync(path.join(os.tmpdir(), 'webpos-e2e-'));
    server.#place = ['--data-dir', server.#data];
    server.#atExit = () => { server.#child?.kill('SIGKILL'); fs.rmSync(server.#data, { recursive: true, force: true }); };
    process.on('exit', server.#atExit);
    try {
      if (database === 'postgres') {
        server.#postgres = await Postgres.start();
        server.#place.push('--database', server.#postgres.url);
        execFileSync(BINARY, ['migrate', ...server.#place]);
      }
      await server.#run(0, args, env);
    } catch (error) {
      await server.end();
      throw error;
    }
    return server;
  }

  get url() { return `http://127.0.0.1:${this.#port}`; }
  get dataDir() { return this.#data; }
  get pid() { return this.#child.pid; }

  /** Runs `webpos admin` on the same data; answers what it says. */
  admin(...words) {
    return execFileSync(BINARY, ['admin', ...words, ...this.#place], { encoding: 'utf8' });
  }

  /** Kills the program like a power cut: no handler runs. */
  async kill9() { await this.#end('SIGKILL'); }
  /** Stops it gracefully. */
  async stop() { await this.#end('SIGTERM'); }
  /** Freezes it: the kernel accepts connections, nothing answers. */
  sigstop() { this.#child.kill('SIGSTOP'); }
  sigcont() { this.#child.kill('SIGCONT'); }

  /** Starts again on the same data and port, after `stop`, `kill9`, or, if it still runs, a graceful stop. */
  async restart({ args = [], env = {} } = {}) {
    if (this.#running()) await this.stop();
    await this.#run(this.#port, args, env);
  }

  /** Stops it and removes its data. */
  async end() {
    if (this.#running()) { this.sigcont(); await this.stop(); }
    await this.#postgres?.end();
    process.off('exit', this.#atExit);
    fs.rmSync(this.#data, { recursive: true, force: true });
  }

  #running() { return this.#child && this.#child.exitCode === null && this.#child.signalCode === null; }

  async #run(port, args, env) {
    this.#child = spawn(
      BINARY,
      ['serve', '--demo', '--listen', `127.0.0.1:${port}`, ...this.#place, ...args],
      { env: { ...process.env, WEBPOS_TEST_CAPTCHA: CAPTCHA, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const said = this.log.length;
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.on('data', (chunk) => { this.log += chunk; });
    const gone = once(this.#child, 'exit').then(([code, signal]) => `it ended with ${code ?? signal}`, (e) => e.message);
    const address = new Promise((found) => {
      let out = '';
      this.#child.stdout.on('data', (chunk) => {
        out += chunk;
        const match = /http:\/\/127\.0\.0\.1:(\d+)/.exec(out);
        if (match) found(Number(match[1]));
      });
    });
    let timer;
    const late = new Promise((done) => { timer = setTimeout(done, START_MS, `no address within ${START_MS} ms`); });
    const first = await Promise.race([address, gone, late]);
    clearTimeout(timer);
    if (typeof first === 'number') { this.#port = first; return; }
    if (this.#running()) this.#child.kill('SIGKILL');
    throw new Error(`${BINARY} did not start: ${first}\n${this.log.slice(said)}`);
  }

  async #end(signal) {
    if (!this.#running()) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(hard);
  }
}

/** A PostgreSQL server of its own, which leaves nothing: it ends when its standard input closes, so also with this process. */
class Postgres {
  #child; #gone;

  static async start() {
    const server = new Postgres();
    // Detached: Ctrl+C must not end the keeper before it has removed the server's data.
    server.#child = spawn(path.join(BUILT, 'scratch'), { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    server.#gone = once(server.#child, 'exit').then(([code, signal]) => `it ended with ${code ?? signal}`, (e) => e.message);
    const said = once(server.#child.stdout, 'data').then(([chunk]) => String(chunk).trim());
    server.url = await Promise.race([said, server.#gone.then((why) => { throw new Error(`PostgreSQL did not start: ${why}`); })]);
    return server;
  }

  async end() {
    this.#child.stdin.end();
    await this.#gone;
  }
}
