/** An idempotency key: a request is executed once under it, however often it is sent. */
export function newKey(): string;

/** The key of a stock in a copy: SKU and location. */
export function stockKey(sku: string, location: string): string;

/** A problem document (RFC 9457). */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  traceId?: string;
  violations?: { pointer: string; code: string; detail: string }[];
  [member: string]: unknown;
}

/** The service has refused a request, or has not answered (status 0, code no-answer). Decide by the code. */
export class ProblemException extends Error {
  constructor(status: number, code: string, detail: string, problem?: Problem);
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly problem: Problem;
}

/**
 * A feed or a copy has stopped because another attempt would fail in the same way. The code: unauthenticated (a refused token was given
 * again, or three in a row were refused), forbidden, topic-unknown, topic-not-allowed or another code of a problem, the close code 4400 or
 * 1009, or a status such as 404.
 */
export class FeedStoppedException extends Error {
  constructor(code: string, detail: string);
  readonly code: string;
  readonly detail: string;
}

/** A place in the feed. Positions can be compared within an epoch only. */
export class FeedPosition {
  constructor(epoch: string | undefined, position: number);
  readonly epoch: string | undefined;
  readonly position: number;
  /** Parses "<epoch>:<position>"; a bare position has no epoch, and is not protected against another one. */
  static parse(text: string): FeedPosition;
  /** "<epoch>:<position>" */
  toString(): string;
}

export interface Product {
  sku: string;
  name: string;
  description?: string | null;
  price: { amount: number; currency: string };
  tags: string[];
  attributes: Record<string, unknown>;
  status: 'draft' | 'published' | 'archived';
  version: number;
  createdAt: string;
  updatedAt: string;
  publishedAt?: string | null;
}

export type NewProduct = Pick<Product, 'sku' | 'name' | 'price'> & Partial<Pick<Product, 'description' | 'tags' | 'attributes'>>;

export interface Stock {
  sku: string;
  location: string;
  onHand: number;
  threshold: number | null;
  version: number;
  updatedAt: string;
}

export interface Adjustment {
  delta: number;
  reason: string;
  reference?: string;
  location?: string;
  expectedOnHand?: number;
  occurredAt?: string;
}

export interface Count {
  onHand: number;
  reason: string;
  reference?: string;
  location?: string;
}

export interface Adjusted {
  sku: string;
  location: string;
  delta: number;
  onHand: number;
  version: number;
  movementId?: string | null;
  eventId?: string | null;
  [member: string]: unknown;
}

/** A successful answer. */
export interface Answer<Body = any> {
  readonly status: number;
  readonly headers: Headers;
  /** As it was sent: JSON.parse may lose digits of a number. */
  readonly text: string;
  /** Parsed, or null if there is none. */
  readonly body: Body;
  /** The version of a product, for If-Match. */
  readonly etag: string | null;
  /** A lower bound of the events that the answer has seen; null if the replica does not know it at this moment. */
  readonly feedPosition: FeedPosition | null;
}

export interface CallOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** How long one attempt may take, in milliseconds; Infinity for a large file. */
  timeout?: number;
}

export interface ClientOptions {
  /** Of replicas or a load balancer, such as https://events.example, without a path. */
  addresses: string | URL | (string | URL)[];
  /** An API key or token, or a function that is asked before each request and connection, so that an expired one is replaced. */
  token?: string | (() => string | Promise<string>);
  /** How long one attempt may take; 20,000 ms. */
  timeout?: number;
  /** For how long a request is sent again; 30,000 ms. */
  patience?: number;
}

