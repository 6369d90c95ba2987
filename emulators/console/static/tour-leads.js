// The third scenario: personal videos for three people who are named, then for a whole list.

import { THREAD, ask, buttonOf, byApp, calling, more, offering, openTab, post, press, rootWith } from "./tour-kit.js";

const NAMED = "make a personal intro video for Sarah at Acme, John at Globex and Mike at Initech";
const LISTED = "make a personal intro video for everybody in this list";
const THREE = 3;
const counts = [12, 50, 200];
let count = counts.at(-1);

const few = (run) => rootWith(run, /Sarah/);
const many = (run) => rootWith(run, /everybody in this list/);

export const LEADS = {
  name: "leads",
  title: "A video for each lead",
  steps: [
    {
      title: "Three people in a sentence",
      text: "Ask Greenroom: “Make a personal intro video for Sarah at Acme, John at Globex and Mike at Initech.”",
      why: "Each video is a request of its own with a key of its own, so that one that fails costs the others nothing.",
      target: () => ["#composer"],
      async show(run) {
        openTab("heygen");
        await post("heygen/speed", { speed: "fast" });
        await ask(run, NAMED);
      },
      done: (run) => Boolean(few(run)) && more(run, "jobs") >= THREE,
    },
    {
      title: "Ready, with a list of links",
      text: "The clock on the right runs a hundred times as fast. When all three are ready, Alice is called once, and gets the links as a file for her spreadsheet.",
      why: "A message for each video would be noise; a result that nobody is told of would be lost.",
      target: () => THREAD,
      show: () => post("heygen/finish", {}),
      label: "Finish them",
      done: (run) => calling(run, few(run), /ready/).length > 0,
    },
    {
      title: "A whole list",
      text: "Now drop a CSV with names and companies onto the channel. “Show me” takes one that is made here, and puts money into HeyGen's wallet first.",
      why: "The app checks every row before it asks: who is left out, what it costs, what it will say.",
      target: () => ["#composer"],
      options: { label: "People", values: counts, get: () => count, set: (value) => { count = value; } },
      async show(run) {
        await post("heygen/top_up", { amount: 500 });
        await ask(run, LISTED, "leads", { count });
      },
      done: (run) => Boolean(offering(run, many(run), "approve_batch") ?? offering(run, many(run), "make_rest")) || calling(run, many(run), /ready/).length > 0,
    },
    {
      title: "Somebody else approves",
      text: "That much money waits for Bob. Choose Bob as the person you are, and press Approve on the card. Alice could press it in vain.",
      why: "The approval is for exactly these rows at this price. Change one, and it is void.",
      target: () => buttonOf("bob", "approve_batch"),
      show: (run) => press(run, "bob", many(run), "approve_batch"),
      done: (run) => more(run, "jobs") > THREE,
    },
    {
      title: "One first, as a sample",
      text: "Only one video is made and shown. As Alice, look at it and press “Looks good”.",
      why: "If the text is wrong, it is wrong once, not two hundred times.",
      target: () => buttonOf("alice", "make_rest"),
      show: (run) => press(run, "alice", many(run), "make_rest"),
      done: (run) => more(run, "jobs") > THREE + 1,
    },
    {
      title: "The rest, as many at a time as HeyGen allows",
      text: "The card counts. Watch HeyGen on the right: never more jobs than the account may run, and a key on each charge.",
      why: "Should the app be stopped in the middle, it goes on where it was: what was sent is known, what was not is sent once.",
      target: () => ["#heygen-jobs"],
      show: () => post("heygen/finish", {}),
      label: "Finish those that run",
      done: (run) => byApp(run, many(run)).some((message) => message.files.length > 0) && calling(run, many(run), /ready/).length > 0,
    },
  ],
  proof(run) {
    const wanted = THREE + count;
    return [
      ["People", wanted, wanted],
      ["Videos at HeyGen", more(run, "completed"), wanted],
      ["Charges", more(run, "charges") - more(run, "refunded"), wanted],
      ["Different keys among them", more(run, "keys"), wanted],
      ["Model calls, however many people there are", run.state.openai.total - run.before.calls, null],
      ["Lists of results in Slack", [few(run), many(run)].flatMap((root) => byApp(run, root)).reduce((sum, one) => sum + one.files.length, 0), 2],
    ];
  },
};
