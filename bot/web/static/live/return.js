// A link that this browser has opened before comes without its cookie when it is followed from Slack: SameSite. From
// here, on our own origin, the cookie goes along; if it fits the link, the session goes on.

import { exchange, tokenOfAddress } from './entry.js';

if (document.body.dataset.retry === 'yes') {
  const outcome = await exchange(tokenOfAddress());
  if (outcome.ok) location.replace('room');
}
