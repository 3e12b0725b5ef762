// Opens the site of the documentation in a real browser.
//   node browse.mjs BROWSER SITE OUT
// Standard input is {"sizes": {NAME: [WIDTH, HEIGHT]}, "searches": [WORD], "shots": [PAGE]}. OUT gets screenshots. Standard output has
//   pages: {PAGE: {errors: [TEXT], wide: {NAME: [SELECTOR]}}}     errors of the console and of requests; what is wider than the window
//   searches: {WORD: {found: [TARGET], opened: ADDRESS, shows: TEXT}}
//   sidebar: {links, opened, title}    shots: {FILE: {colors, light}}    the number of colors, and the mean brightness from 0 to 1
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [program, site, out] = process.argv.slice(2);
const plan = JSON.parse(fs.readFileSync(0, 'utf8'));

// The site is below the name of its repository, as on the server.
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.png': 'image/png' };
const server = http.createServer((request, response) => {
  const name = decodeURIComponent(new URL(request.url, 'http://x').pathname);
  const file = path.join(site, name.replace(/^\/jinaflow\//, '').replace(/\/$|^$/, '/index.html'));
  if (!name.startsWith('/jinaflow/') || !fs.existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' }).end(fs.readFileSync(file));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const root = `http://127.0.0.1:${server.address().port}/jinaflow/`;

// The browser's protocol, over two pipes: each message ends with a zero byte.
const profile = fs.mkdtempSync(path.join(out, 'profile-'));
const browser = spawn(program, ['--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', `--user-data-dir=${profile}`],
  { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
browser.on('exit', (code) => waiting.forEach(({ fail }) => fail(new Error(`the browser has ended with ${code}`))));
const waiting = new Map();
const listeners = new Set();
let [last, rest, session] = [0, Buffer.alloc(0), undefined];
browser.stdio[4].on('data', (data) => {
  rest = Buffer.concat([rest, data]);
  for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) {
    const message = JSON.parse(rest.subarray(0, end).toString());
    if (message.id) {
      const { done, fail } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) fail(new Error(JSON.stringify(message.error)));
      else done(message.result);
    } else listeners.forEach((listener) => listener(message));
  }
});
const send = (method, params = {}) => new Promise((done, fail) => {
  waiting.set(++last, { done, fail });
  browser.stdio[3].write(`${JSON.stringify({ id: last, method, params, sessionId: session })}\0`);
});
const event = (method) => new Promise((done) => {
  const listener = (message) => {
    if (message.method === method) { listeners.delete(listener); done(message.params); }
  };
  listeners.add(listener);
});
const evaluate = async (script) => {
  const { result, exceptionDetails } = await send('Runtime.evaluate', { expression: `(async () => { ${script} })()`, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
};
const open = async (page) => {
  const loaded = event('Page.loadEventFired');
  await send('Page.navigate', { url: root + page });
  await loaded;
};
const until = async (what, script) => {
  for (let n = 0; n < 100; n++) {
    // A page that is being left has no answer.
    const value = await evaluate(script).catch((error) => { if (!/navigated|context/.test(error.message)) throw error; });
    if (value) return value;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`not within 10 seconds: ${what}`);
};
const click = (link) => evaluate(`const link = ${link}; setTimeout(() => link.click());`);
const resize = ([width, height]) => send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
const theme = (value) => send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });

const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
({ sessionId: session } = await send('Target.attachToTarget', { targetId, flatten: true }));
let errors = [];
listeners.add(({ method, params }) => {
  if (method === 'Runtime.consoleAPICalled' && ['error', 'assert'].includes(params.type)) errors.push(params.args.map((arg) => arg.value ?? arg.description).join(' '));
  if (method === 'Runtime.exceptionThrown') errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
  if (method === 'Log.entryAdded' && params.entry.level === 'error') errors.push(`${params.entry.text} ${params.entry.url ?? ''}`);
});
for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);

const files = fs.readdirSync(site, { recursive: true }).filter((file) => file.endsWith('.html') && !['404.html', 'toc.html'].includes(file)).sort();
const pages = {};
for (const file of files) {
  errors = [];
  const wide = {};
  await open(file);
  for (const [name, size] of Object.entries(plan.sizes)) {
    await resize(size);
    // What scrolls by itself may be wide; the page may not.
    wide[name] = await evaluate(`
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= width) return [];
      return [...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > width + 1 && !e.closest('pre, .table-wrapper'))
        .map((e) => e.tagName + ': ' + e.textContent.trim().slice(0, 60)).concat(document.documentElement.scrollWidth + ' pixels');`);
  }
  pages[file] = { errors, wide };
}

await resize([1280, 900]);
const searches = {};
for (const word of plan.searches) {
  await open('index.html');
  await evaluate(`document.getElementById('mdbook-search-toggle').click();`);
  await until('the field for searches', `return document.activeElement.id === 'mdbook-searchbar';`);
  await send('Input.insertText', { text: word });
  // The search begins when a key is released.
  await send('Input.dispatchKeyEvent', { type: 'keyUp', key: 'Shift' });
  const found = await until(`results for ${word}`, `
    const links = [...document.querySelectorAll('#mdbook-searchresults a')].map((a) => a.getAttribute('href'));
    return links.length > 0 && links;`);
  await click(`document.querySelector('#mdbook-searchresults a')`);
  const shows = await until('the page of the first result', `return document.readyState === 'complete' && location.search !== '' && document.querySelector('main :target')?.textContent;`);
  searches[word] = { found, opened: (await evaluate('return location.href;')).slice(root.length), shows };
}

await open('index.html');
const links = await until('the sidebar', `return document.querySelectorAll('#mdbook-sidebar a[href$=".html"]').length;`);
await click(`[...document.querySelectorAll('#mdbook-sidebar a')].find((a) => a.getAttribute('href').endsWith('reference/fields.html'))`);
const title = await until('the page of the link', `return location.pathname.endsWith('fields.html') && document.readyState === 'complete' && document.querySelector('main h1')?.textContent;`);
const sidebar = { links, opened: (await evaluate('return location.href;')).slice(root.length), title };

const shots = {};
for (const page of plan.shots) {
  for (const [name, size] of Object.entries(plan.sizes)) {
    for (const colors of ['light', 'dark']) {
      await resize(size);
      await theme(colors);
      await open(page);
      const { data } = await send('Page.captureScreenshot', { format: 'png' });
      const file = `${page.replaceAll('/', '-').replace('.html', '')}-${name}-${colors}.png`;
      fs.writeFileSync(path.join(out, file), Buffer.from(data, 'base64'));
      shots[file] = await evaluate(`
        const image = await createImageBitmap(await (await fetch('data:image/png;base64,${data}')).blob());
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        const pixels = new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer);
        const seen = new Set(pixels);
        let sum = 0;
        for (const pixel of pixels) sum += (pixel & 255) + ((pixel >> 8) & 255) + ((pixel >> 16) & 255);
        return { colors: seen.size, light: sum / pixels.length / 765 };`);
    }
  }
}
fs.writeSync(1, JSON.stringify({ pages, searches, sidebar, shots }));
browser.removeAllListeners('exit');
const ended = new Promise((done) => browser.once('exit', done));
browser.kill('SIGKILL');
await ended;
fs.rmSync(profile, { recursive: true, force: true });
process.exit();
