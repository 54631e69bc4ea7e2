// Compiled by .ci/js-client-test, never run: what a TypeScript program makes of the types.
import { FeedPosition, FeedStoppedException, PmsEventsClient, ProblemException, Snapshot, newKey, stockKey } from 'pms-events';
import type { FeedMessage, FeedState, Product, Stock } from 'pms-events';

const client = new PmsEventsClient({ addresses: ['https://events.example'], token: async () => 'pmse_', patience: 0 });

export async function use(): Promise<number> {
  const answer = await client.product('MUG-1');
  const product: Product = answer.body;
  const etag: string | null = answer.etag;
  if (etag !== null) await client.patchProduct(product.sku, { name: 'Cup' }, etag);
  const { pmsSync } = await client.publish(product.sku);
  const stock: Stock = await client.stock(product.sku);
  const adjusted = await client.adjust(product.sku, { delta: -1, reason: pmsSync }, newKey());
  const jobs = await client.get<{ items: { id: string }[] }>('/api/jobs');
  jobs.body.items.map(({ id }) => id.length);
  // @ts-expect-error a reason is required
  client.adjust(product.sku, { delta: 1 }).catch((refused: unknown) => refused instanceof ProblemException && refused.problem.traceId);
  return adjusted.onHand + stock.onHand;
}

export async function follow(after: FeedPosition | string): Promise<string | undefined> {
  const feed = client.feed('product.*', { after, onState: (state: FeedState) => { if (state.kind === 'lost') state.retryIn.toFixed(); } });
  try {
    for await (const message of feed) {
      const one: FeedMessage = message;
      if (one.op === 'reset') return `${one.epoch}:${one.head}`;
      if (one.op === 'alert') continue;
      if (one.metadata.position === undefined) feed.retry();
    }
  } catch (stopped) {
    if (stopped instanceof FeedStoppedException) return stopped.code;
    throw stopped;
  }
  return feed.position?.toString();
}

export function keep(): void {
  const products = Snapshot.products(client, { changed: (sku, product) => { products.copy.get(sku) === product; } });
  const stock = Snapshot.stock(client, { read: (copy) => { copy.get(stockKey('MUG-1', 'main'))?.onHand.toFixed(); } }, { transport: 'stream' });
  stock.close();
  products.close();
}
