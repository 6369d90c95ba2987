// A link's token is exchanged, once, for a cookie that scripts cannot read. The token then leaves the address bar.

export function tokenOfAddress() {
  return location.pathname.split('/').pop();
}

/** Whether we are let in; if not, a title and a text that say why. */
export async function exchange(token) {
  try {
    const response = await fetch('enter', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token, consent: true }),
    });
    return { ok: response.ok, ...(await response.json()) };
  } catch {
    return { ok: false, title: 'We cannot be reached', text: 'Check your connection and press Start again.' };
  }
}

export function forgetToken() {
  history.replaceState(null, '', 'room');
}
