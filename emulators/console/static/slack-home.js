// The app's Home tab, as the app has published it for this person.

import { el, showList, showValue } from "./dom.js";
import { post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { attempt, me, names, slack } from "./slack-store.js";

const home = document.getElementById("home");
const body = el("div", { className: "home-body" });
const waiting = el("p", { className: "empty" });
home.append(waiting, body);

/** Show or hide the Home. */
export function showHome(shown) {
  home.hidden = !shown;
  if (!shown) return;
  const view = slack().homes.find((one) => one.user === me().id);
  showValue(waiting, Boolean(view), (is) => (is ? [] : [`${slack().bot.name} is drawing its Home for you…`]));
  waiting.hidden = Boolean(view);
  const blocks = (view?.blocks ?? []).map((block, index) => ({ key: `${me().id}/${index}`, block, names: names() }));
  showList(body, blocks, (entry) => entry.key, ({ block }) => renderBlocks([block], aroundOf(view))[0]);
}

function aroundOf(view) {
  const about = (part) => ({ user: me().id, view: view.id, action_id: part.action_id });
  return {
    names: names(),
    me: me().id,
    people: slack().people,
    channels: slack().channels,
    values: view.values,
    act: (part, value, kind = "click") => attempt(`view/${kind}`, value ? { ...about(part), value } : about(part)),
    suggest: async (part, query) => (await post("view/suggest", { ...about(part), query })).options,
  };
}
