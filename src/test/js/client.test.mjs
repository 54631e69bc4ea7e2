// The JavaScript client on the service: JsClientTest runs it, with SERVER and a token for each list of roles in TOKENS.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FeedPosition, FeedStoppedException, PmsEventsClient, ProblemException, Snapshot, newKey, stockKey } from '../../client/js/pms-events.js';

const { SERVER } = process.env;
const TOKENS = JSON.parse(process.env.TOKENS);
const TRANSPORTS = ['websocket', 'stream'];
const PAUSES = [10, 100];

const client = (roles, options = {}) => new PmsEventsClient({ addresses: SERVER, token: TOKENS[roles], ...options });
const viewer = client('viewer'), editor = client('editor'), keeper = client('stock');
const newSku = () => `JS-${newKey()}`;
const product = (sku) => ({ sku, name: 'Mug', price: { amount: 7.5, currency: 'EUR' } });
const here = async () => (await viewer.get('/api/products?limit=1')).feedPosition;

async function create() {
  const sku = newSku();
  await editor.createProduct(product(sku));
  return sku;
}

/** Waits for what listeners are told: check is tried at each call of the function that it returns. */
function awaited() {
  const waiting = new Set();
  const told = () => waiting.forEach((look) => look());
  const until = (check) => new Promise((resolve) => {
    const look = () => { if (check()) { waiting.delete(look); resolve(); } };
    waiting.add(look);
    look();
  });
  return { told, until };
}