/** The REST API of one or several replicas. */
export class PmsEventsClient {
  constructor(options: ClientOptions);
  get<Body = any>(path: string, options?: CallOptions): Promise<Answer<Body>>;
  post<Body = any>(path: string, body?: unknown, idempotencyKey?: string, options?: CallOptions): Promise<Answer<Body>>;
  /** Sends any request. A body that is a string, a Blob or bytes is sent as it is, another one as JSON. */
  request<Body = any>(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer<Body>>;
  /** The content of an answer, such as an export. */
  download(path: string, options?: CallOptions): Promise<Blob>;
  product(sku: string): Promise<Answer<Product>>;
  createProduct(product: NewProduct, idempotencyKey?: string): Promise<Product>;
  patchProduct(sku: string, patch: unknown, etag: string): Promise<Answer<Product>>;
  publish(sku: string, idempotencyKey?: string): Promise<Product & { pmsSync: 'synced' | 'pending' | 'disabled' }>;
  stock(sku: string, location?: string): Promise<Stock>;
  adjust(sku: string, adjustment: Adjustment, idempotencyKey?: string): Promise<Adjusted>;
  count(sku: string, count: Count, idempotencyKey?: string): Promise<Adjusted>;
  feed(topics: string | string[], options?: FeedOptions): Feed;
}

export interface EventMessage<Payload = any> {
  op?: undefined;
  type: string;
  payload: Payload;
  metadata: {
    id: string;
    timestamp: string;
    actor: string;
    traceId: string;
    subject?: string;
    /** Missing in events that are not stored, such as queue.new. */
    position?: number;
  };
}

/** Events are missing here: read the state anew. What follows begins at head. */
export interface Reset {
  op: 'reset';
  epoch: string;
  oldest: number;
  head: number;
}

/** Of the topic admin.alert, by WebSocket. */
export interface AlertMessage {
  op: 'alert';
  alert: any;
}

export type FeedMessage = EventMessage | Reset | AlertMessage;

export type FeedState =
  | { kind: 'connecting' }
  | { kind: 'following'; position: FeedPosition }
  /** More than the buffer may hold waits for the reader; the connection is made again when it has taken that. */
  | { kind: 'paused' }
  | { kind: 'lost'; retryIn: number; detail?: string; code?: number; problem?: ProblemException };

export interface ReaderOptions {
  /** How many messages may wait for the reader, beside those of a frame; 1,000. */
  buffer?: number;
  /** What the service is set to (15,000 ms); a connection that is silent for two of them counts as dead. */
  heartbeat?: number;
  /** The first and the longest pause between attempts; [100, 5,000] ms. */
  pauses?: [shortest: number, longest: number];
  onState?: (state: FeedState) => void;
  /** websocket where there is one, otherwise stream: server-sent events, of products and stock only. */
  transport?: 'websocket' | 'stream';
}

export interface FeedOptions extends ReaderOptions {
  /** Only events about these. */
  subjects?: string[];
  /** The last position that the reader has dealt with; without one it begins with what happens from now on. */
  after?: FeedPosition | string | number | null;
}

/**
 * The feed: each event once and in the order of positions. It ends by close() or by leaving the loop, and throws a FeedStoppedException
 * when another attempt would fail as well. Nothing is connected before the first next().
 */
export interface Feed extends AsyncIterableIterator<FeedMessage> {
  /** The last place that has been dealt with: the caller has asked for what comes after it. */
  readonly position: FeedPosition | undefined;
  /** The time of the last message, in milliseconds since 1970. */
  readonly heardAt: number;
  /** Connects at once if the feed waits for the next attempt. */
  retry(): void;
  close(): void;
}

export interface SnapshotListener<Item> {
  /** The state has been read, for the first time or anew after a reset. */
  read?(copy: ReadonlyMap<string, Item>): void;
  /** One item has changed, or is new. */
  changed?(key: string, item: Item): void;
  /** The copy is not kept any more; the codes are those of FeedStoppedException. */
  stopped?(code: string, detail: string): void;
}

/** A copy of all products, or of all stock, without a gap. Begins anew by itself at a reset, such as a new epoch. */
export class Snapshot<Item = any> {
  private constructor();
  static products(client: PmsEventsClient, listener?: SnapshotListener<Product>, options?: ReaderOptions): Snapshot<Product>;
  /** A new threshold is no event: the copy has those of when it was read. */
  static stock(client: PmsEventsClient, listener?: SnapshotListener<Stock>, options?: ReaderOptions): Snapshot<Stock>;
  /** By SKU, or by stockKey; empty until the first state has been read. */
  readonly copy: ReadonlyMap<string, Item>;
  readonly position: FeedPosition | undefined;
  close(): void;
}
