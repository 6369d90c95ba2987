// What a reload should not ask again: whether the microphone is used, and which. Nothing secret is ever kept.

const KEY = 'greenroom-live';

export function remember(choices) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...remembered(), ...choices }));
  } catch {
    // Storage may be switched off; then a reload starts without the microphone.
  }
}

export function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}
