// How it ends: why, what that means, and what can be done now.

import { at, say, show, turnTo } from './dom.js';

const THREAD = 'The transcript and the bill are in the Slack thread. You can close this page.';
const REASONS = {
  visitor: 'You ended it.',
  operator: 'A teammate ended it.',
  handed_over: 'A teammate goes on with you in Slack.',
  claimed: 'A teammate goes on with you in Slack. You can close this page.',
  goodbye: 'You said goodbye.',
  idle: 'Nobody had said anything for a while.',
  left: 'Nobody was on this page for a while.',
  maximum: 'The time that was agreed on is over.',
  budget: 'The budget for live sessions is used up.',
  provider: 'The service that shows the avatar ended it.',
  not_started: 'The avatar could not be started. Please ask again in the Slack thread, or go on there.',
  drained: 'We had to restart. You can ask for another session in Slack.',
  orphaned: 'Something went wrong on our side.',
};
const NOTHING_WAS_SAID = new Set(['claimed', 'not_started']);
const WORDS = {
  ended: ['The session has ended', THREAD],
  elsewhere: ['You are in this session on another page', 'It was opened in another tab or on another device, and only one is shown at a time.', 'Go on here'],
  refused: ['You cannot join this session', 'Somebody else may be in it, or your link is no longer good. Press Join in the Slack thread for a new link.'],
  broken: ['Something went wrong', 'This page and our server did not understand each other. Loading it again helps most of the time.', 'Load again'],
  incomplete: ['The page is not complete', 'A part of it did not load, and without it there is no picture. Loading it again helps most of the time.', 'Load again'],
  lost: ['The connection is lost', 'We could not reach our server for two minutes, so the session has probably ended. Check your connection.', 'Try again'],
};

export function farewell(why, reason) {
  const [title, text, button] = WORDS[why];
  say(at('farewell-title'), title);
  say(at('farewell-text'), why === 'ended' ? ended(reason) : text);
  say(at('again'), button);
  at('again').onclick = () => location.reload();
  document.title = `${title} · Greenroom`;
  turnTo('farewell');
  show(at('again'), Boolean(button));
}

function ended(reason) {
  return [REASONS[reason], !NOTHING_WAS_SAID.has(reason) && THREAD].filter(Boolean).join(' ');
}
