// Copies of products and stock, two feeds and a till, by the JavaScript client: JsClientIT runs it on replicas that are killed.
// Commands on stdin: more, copies, close-till; each is answered by a line.
import { createInterface } from 'node:readline';
import { PmsEventsClient, Snapshot } from '../../client/js/pms-events.js';

const addresses = process.argv.slice(2);
const [viewer, keeper] = [process.env.VIEWER, process.env.STOCK].map((token) => new PmsEventsClient({ addresses, token, patience: 60_000 }));
const TRANSPORTS = ['websocket', 'stream'];
const copies = [];
let reads = 0, sold = 0, open = true;

function fail(what) {
  console.error(what);
  process.exit(1);
}

function keep(of, transport) {
  const listener = { read: () => { reads++; }, stopped: (code, detail) => fail(`${code}: ${detail}`) };
  copies.push({ of, snapshot: Snapshot[of](viewer, listener, { transport, buffer: 20 }) });
}

const more = () => TRANSPORTS.forEach((transport) => { keep('products', transport); keep('stock', transport); });

async function follow(transport) {
  let last;
  for await (const message of viewer.feed(['product.*', 'inventory.*'], { transport })) {
    const epoch = message.op === 'reset' ? message.epoch : last?.epoch;
    const position = message.op === 'reset' ? message.head : message.metadata.position;
    if (message.op !== 'reset' && last && position <= last.position) fail(`${transport}: ${position} comes after ${last.position}`);
    last = { epoch, position };
  }
}

async function sell() {
  while (open) {
    await keeper.adjust('shelf', { delta: 1, reason: 'receipt' });
    sold++;
  }
}

const rows = ({ of, snapshot }) => Object.fromEntries([...snapshot.copy].map(
  ([key, item]) => [key, `${item.version} ${of === 'stock' ? item.onHand : item.description ?? ''}`]));

more();
TRANSPORTS.forEach((transport) => follow(transport).catch((why) => fail(why)));
const till = sell().catch((why) => fail(why));
for await (const command of createInterface({ input: process.stdin })) {
  if (command === 'more') more();
  if (command === 'close-till') { open = false; await till; }
  console.log(JSON.stringify({ reads, sold, copies: command === 'copies' ? copies.map((copy) => ({ of: copy.of, rows: rows(copy) })) : [] }));
}
process.exit(0);
