// The second scenario: somebody wants a human; a live avatar comes, is taken over, and is paid by the minute.

import { THREAD, ask, buttonOf, byApp, linkIn, offering, openTab, press, reply, rootWith, personOf, sessions } from "./tour-kit.js";

const PLEA = "I am fed up, nothing works, I want to talk to a human!";
const TAKEN = "Hello Alice, this is Carol. Your invoice is corrected.";
const root = (run) => rootWith(run, /human/);
const session = (run) => sessions(run).findLast((one) => one.started !== null);
const ended = (run) => sessions(run).filter((one) => one.ended !== null);

/** Personal links to the page of this live session, which only Alice is shown. */
function links(run) {
  const alice = personOf(run.state, "alice");
  const notes = run.state.slack.private.filter((note) => note.visible_to === alice && Number(note.ts) > run.before.since);
  return notes.map((note) => linkIn(note, "/live/")).filter(Boolean);
}

export const ESCALATE = {
  name: "escalate",
  title: "Talk to a face",
  needs: (state) => (state.liveavatar ? "" : "There is no LiveAvatar here."),
  steps: [
    {
      title: "Ask for a human",
      text: `Say to Greenroom: “${PLEA}”`,
      why: "People who are fed up want people. So the team is called first, not the avatar.",
      target: () => ["#composer"],
      async show(run) {
        openTab("live");
        await ask(run, PLEA);
      },
      done: (run) => byApp(run, root(run)).length > 0,
    },
    {
      title: "The team is called; nobody is free",
      text: "Carol, who is an operator, could claim the conversation on the card. Wait a few seconds: nobody does, so a live avatar is offered, with its price.",
      why: "An offer costs nothing. Look at LiveAvatar on the right: no session, no credits used.",
      target: () => THREAD,
      done: (run) => Boolean(offering(run, root(run), "live_join")) || sessions(run).length > 0,
    },
    {
      title: "Alice joins",
      text: "Press Join on the card, as Alice. The answer is a personal link that only she sees.",
      why: "Nobody else gets into her conversation, and the link alone starts nothing.",
      target: () => buttonOf("alice", "live_join"),
      show: (run) => press(run, "alice", root(run), "live_join"),
      done: (run) => links(run).length > 0,
    },
    {
      title: "Into the room",
      text: "Open the link (a new tab). Tick that you know it is an AI, choose to speak, or to type if you have no microphone, and press Start. Listen to what it says, and ask it something.",
      why: "Only now a session starts and minutes are paid: somebody is there and has agreed.",
      target: () => ["#panel-live"],
      show: (run) => {
        if (!links(run).length) throw new Error("There is no link yet: join first.");
        openTab("live");
        window.open(links(run).at(-1), "_blank", "noopener");
      },
      label: "Open the room",
      done: (run) => (session(run)?.utterances ?? 0) > 0,
    },
    {
      title: "Carol takes over",
      text: "Choose Carol as the person you are, and press Take over on the card. The model falls silent; the face stays.",
      why: "The live session is a control room inside the thread: whisper, say, take over, mute and end, from Slack.",
      target: () => buttonOf("carol", "live_take_over"),
      show: (run) => press(run, "carol", root(run), "live_take_over"),
      done: (run) => Boolean(offering(run, root(run), "live_hand_back")) || ended(run).length > 0,
    },
    {
      title: "What Carol writes, the avatar says",
      text: `Write in the thread, as Carol: “${TAKEN}” Then listen in the other tab.`,
      why: "The page tells Alice that a teammate is speaking with her.",
      target: () => THREAD,
      show: (run) => reply(run, "carol", root(run), TAKEN),
      done: (run) => channelHas(run, /invoice|corrected/) || ended(run).length > 0,
    },
    {
      title: "The end, and the bill",
      text: "End the session: on the card, or in the other tab. The thread gets the reason, the cost, the transcript as a file and a summary.",
      why: "LiveAvatar is told to stop at once, so not a minute more is paid than was used.",
      target: () => buttonOf("alice", "live_end"),
      show: (run) => press(run, "alice", root(run), "live_end"),
      done: (run) => ended(run).length > 0 && byApp(run, root(run)).some((message) => message.files.length > 0),
    },
  ],
  proof(run) {
    const used = run.state.liveavatar.used - run.before.used;
    const minutes = sessions(run).filter((one) => one.started).reduce((sum, one) => sum + Math.max(1, Math.ceil(one.billed_seconds / 60)), 0);
    const findings = sessions(run).reduce((sum, one) => sum + one.findings.length, 0);
    const files = byApp(run, root(run)).reduce((sum, message) => sum + message.files.length, 0);
    return [
      ["Sessions that ran, and were stopped", ended(run).length, sessions(run).filter((one) => one.started).length],
      ["Credits paid, one for each minute begun", used, minutes],
      ["Things LiveAvatar would object to", findings, 0],
      ["Transcripts in the thread", files, 1],
      ["Seconds that the session lasted", Math.round(sessions(run).reduce((sum, one) => sum + one.billed_seconds, 0)), null],
    ];
  },
};

function channelHas(run, pattern) {
  const carol = personOf(run.state, "carol");
  const found = run.state.slack.channels.flatMap((channel) => channel.messages);
  const said = found.some((one) => one.user === carol && Number(one.ts) > run.before.since && pattern.test(one.text));
  return said && (session(run)?.utterances ?? 0) > 1;
}

