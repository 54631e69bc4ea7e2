/** The dashboard: signs the user in, then starts its parts. */
import { byId, text } from './dom.js';
import * as alerts from './alerts.js';
import * as backlog from './backlog.js';
import * as cache from './cache.js';
import * as clock from './clock.js';
import * as deadletters from './deadletters.js';
import * as format from './format.js';
import * as imports from './imports.js';
import * as jobs from './jobs.js';
import * as keys from './keys.js';
import * as live from './live.js';
import * as lowstock from './lowstock.js';
import * as overview from './overview.js';
import * as panel from './panel.js';
import * as products from './products.js';
import * as replicas from './replicas.js';
import * as session from './session.js';
import * as subscriptions from './subscriptions.js';
import * as summary from './summary.js';
import * as theme from './theme.js';
import * as ticker from './ticker.js';
import * as unknown from './unknown.js';

theme.start();
session.start();
await session.token();

const left = session.expires() - Date.now();
text(byId('who'), `${session.name()} (${session.roles()})`);
byId('who').title = left < 31_536_000_000 ? `The token is valid until ${format.time(session.expires())}.` : '';
byId('sign-out').hidden = false;
byId('sign-out').title = byId('who').textContent;

clock.start();
document.body.dataset.operator = session.can('operator');
for (const part of [panel, overview, ticker, backlog, alerts, replicas, lowstock, jobs, subscriptions, cache, products, imports, unknown, deadletters, keys]) part.start();
live.start();
summary.start();
