// Talking to the page's own server.

const POLL_MILLISECONDS = 500;
const TIMEOUT_MILLISECONDS = 10_000;
const REREAD = 30; // a request's status is filled in after it was first listed, so the newest are read again
const KEPT = 300;
const PARTIES = ["slack", "heygen", "openai", "liveavatar"];

const NOTHING = { oldest: null, entries: [] };

const journals = Object.fromEntries(PARTIES.map((party) => [party, new Map()]));

/** Send an action; rejects with the server's sentence when it is refused. */
export async function post(path, body = {}) {
  return asked(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

async function asked(path, request = {}) {
  const answer = await fetch(`/api/${path}`, { ...request, signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) });
  const result = await answer.json().catch(() => ({ error: `The playground answered ${answer.status}.` }));
  if (!answer.ok) throw new Error(result.error);
  return result;
}

/** What one row unfolds to: `what` is `call` or `request`; rejects with a sentence when it is not kept any more. */
export async function details(what, query) {
  return asked(`${what}?${new URLSearchParams(query)}`);
}

/** Read the state now. Its `journals` are completed with what was read before, oldest first. */
export async function read() {
  const after = PARTIES.map((party) => `${party}:${Math.max(0, newest(party) - REREAD)}`).join(",");
  const state = await asked(`state?after=${after}`);
  round += 1;
  for (const party of PARTIES) merge(journals[party], state.journals[party] ?? NOTHING);
  return { ...state, journals: Object.fromEntries(PARTIES.map((party) => [party, [...journals[party].values()]])) };
}

let round = 0;

function newest(party) {
  return Math.max(0, ...journals[party].keys());
}

function merge(known, { oldest, entries }) {
  for (const seq of known.keys()) if (oldest === null || seq < oldest) known.delete(seq);
  // The emulators' clocks can be moved apart, so the order between them is that of arrival here.
  for (const entry of entries) known.set(entry.seq, { ...entry, round: known.get(entry.seq)?.round ?? round });
  for (const seq of [...known.keys()].slice(0, -KEPT)) known.delete(seq);
}

/** Call `show(state)` twice a second for ever, `lost(error)` when the playground does not answer. */
export async function poll(show, lost) {
  for (;;) {
    try {
      show(await read());
    } catch (error) {
      lost(error);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}