/** Passes connections on to the service, until they are cut. */
async function proxy() {
  const open = new Set();
  const service = new URL(SERVER);
  const server = net.createServer((from) => {
    const to = net.connect(service.port, service.hostname);
    for (const each of [from, to]) {
      open.add(each);
      each.on('error', () => {}).on('close', () => { open.delete(each); from.destroy(); to.destroy(); });
    }
    from.pipe(to);
    to.pipe(from);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    cut: () => open.forEach((each) => each.destroy()),
    close: () => { server.close(); open.forEach((each) => each.destroy()); },
  };
}

async function whyStopped(feed) {
  try {
    for await (const message of feed) assert.fail(JSON.stringify(message));
  } catch (why) {
    assert.ok(why instanceof FeedStoppedException, why);
    return why;
  }
  return assert.fail('it has ended');
}

test('products and stock are read and changed', async () => {
  const sku = newSku();
  assert.equal((await editor.createProduct(product(sku))).version, 1);
  const read = await viewer.product(sku);
  assert.ok(read.feedPosition.position > 0);
  assert.equal((await editor.patchProduct(sku, { name: 'Cup' }, read.etag)).body.name, 'Cup');
  assert.equal((await editor.publish(sku)).status, 'published');
  assert.equal((await keeper.adjust(sku, { delta: 5, reason: 'receipt' })).onHand, 5);
  const key = newKey();
  const first = await keeper.adjust(sku, { delta: -2, reason: 'sale' }, key);
  assert.deepEqual(await keeper.adjust(sku, { delta: -2, reason: 'sale' }, key), first);
  assert.equal((await viewer.stock(sku)).onHand, 3);
  assert.equal((await keeper.count(sku, { onHand: 9, reason: 'count' })).delta, 6);
  assert.match(await (await viewer.download(`/api/exports/products?q=${sku}`)).text(), new RegExp(sku));
});

test('a SKU may have any characters that the service allows', async () => {
  const sku = `${newSku()} (ü&+*'!)`;
  await editor.createProduct(product(sku));
  assert.equal((await viewer.product(sku)).body.sku, sku);
  assert.equal((await viewer.stock(sku)).onHand, 0);
});

test('a refusal is its problem', async () => {
  const sku = await create();
  const refused = async (call) => call.then(() => assert.fail('accepted'), (why) => { assert.ok(why instanceof ProblemException, why); return why; });
  const exists = await refused(editor.createProduct(product(sku)));
  assert.deepEqual([exists.status, exists.code], [409, 'product-exists']);
  assert.ok(exists.problem.traceId);
  assert.equal((await refused(editor.patchProduct(sku, {}, '"7"'))).code, 'version-mismatch');
  assert.equal((await refused(viewer.product('none'))).status, 404);
  assert.equal((await refused(client('viewer', { token: 'nonsense' }).product(sku))).code, 'unauthenticated');
  const silent = await refused(new PmsEventsClient({ addresses: 'http://127.0.0.1:1', patience: 0 }).product(sku));
  assert.deepEqual([silent.status, silent.code], [0, 'no-answer']);
});

test('the token goes to the service only', async () => {
  await assert.rejects(viewer.get('//elsewhere.example/api/products'), TypeError);
  await assert.rejects(viewer.get('https://elsewhere.example/'), TypeError);
});

test('an unreachable replica is passed over', async () => {
  const sku = newSku();
  const two = client('editor', { addresses: ['http://127.0.0.1:1', SERVER] });
  await two.createProduct(product(sku));
  assert.equal((await two.product(sku)).status, 200);
  assert.equal((await two.product(sku)).status, 200);
});

test('an answer that is lost is asked for again, and the change made once', async () => {
  const sku = await create();
  const between = await proxy();
  let asked = 0;
  const cutting = new PmsEventsClient({
    addresses: between.address,
    token: () => {
      // the first attempt is cut when the service has made the change
      if (++asked === 1) viewerSees(sku, 4).then(between.cut);
      return TOKENS.stock;
    },
  });
  const viewerSees = async (of, onHand) => { while ((await viewer.stock(of)).onHand !== onHand) await new Promise(setImmediate); };
  try {
    await cutting.adjust(sku, { delta: 4, reason: 'receipt' });
    assert.equal((await viewer.stock(sku)).onHand, 4);
  } finally {
    between.close();
  }
});

for (const transport of TRANSPORTS) {
  test(`${transport}: a lost connection costs no event and doubles none`, async () => {
    const between = await proxy();
    const through = client('viewer', { addresses: between.address });
    const { told, until } = awaited();
    const subjects = [];
    let following = 0;
    const feed = through.feed('product.*', { transport, pauses: PAUSES, after: await here(), onState: ({ kind }) => { following += kind === 'following'; told(); } });
    const reading = (async () => {
      for await (const { metadata } of feed) { subjects.push(metadata.subject); told(); }
    })();
    const created = [];
    for (let round = 1; round <= 3; round++) {
      created.push(await create());
      await until(() => following >= round && subjects.includes(created.at(-1)));
      between.cut();
      created.push(await create());
    }
    await until(() => subjects.includes(created.at(-1)));
    const mine = subjects.filter((sku) => created.includes(sku));
    assert.deepEqual(mine, created);
    feed.close();
    await reading;
    between.close();
  });

  test(`${transport}: a slow reader gets everything in order, and bounds what waits`, async () => {
    const after = await here();
    const lines = Array.from({ length: 60 }, newSku).sort().map(product); // a batch is in the order of SKUs
    await editor.post('/api/products/batch', { lines });
    const { told, until } = awaited();
    let paused = 0;
    const feed = viewer.feed(['product.*'], { transport, after, buffer: 5, pauses: PAUSES, subjects: lines.map(({ sku }) => sku), onState: ({ kind }) => { paused += kind === 'paused'; told(); } });
    const taken = [];
    for await (const { metadata } of feed) {
      // reads no more until the connection was closed for it; a stream is not read instead
      if (!taken.length && transport === 'websocket') await until(() => paused > 0);
      taken.push(metadata.subject);
      if (taken.length === lines.length) break;
    }
    assert.deepEqual(taken, lines.map(({ sku }) => sku));
  });

  test(`${transport}: the position is that of what has been dealt with`, async () => {
    const after = await here();
    const created = [await create(), await create()];
    const feed = viewer.feed('product.created', { transport, after, subjects: created });
    assert.equal(String(feed.position), String(after));
    const first = (await feed.next()).value;
    assert.ok(feed.position.position < first.metadata.position);
    await feed.next();
    assert.ok(feed.position.position >= first.metadata.position);
    const kept = String(feed.position);
    await feed.return();
    assert.equal((await feed.next()).done, true);
    const resumed = viewer.feed('product.created', { transport, after: kept, subjects: created });
    assert.equal((await resumed.next()).value.metadata.subject, created[1]);
    await resumed.return();
  });

  test(`${transport}: a heartbeat moves the position, and without one the connection is made anew`, async () => {
    const from = await here();
    const feed = viewer.feed('inventory.alert', { transport, after: from, subjects: ['none'] });
    const reading = feed.next();
    await create();
    while (!(feed.position?.position > from.position)) await new Promise((resolve) => { setTimeout(resolve, 20); });
    feed.close();
    assert.equal((await reading).done, true);
    const states = [];
    const { told, until } = awaited();
    const silent = viewer.feed('inventory.alert', { transport, subjects: ['none'], heartbeat: 5, pauses: PAUSES, onState: ({ kind }) => { states.push(kind); told(); } });
    const unread = silent.next();
    await until(() => states.filter((kind) => kind === 'lost').length > 1);
    silent.close();
    await unread;
  });

  test(`${transport}: a place that is not there is a reset`, async () => {
    const from = await here();
    const feed = viewer.feed('product.*', { transport, after: new FeedPosition('5f0c6c1e-2a8e-4a0e-9a55-0d9a1c9b7f10', 1) });
    const reset = (await feed.next()).value;
    assert.deepEqual([reset.op, reset.epoch], ['reset', from.epoch]);
    assert.ok(reset.head >= from.position);
    const next = feed.next();
    const sku = await create();
    let message = (await next).value;
    while (message.metadata.subject !== sku) message = (await feed.next()).value;
    assert.ok(message.metadata.position > reset.head);
    feed.close();
  });

  test(`${transport}: a feed tells why it stops`, async () => {
    const options = { transport, pauses: PAUSES };
    assert.equal((await whyStopped(viewer.feed('no.such', options))).code, 'topic-unknown');
    assert.equal((await whyStopped(viewer.feed('queue.*', options))).code, 'topic-not-allowed');
    const forbidden = await whyStopped(client('none').feed('product.*', options));
    assert.equal(forbidden.code, 'forbidden');
    assert.match(forbidden.detail, /viewer/);
    let asked = 0;
    const same = client('viewer', { token: () => { asked++; return 'nonsense (one)'; } });
    assert.equal((await whyStopped(same.feed('product.*', options))).code, 'unauthenticated');
    assert.equal(asked, 2);
    asked = 0;
    const others = client('viewer', { token: () => `nonsense ${++asked}` });
    assert.equal((await whyStopped(others.feed('product.*', options))).code, 'unauthenticated');
    assert.equal(asked, 3);
    asked = 0;
    const replaced = client('viewer', { token: async () => (++asked === 1 ? 'nonsense' : TOKENS.viewer) }).feed('product.created', options);
    const next = replaced.next();
    while (!replaced.position) await new Promise((resolve) => { setTimeout(resolve, 20); });
    const sku = await create();
    let message = (await next).value;
    while (message.metadata.subject !== sku) message = (await replaced.next()).value;
    replaced.close();
  });

  test(`${transport}: copies follow without a gap`, async () => {
    const between = await proxy();
    const through = client('viewer', { addresses: between.address });
    const sku = await create();
    await keeper.adjust(sku, { delta: 5, reason: 'receipt' });
    const { told, until } = awaited();
    const listener = { read: told, changed: told, stopped: (code, detail) => assert.fail(`${code}: ${detail}`) };
    const options = { transport, pauses: PAUSES };
    const products = Snapshot.products(through, listener, options), stock = Snapshot.stock(through, listener, options);
    await until(() => products.copy.has(sku) && stock.copy.has(stockKey(sku, 'main')));
    for (let i = 0; i < 4; i++) {
      await editor.patchProduct(sku, { name: `Mug ${i}` }, (await editor.product(sku)).etag);
      await keeper.adjust(sku, { delta: -1, reason: 'sale' });
      between.cut();
      await create();
    }
    await keeper.adjust(sku, { delta: 3, reason: 'receipt', location: 'east' });
    const last = await create();
    await until(() => products.copy.has(last) && stock.copy.has(stockKey(last, 'main')) && stock.copy.has(stockKey(sku, 'east')));
    assert.deepEqual(products.copy.get(sku), (await viewer.product(sku)).body);
    const main = stock.copy.get(stockKey(sku, 'main'));
    assert.deepEqual([main.onHand, main.version], [1, (await viewer.stock(sku)).version]);
    assert.equal(stock.copy.get(stockKey(sku, 'east')).onHand, 3);
    assert.ok(products.position.position > 0);
    products.close();
    stock.close();
    between.close();
  });
}

test('a WebSocket also brings events that are not stored', async () => {
  const feed = client('operator').feed(['error.validation'], { transport: 'websocket' });
  try {
    const next = feed.next();
    while (!feed.position) await new Promise((resolve) => { setTimeout(resolve, 20); });
    await assert.rejects(editor.createProduct({ sku: newSku() }), ProblemException);
    const message = (await next).value;
    assert.deepEqual([message.type, message.metadata.position], ['error.validation', undefined]);
  } finally {
    feed.close();
  }
});

test('a copy tells why it stops', async () => {
  const why = await new Promise((resolve) => { Snapshot.products(client('none'), { stopped: resolve }); });
  assert.equal(why, 'forbidden');
  assert.equal(await new Promise((resolve) => { Snapshot.stock(client('viewer', { token: 'nonsense' }), { stopped: resolve }); }), 'unauthenticated');
});

test('the example runs', { timeout: 30_000 }, async () => {
  const sku = await create();
  const example = spawn(process.execPath, [...process.execArgv.filter((one) => one.includes('websocket')), fileURLToPath(new URL('../../client/js/example.mjs', import.meta.url)), SERVER, sku], {
    env: { ...process.env, TOKEN: TOKENS.stock }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  example.stdout.on('data', (more) => { said += more; });
  const code = await new Promise((resolve) => { example.on('close', resolve); });
  assert.equal(code, 0, said);
  assert.match(said, /Mug costs 7.5 EUR/);
  assert.match(said, /insufficient-stock/);
  assert.match(said, /inventory.updated at \d+: 2 left/);
});
