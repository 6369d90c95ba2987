// Starts the Slack of the npm package `emulate`, with what a test needs and what Slack's own client expects.
//
//   node slack_by_others.mjs PACKAGES PORT CONFIGURATION
//
// PACKAGES is the node_modules folder, CONFIGURATION the package's own seed for Slack, as JSON. What is added:
// - The package can deliver events, but offers no way to say where to. It hands its dispatcher to the plug-in that
//   stands for Slack, so we listen in there.
// - Slack takes reading methods as GET and any arguments in the query. This one takes only forms.
// - POST /_test/subscribe {"url"} has events delivered there, GET /_test/deliveries says how they were answered, and
//   GET /_test/calls which methods were called and how those were answered.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, port, configuration] = process.argv.slice(2);
const dist = resolve(packages, "emulate/dist");
const load = (name) => import(pathToFileURL(join(dist, name)).href);

async function slackPlugin() {
  for (const name of readdirSync(dist).filter((one) => /^dist-.*\.js$/.test(one))) {
    if (!readFileSync(join(dist, name), "utf8").includes("slackPlugin")) continue;
    const { slackPlugin: plugin } = await load(name);
    if (plugin) return plugin;
  }
  throw new Error("this version of the package has no plug-in for Slack");
}

// The same call in the form that the package takes: arguments of the query in the body.
function asForm(request, url) {
  const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
  const authorization = request.headers.get("authorization");
  if (authorization) headers.set("authorization", authorization);
  return new Request(url.origin + url.pathname, { method: "POST", headers, body: url.search.slice(1) });
}

function control(app, dispatcher, calls) {
  app.post("/_test/subscribe", async (context) => {
    const { url } = await context.req.json();
    dispatcher.register({ url, events: ["*"], active: true, owner: "slack" });
    return context.json({ ok: true });
  });
  app.get("/_test/deliveries", (context) =>
    context.json(dispatcher.getDeliveries().map(({ payload, status_code: status }) => ({ status, body: payload }))),
  );
  app.get("/_test/calls", (context) => context.json(calls));
}

function watched(fetch, calls) {
  return async (request) => {
    const url = new URL(request.url);
    if (!url.pathname.startsWith("/api/")) return fetch(request);
    const queried = request.method === "GET" || url.search !== "";
    const response = await fetch(queried ? asForm(request, url) : request);
    const answer = await response.clone().json().catch(() => ({}));
    const token = request.headers.get("authorization")?.replace("Bearer ", "");
    calls.push({ method: url.pathname.slice("/api/".length), token, status: response.status, error: answer.error ?? null });
    return response;
  };
}

const plugin = await slackPlugin();
const register = plugin.register;
plugin.register = function (app, store, dispatcher, ...rest) {
  const calls = [];
  register.call(this, app, store, dispatcher, ...rest);
  control(app, dispatcher, calls);
  app.fetch = watched(app.fetch.bind(app), calls);
};
const { createEmulator } = await load("api.js");
const emulator = await createEmulator({
  service: "slack",
  port: Number(port),
  baseUrl: `http://127.0.0.1:${port}`, // where it listens, and so where its files are
  seed: { slack: JSON.parse(configuration) },
});
console.log(`listens at ${emulator.url}`);
