// The first scenario: one sentence, three languages, webhooks that are repeated, a reply that is lost.

import { THREAD, ask, byApp, calling, fresh, linkIn, more, openTab, post, rootWith } from "./tour-kit.js";

const ASKED = /French/;
const AGAIN = /Spanish/;
const SUBMITTED = "/v3/video-translations";
const three = (run) => rootWith(run, ASKED);
const fourth = (run) => rootWith(run, AGAIN);
const source = (run) => `${run.state.heygen.url}/sources/launch.mp4`;

/** Submits that were made and charged, but whose reply was lost. */
const lost = (run) => run.state.journals.heygen.filter((entry) => entry.path === SUBMITTED && entry.fault === "drop_reply");
/** Submits that came after the newest lost one. */
const repeats = (run) => {
  const seq = lost(run).at(-1)?.seq ?? Infinity;
  return run.state.journals.heygen.filter((entry) => entry.path === SUBMITTED && entry.method === "POST" && entry.seq > seq);
};

export const TRANSLATE = {
  name: "translate",
  title: "Translate a video",
  steps: [
    {
      title: "Ask in your own words",
      text: "You are Alice. Ask Greenroom to translate the sample video into French, German and Japanese.",
      why: "Before anything leaves this machine, the request is a row in the app's database, with a key of its own.",
      target: () => ["#composer"],
      async show(run) {
        openTab("heygen");
        await post("heygen/speed", { speed: "step" });
        await ask(run, `translate ${source(run)} into French, German and Japanese and tell me when all three are done`);
      },
      done: (run) => Boolean(three(run)) && more(run, "jobs") >= 3,
    },
    {
      title: "One request, three jobs, three charges",
      text: "On the right you see HeyGen: three jobs, three charges, all under one key. In the thread one card has a line for each language; it is edited in place.",
      why: "The price was quoted and held before the request left. It is below what needs anybody's approval.",
      target: () => ["#heygen-charges"],
      show: () => openTab("heygen"),
      done: (run) => more(run, "charges") >= 3 && byApp(run, three(run)).length >= 2,
    },
    {
      title: "The videos get ready, and HeyGen says so five times",
      text: "Real jobs take minutes. Finish them now, and let HeyGen send each of its webhooks five times, as happens in real life.",
      why: "A webhook only makes the app look. However often it comes, people get one message.",
      target: () => ["#heygen-webhooks"],
      async show() {
        await post("trouble", { name: "webhooks_repeated" });
        await post("heygen/finish", {});
        openTab("heygen");
      },
      done: (run) => more(run, "completed") >= 3 && more(run, "deliveries") >= 3 && calling(run, three(run), /ready/).length > 0,
    },
    {
      title: "One message, with a player for each language",
      text: "Alice is called back once. Follow a link to watch: the picture shows the language, the tune is another for each.",
      why: "HeyGen's own links expire. These are the app's, and fetch a fresh one whenever somebody watches.",
      target: () => THREAD,
      async show(run) {
        await post("fault/clear", {});
        await post("heygen/expire", {});
        const link = linkIn(calling(run, three(run), /ready/)[0], "/v/");
        if (link) window.open(link, "_blank", "noopener");
      },
      done: (run) => calling(run, three(run), /ready/).length === 1,
    },
    {
      title: "The reply gets lost on the way",
      text: "Now the worst case: HeyGen makes and charges a job, but the connection breaks before the app hears of it. Ask for Spanish with that trouble armed.",
      why: "The app cannot know whether it has paid. It asks again under the same key, and HeyGen answers with the job that exists.",
      target: () => ["#tab-faults"],
      async show(run) {
        await post("fault", { party: "heygen", method: "POST", path: SUBMITTED, kind: "drop_reply" });
        openTab("journals");
        await ask(run, `translate ${source(run)} into Spanish`);
      },
      done: (run) => lost(run).length > 0 && repeats(run).some((entry) => entry.status === 200),
    },
    {
      title: "Asked twice, paid once",
      text: "The requests on the right show both attempts, the first one marked red. There is one more job, and one more charge.",
      why: "No money is spent twice, whatever breaks, and when.",
      target: () => ["#panel-journals .journal"],
      async show() {
        openTab("journals");
        await post("heygen/finish", {});
      },
      done: (run) => more(run, "completed") >= 4 && calling(run, fourth(run), /ready/).length > 0,
    },
  ],
  /** What was proved: a sentence, what was counted, what it had to be. */
  proof(run) {
    const closings = [three(run), fourth(run)].map((root) => calling(run, root, /ready/).length);
    return [
      ["Languages asked for", 4, 4],
      ["Jobs at HeyGen", more(run, "jobs"), 4],
      ["Charges, though one request was sent twice", more(run, "charges") - more(run, "refunded"), 4],
      ["Messages that call Alice back, one for each request", closings[0] + closings[1], 2],
      ["Webhooks that came, which made no difference", more(run, "deliveries"), null],
      ["Everything the app wrote", fresh(run).filter((one) => one.user === run.state.slack.bot.id).length, null],
    ];
  },
  async leave() {
    await post("fault/clear", {});
    await post("heygen/speed", { speed: "fast" });
  },
};
