// The two text formats of Slack messages, as DOM nodes: mrkdwn (Slack's own) and Markdown.

import { el, link } from "./dom.js";

const EMOJI = {
  "+1": "👍", "-1": "👎", arrow_right: "➡️", bar_chart: "📊", bell: "🔔", bust_in_silhouette: "👤", calendar: "📅",
  clapper: "🎬", ear: "👂", eyes: "👀", fast_forward: "⏩", grey_question: "❔", heart: "❤️", heavy_check_mark: "✔️",
  heavy_minus_sign: "➖", hourglass: "⌛", hourglass_flowing_sand: "⏳", information_source: "ℹ️", link: "🔗",
  lock: "🔒", mag: "🔍", microphone: "🎤", moneybag: "💰", movie_camera: "🎥", mute: "🔇", no_bell: "🔕",
  no_entry_sign: "🚫", octagonal_sign: "🛑", point_right: "👉", question: "❓", repeat: "🔁", robot_face: "🤖",
  rocket: "🚀", rotating_light: "🚨", shushing_face: "🤫", speech_balloon: "💬", tada: "🎉", thumbsup: "👍",
  thumbsdown: "👎", tv: "📺", warning: "⚠️", wave: "👋", white_check_mark: "✅", white_circle: "⚪", x: "❌",
  zipper_mouth_face: "🤐",
};

const BARE_URL = /https?:\/\/[^\s<>"`]*[^\s<>"`.,;:!?)\]}'*_~]/;
// Each alternative is one named group; the order decides what wins at the same position.
const MRKDWN = new RegExp(
  [
    "(?<token><[^<>\\n]+>)",
    "(?<code>`[^`\\n]+`)",
    "(?<bold>\\*[^\\s*](?:[^*\\n]*[^\\s*])?\\*)",
    "(?<italic>_[^\\s_](?:[^_\\n]*[^\\s_])?_)",
    "(?<strike>~[^\\s~](?:[^~\\n]*[^\\s~])?~)",
    "(?<emoji>:[a-z0-9_+-]+:)",
    `(?<url>${BARE_URL.source})`,
  ].join("|"),
  "g",
);
const MARKDOWN = new RegExp(
  [
    "(?<escaped>\\\\[\\\\`*_{}\\[\\]()#+.!~<>|-])",
    "(?<code>`[^`\\n]+`)",
    "(?<labelled>\\[[^\\]\\n]*\\]\\([^()\\s]+\\))",
    "(?<token><[^<>\\n]+>)",
    "(?<bold>\\*\\*[^*\\n]+\\*\\*|__[^_\\n]+__)",
    "(?<italic>\\*[^\\s*](?:[^*\\n]*[^\\s*])?\\*|_[^\\s_](?:[^_\\n]*[^\\s_])?_)",
    "(?<strike>~~[^~\\n]+~~)",
    "(?<emoji>:[a-z0-9_+-]+:)",
    `(?<url>${BARE_URL.source})`,
  ].join("|"),
  "g",
);
const WORD = /[\p{L}\p{N}]/u;

/** Slack's three entities undone. */
export function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** Emoji names as pictures, everything else as it is: for `plain_text`. */
export function plain(text) {
  return unescape(text).replace(/:([a-z0-9_+-]+):/g, (all, name) => EMOJI[name] ?? all);
}

/** An emoji by its name, or its name between colons. */
export const emoji = (name) => EMOJI[name.split("::")[0]] ?? `:${name}:`;

/** What a person typed, out of what Slack stored of it: for editing. */
export function typed(text, names) {
  const back = (all, token) => {
    const [target, label] = token.split("|");
    return target.startsWith("@") ? `@${names[target.slice(1)] ?? label ?? target.slice(1)}` : target;
  };
  return unescape(text.replace(/<([^<>]+)>/g, back));
}

/** Nodes of a mrkdwn text. `names` maps user and channel ids to names. */
export function mrkdwn(text, names) {
  return fenced(text, (part) => mrkdwnLines(part, names));
}

function fenced(text, build) {
  return text.split(/```(?:\w*\n)?([\s\S]*?)```/).flatMap((part, index) => {
    if (index % 2 === 1) return [el("pre", {}, unescape(part).replace(/\n$/, ""))];
    return part ? build(part) : [];
  });
}

function mrkdwnLines(text, names) {
  const nodes = [];
  for (const line of text.split("\n")) {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (nodes.length && !(nodes.at(-1).tagName === "BLOCKQUOTE")) nodes.push(el("br"));
    if (quoted) nodes.push(el("blockquote", {}, inline(quoted[1], MRKDWN, names)));
    else nodes.push(...inline(line, MRKDWN, names));
  }
  return nodes;
}

function inline(text, grammar, names) {
  const nodes = [];
  let position = 0;
  for (const match of text.matchAll(grammar)) {
    const [kind, token] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    if (isEmphasis(kind) && insideWord(text, match.index, token.length)) continue;
    nodes.push(unescape(text.slice(position, match.index)), styled(kind, token, grammar, names));
    position = match.index + token.length;
  }
  return [...nodes, unescape(text.slice(position))].filter((node) => node !== "");
}

function isEmphasis(kind) {
  return kind === "bold" || kind === "italic" || kind === "strike";
}

function insideWord(text, start, length) {
  return WORD.test(text[start - 1] ?? "") || WORD.test(text[start + length] ?? "");
}

