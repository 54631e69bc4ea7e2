// node example.mjs https://events.example.com MUG-1, with a token or API key in TOKEN
import { PmsEventsClient, ProblemException, Snapshot, newKey } from './pms-events.js';

const [address, sku] = process.argv.slice(2);
const client = new PmsEventsClient({ addresses: [address], token: () => process.env.TOKEN });

const { body, feedPosition } = await client.product(sku);
console.log(`${body.name} costs ${body.price.amount} ${body.price.currency}`);

const products = Snapshot.products(client, {
  read: (copy) => console.log(`${copy.size} products`),
  changed: (changed, product) => console.log(`${changed} has version ${product.version}`),
  stopped: (code, detail) => console.error(`${code}: ${detail}`),
});

try {
  await client.adjust(sku, { delta: 2, reason: 'receipt' }, newKey()); // sent again until it is answered, done once
  await client.adjust(sku, { delta: -1_000_000, reason: 'sale' });
} catch (refused) {
  if (!(refused instanceof ProblemException)) throw refused;
  console.log(`${refused.code}: ${refused.detail}`);
}

const feed = client.feed(['inventory.*'], { after: feedPosition, subjects: [sku] });
for await (const message of feed) {
  if (message.op === 'reset') break; // events are missing: read the state anew
  console.log(`${message.type} at ${message.metadata.position}: ${message.payload.onHand} left`);
  break; // or go on; feed.position is what to store, and to give as after the next time
}
products.close();
