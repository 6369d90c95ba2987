// The viewer's page: from the lobby into the session and out of it. What the parts do is in their own files.

import { Captions } from './captions.js';
import { Connection } from './connection.js';
import { at, show, turnTo } from './dom.js';
import { farewell } from './farewell.js';
import { Lobby } from './lobby.js';
import { remember, remembered } from './memory.js';
import { Microphone, MicrophoneError, TROUBLES } from './microphone.js';
import { notice } from './notices.js';
import { Stage, canShow } from './stage.js';
import { Vitals } from './vitals.js';

const captions = new Captions();
const vitals = new Vitals();
const microphone = new Microphone({ frame: (buffer) => connection.sendSound(buffer), level, trouble });
const lobby = new Lobby(microphone, enter);
const stage = new Stage({
  ready: () => connection.send({ type: 'ready' }),
  blocked: (isBlocked) => unblocking({ picture: isBlocked }),
  quality: (quality) => vitals.quality(quality),
  trouble: (isLost) => notice('picture', isLost && 'The picture was lost and is being fetched again. We can still hear and read you.'),
});
const connection = new Connection({ hello, open: opened, message: received, broken, over });

const TURNED_AWAY = ['busy', 'stopping', 'trouble']; // notices that are over once we are in
const blocked = { picture: false, microphone: false };
let muted = false;
let reason = null;
let inSession = false;
let isOpening = false;
let ending = false;
let awake = null;

// Into the session

function enter() {
  inSession = true;
  turnTo('session');
  document.title = 'Live · Greenroom';
  showMicrophone();
  connection.open();
  stayAwake();
}

/** A reload: we were let in before, and said then whether we want to be heard. */
async function comeBack() {
  const choices = remembered();
  muted = choices.muted === true;
  isOpening = choices.microphone === true;
  enter();
  if (!isOpening) return;
  await turnOnMicrophone(choices.device);
  isOpening = false;
  if (!microphone.isOpen) connection.send({ type: 'mute', muted: true });
}

function hello() {
  return { consent: true, microphone: microphone.isOpen || isOpening, language: navigator.language.split('-')[0].toLowerCase() };
}

function opened() {
  if (muted) connection.send({ type: 'mute', muted });
  endIs(false);
  vitals.connected(true);
  notice('connection', null);
}

function received(message) {
  switch (message.type) {
    case 'state': return stateChanged(message);
    case 'room': return stage.join({ url: message.url, token: message.token });
    case 'caption': return captions.put(message);
    case 'notice': return notice(message.code, message.text);
    case 'listening': return show(at('listening'), message.on && !muted);
    default: return undefined; // a newer server may say more
  }
}

function stateChanged(message) {
  reason = message.reason ?? reason;
  if (message.state === 'closing') endIs(true);
  vitals.take(message);
  for (const code of TURNED_AWAY) notice(code, null);
}

/** Whether the end is under way: then there is nothing more to press. */
function endIs(isUnderWay) {
  ending = isUnderWay;
  at('end').setAttribute('aria-disabled', isUnderWay);
}

function broken() {
  vitals.connected(false);
  show(at('listening'), false);
  notice('connection', 'The connection was lost. We are trying again.');
}

function over(why) {
  inSession = false;
  microphone.close();
  vitals.stop();
  stage.leave();
  awake?.release().catch(() => {});
  if (at('ending').open) at('ending').close();
  farewell(why, reason);
}

// Microphone

function level(loud) {
  lobby.level(loud);
  at('mute').style.setProperty('--loud', loud.toFixed(2));
}

function trouble(kind) {
  if (!inSession) return lobby.trouble(kind);
  if (kind === 'lost') showMicrophone();
  return notice('microphone', kind && TROUBLES[kind]);
}

async function turnOnMicrophone(device) {
  try {
    await microphone.open(device);
    microphone.mute(muted);
    notice('microphone', null);
    unblocking({ microphone: microphone.isSuspended });
  } catch (error) {
    if (!(error instanceof MicrophoneError)) throw error;
    trouble(error.kind);
  }
  showMicrophone();
}

async function pressedMute() {
  if (microphone.isOpen) setMuted(!muted);
  else {
    await turnOnMicrophone(remembered().device);
    if (microphone.isOpen) setMuted(false);
  }
}

function setMuted(isMuted) {
  muted = isMuted;
  microphone.mute(muted);
  connection.send({ type: 'mute', muted });
  remember({ muted, microphone: true });
  if (muted) show(at('listening'), false);
  showMicrophone();
}

function showMicrophone() {
  const state = microphone.isOpen ? (muted ? 'muted' : 'on') : 'off';
  at('mute').dataset.microphone = state;
  at('mute-text').textContent = { off: 'Turn on microphone', on: 'Mute', muted: 'Unmute' }[state];
}

/** Browsers play nothing, and hear nothing, on a page that nobody has clicked yet. */
function unblocking(changes) {
  Object.assign(blocked, changes);
  show(at('unblock'), blocked.picture || blocked.microphone);
  at('unblock').textContent = blocked.microphone ? 'Turn on sound and microphone' : 'Turn on sound';
}

async function pressedUnblock() {
  await Promise.all([stage.unblock(), microphone.resume()]);
  unblocking({ picture: false, microphone: false });
}

// Words, and the end

function wrote(event) {
  event.preventDefault();
  const text = at('words').value.trim();
  if (!text) return;
  if (connection.send({ type: 'text', text })) at('words').value = '';
  else notice('unsent', 'Your words could not be sent yet. Please send them again in a moment.');
}

function pressedEnd() {
  if (ending) return;
  at('ending').returnValue = 'stay';
  at('ending').showModal();
}

function answeredEnd() {
  if (at('ending').returnValue !== 'end') return;
  endIs(connection.send({ type: 'end' }));
  if (!ending) {
    notice('unsent', 'The session could not be ended yet: there is no connection. It ends by itself soon after you leave.');
  }
}

/** A phone that goes to sleep ends the conversation. */
async function stayAwake() {
  if (document.hidden || !inSession) return;
  awake = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
}

at('mute').addEventListener('click', pressedMute);
at('unblock').addEventListener('click', pressedUnblock);
at('write').addEventListener('submit', wrote);
at('end').addEventListener('click', pressedEnd);
at('ending').addEventListener('close', answeredEnd);
document.addEventListener('visibilitychange', stayAwake);
addEventListener('pageshow', (event) => event.persisted && location.reload());

if (document.body.dataset.way === 'new') turnTo('lobby');
else if (canShow()) await comeBack();
else over('incomplete');