function styled(kind, token, grammar, names) {
  const width = grammar === MARKDOWN && (kind === "bold" || kind === "strike") ? 2 : 1;
  const inner = token.slice(width, -width);
  switch (kind) {
    case "escaped": return token.slice(1);
    case "code": return el("code", {}, unescape(inner));
    case "bold": return el("strong", {}, inline(inner, grammar, names));
    case "italic": return el("em", {}, inline(inner, grammar, names));
    case "strike": return el("s", {}, inline(inner, grammar, names));
    case "emoji": return EMOJI[inner] ? el("span", { role: "img", ariaLabel: inner }, EMOJI[inner]) : token;
    case "url": return link(unescape(token), unescape(token));
    case "labelled": return labelled(token, names);
    default: return reference(inner, names);
  }
}

function labelled(token, names) {
  const [, label, url] = token.match(/^\[([^\]]*)\]\((.*)\)$/);
  return link(unescape(url), ...inline(label || url, MARKDOWN, names));
}

/** What stands between angle brackets: a person, a channel, a group, a date or a link. */
function reference(token, names) {
  const [target, label] = token.split(/\|(.*)/s);
  const id = target.slice(1);
  if (target.startsWith("@")) return el("span", { className: id === names.me ? "mention of-me" : "mention" }, `@${names[id] ?? label ?? id}`);
  if (target.startsWith("#")) return el("span", { className: "mention" }, `#${names[id] ?? (label || id)}`);
  if (target.startsWith("!date")) return moment(target, label);
  if (target.startsWith("!")) return el("span", { className: "mention" }, label || names[id] || `@${id}`);
  return link(unescape(target), unescape(label ?? target.replace(/^mailto:/, "")));
}

const DAY = { day: "numeric", month: "long", year: "numeric" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false };
const MOMENTS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" }, date: DAY, date_pretty: DAY,
  date_short: { ...DAY, month: "short" }, date_short_pretty: { ...DAY, month: "short" },
  date_long: { ...DAY, weekday: "long" }, date_long_pretty: { ...DAY, weekday: "long" },
  time: CLOCK, time_secs: { ...CLOCK, second: "2-digit" },
};

/** `!date^1700000000^{date} at {time}` in the reader's own time, as Slack shows it. */
function moment(target, label) {
  const [, seconds, format, address] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime()) || !format) return unescape(label ?? "");
  const isToday = at.toDateString() === new Date().toDateString();
  const shown = format.replace(/\{(\w+)\}/g, (all, name) => {
    if (name.endsWith("_pretty") && isToday) return "today";
    if (!MOMENTS[name]) return all;
    return name.startsWith("time") ? at.toLocaleTimeString("en-GB", MOMENTS[name]) : at.toLocaleDateString("en-GB", MOMENTS[name]);
  });
  const node = el("time", { dateTime: at.toISOString(), title: unescape(label ?? "") }, shown);
  return address ? link(unescape(address), node) : node;
}

/** Nodes of a Markdown text: paragraphs, headings, lists, quotes, tables, code. */
export function markdown(text, names) {
  return fenced(text, (part) => part.split(/\n{2,}/).flatMap((paragraph) => markdownLines(paragraph, names)));
}

const LINE_KINDS = [
  ["heading", /^#{1,6}\s+(.*?)\s*#*$/],
  ["ul", /^\s*[-*+]\s+(.*)$/],
  ["ol", /^\s*\d+[.)]\s+(.*)$/],
  ["blockquote", /^>\s?(.*)$/],
  ["table", /^\s*\|(.*)\|\s*$/],
  ["rule", /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/],
];

function markdownLines(paragraph, names) {
  const runs = [];
  for (const line of paragraph.split("\n").filter((one) => one.trim())) {
    const [kind, content] = lineKind(line);
    if (runs.at(-1)?.kind === kind && kind !== "heading") runs.at(-1).lines.push(content);
    else runs.push({ kind, lines: [content] });
  }
  return runs.map(({ kind, lines }) => markdownRun(kind, lines, names));
}

function lineKind(line) {
  if (LINE_KINDS.at(-1)[1].test(line)) return ["rule", ""];
  for (const [kind, pattern] of LINE_KINDS) {
    const match = line.match(pattern);
    if (match) return [kind, match[1] ?? ""];
  }
  return ["p", line];
}

function markdownRun(kind, lines, names) {
  const rich = (line) => inline(line, MARKDOWN, names);
  switch (kind) {
    case "heading": return el("p", { className: "heading" }, rich(lines[0]));
    case "rule": return el("hr");
    case "ul":
    case "ol": return el(kind, {}, lines.map((line) => el("li", {}, rich(line))));
    case "table": return table(lines, rich);
    default: return el(kind, {}, lines.flatMap((line, index) => [...(index ? [el("br")] : []), ...rich(line)]));
  }
}

function table(lines, rich) {
  const rows = lines.filter((line) => !/^[\s:|-]+$/.test(line)).map((line) => line.split("|").map((cell) => cell.trim()));
  const row = (cells, tag) => el("tr", {}, cells.map((cell) => el(tag, {}, rich(cell))));
  return el("div", { className: "scroll" }, el("table", {}, rows.map((cells, index) => row(cells, index === 0 ? "th" : "td"))));
}
