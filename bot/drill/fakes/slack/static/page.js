// Holds the page still while the workspace changes: the server says that something is new, and only what differs is
// patched in. What a person is doing (focus, selection, what they have typed, where they have scrolled) stays theirs.
"use strict";

const FIELDS = "input[id]:not([type=hidden]), textarea[id], select[id]";
const drawn = new Map(); // what the server put into each field, by id
let sent = new Map(); // what was in each field when the form was sent: the server knows it, and may have cleared it
const openers = new Map(); // by form: the ids of what had the focus when it opened, and of its message
let sending = false, fetching = false, again = false, waiting = ""; // waiting: the field whose change is told next

const ticked = field => field.type === "checkbox" || field.type === "radio";
const held = field => ticked(field) ? String(field.checked) : field.tagName === "SELECT" ? JSON.stringify([...field.selectedOptions].map(each => each.value)) : field.value;

function drawnAs(field) {
  if (ticked(field)) return String(field.defaultChecked);
  if (field.tagName !== "SELECT") return field.defaultValue;
  const chosen = [...field.options].filter(each => each.defaultSelected);
  return JSON.stringify((chosen.length || field.multiple ? chosen : [...field.options].slice(0, 1)).map(each => each.value));
}

function carry(from, to) {
  if (ticked(from)) { to.checked = from.checked; to.toggleAttribute("checked", from.checked); }
  else if (from.tagName === "SELECT") {
    const chosen = new Set([...from.selectedOptions].map(each => each.value));
    for (const each of to.options) each.toggleAttribute("selected", chosen.has(each.value));
  } else if (from.tagName === "TEXTAREA") to.textContent = from.value;
  else to.setAttribute("value", from.value);
}

// Blank text between boxes says nothing, and patching would match the wrong ones with each other.
const BOXES = "body, nav, main, form, details, header, footer, article, .body, .group, .scroll, .content, .thread, .shade, .actions, .accessory, .section, .context, .options";
function tidied(page) {
  for (const box of page.querySelectorAll(BOXES)) {
    for (const node of [...box.childNodes]) if (node.nodeType === Node.TEXT_NODE && !node.data.trim()) node.remove();
  }
}

// The debrief leaves the channel its place: one line, to be opened.
function foldedOnAPhone(page) {
  if (matchMedia("(max-width: 700px)").matches) page.getElementById("debrief")?.removeAttribute("open");
}

function keepTyped(fresh) {
  for (const field of fresh.querySelectorAll(FIELDS)) {
    const now = document.getElementById(field.id), before = drawn.get(field.id);
    drawn.set(field.id, drawnAs(field));
    if (now && before !== undefined && held(now) !== before && held(now) !== sent.get(field.id)) carry(now, field);
  }
  for (const open of document.querySelectorAll("details[open][id]")) fresh.getElementById(open.id)?.setAttribute("open", "");
  for (const shut of document.querySelectorAll("details[id]:not([open])")) fresh.getElementById(shut.id)?.removeAttribute("open");
}

// What has to stay where it is on the screen: what has the focus or the pointer, else the end, else what is at the top.
function anchor(list) {
  const held = [document.activeElement, list.querySelector("article:hover [id]:hover"), list.querySelector("article:hover")]
    .find(each => each && list.contains(each) && each !== list);
  const atEnd = list.scrollTop + list.clientHeight > list.scrollHeight - 40;
  const top = list.getBoundingClientRect().top;
  const kept = held ?? (atEnd ? null : [...list.querySelectorAll("article")].find(each => each.getBoundingClientRect().bottom > top));
  const at = kept?.getBoundingClientRect().top;
  return () => {
    const now = document.getElementById("messages");
    if (!now) return;
    if (!kept) now.scrollTop = now.scrollHeight;
    else if (kept.isConnected) now.scrollTop += kept.getBoundingClientRect().top - at;
  };
}

function show(text, url, own) {
  const fresh = new DOMParser().parseFromString(text, "text/html"), body = document.body;
  const list = document.getElementById("messages"), settle = list ? anchor(list) : () => {};
  const view = body.dataset.view, focused = document.activeElement, place = focused?.closest("article")?.id;
  const content = document.getElementById("content"), read = content?.scrollTop, answer = content?.firstElementChild?.textContent;
  tidied(fresh);
  keepTyped(fresh);
  if (!document.getElementById("debrief")) foldedOnAPhone(fresh);
  const next = fresh.body.dataset.view, opened = next && next !== view && !openers.has(next);
  if (opened) openers.set(next, [focused?.id, place]);
  Idiomorph.morph(body, fresh.body.childNodes, { morphStyle: "innerHTML" });
  Object.assign(body.dataset, fresh.body.dataset);
  document.title = fresh.title;
  const address = new URL(url, location); address.searchParams.delete("notice"); address.hash = location.hash;
  if (address.href !== location.href) history.replaceState(null, "", address);
  settle();
  const now = body.dataset.view, wrong = own && document.querySelector(".modal [aria-invalid=true], .modal .wrong input");
  if (content?.isConnected && view === now) { // the next page begins at its top, where an answer and a verdict stand too
    content.scrollTop = !wrong && (own === "submit" || answer !== content.firstElementChild?.textContent) ? 0 : read;
  }
  if (wrong) { wrong.closest(".input").scrollIntoView({ block: "center" }); wrong.focus({ preventScroll: true }); }
  else if (opened) (document.querySelector(".content " + ["input", "select", "textarea"].join(":not([type=hidden]), .content ")) ?? document.getElementById("modal-title")).focus();
  else if (view && now !== view) giveBack(now);
  else if (focused && !focused.isConnected && place) document.getElementById(place)?.focus({ preventScroll: true });
}

// A form has closed: the focus goes back to what opened it, or else to what opened the one beneath.
function giveBack(now) {
  const ids = [...openers].reverse().filter(([form]) => form !== now).flatMap(([, ids]) => ids);
  if (!now) openers.clear(); else for (const form of [...openers.keys()].reverse()) { if (form === now) break; openers.delete(form); }
  const found = [...ids, now ? "modal-title" : "composer"].map(id => id && document.getElementById(id)).find(each => each && !each.closest("[inert]"));
  found?.focus({ preventScroll: true });
}

async function refresh() {
  if (sending || fetching) { again = true; return; }
  fetching = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }), text = await answer.text();
    if (answer.ok && !sending) show(text, location.href, false); else again ||= sending;
  } catch { again = true; } // the stream says when the server is back
  fetching = false;
  if (again && !sending) { again = false; setTimeout(refresh, 200); }
}

async function send(form, by) {
  sending = true;
  form.setAttribute("aria-busy", "true");
  by?.closest("details.overflow")?.removeAttribute("open");
  const data = new URLSearchParams(new FormData(form, by));
  sent = new Map([...form.querySelectorAll(FIELDS)].map(field => [field.id, held(field)]));
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data }), text = await answer.text();
    if (answer.ok) show(text, answer.url, by?.value || "act");
  } catch { document.body.classList.add("lost"); }
  sent = new Map();
  document.querySelectorAll("[aria-busy]").forEach(each => each.removeAttribute("aria-busy"));
  sending = false;
  const late = document.getElementById(waiting);
  waiting = "";
  if (late) tell(late);
  else if (again) { again = false; refresh(); }
}

// Tells the bot of a changed field; while something else is being sent it waits, so that no quick change is lost.
function tell(field) {
  if (sending) { waiting = field.id; return; }
  const act = document.createElement("button");
  Object.assign(act, { name: "do", value: field.dataset.press, hidden: true });
  field.form.append(act);
  field.form.requestSubmit(act);
  act.remove();
}

document.addEventListener("submit", event => {
  event.preventDefault();
  const form = event.target, by = event.submitter, ask = by?.dataset.confirm ?? form.dataset.confirm;
  if (!sending && (!ask || confirm(ask))) send(form, by);
});
document.addEventListener("change", event => {
  const target = event.target;
  if ("send" in target.dataset && target.value) target.form.requestSubmit();
  if ("press" in target.dataset) tell(target);
});
document.addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.overflow[open]");
  if (open) { open.removeAttribute("open"); open.querySelector("summary").focus(); }
  else document.querySelector(".modal .cross")?.click();
});
document.addEventListener("click", event => {
  for (const open of document.querySelectorAll("details.overflow[open]")) if (!open.contains(event.target)) open.removeAttribute("open");
});

// One connection for each page on view: browsers allow six to a server.
let stream = null;
function listen() {
  if (document.hidden) { stream?.close(); stream = null; return; }
  if (stream) return;
  stream = new EventSource("/_fake/events");
  stream.onopen = () => document.body.classList.remove("lost");
  stream.onerror = () => document.body.classList.add("lost");
  stream.onmessage = event => { if (event.data !== document.body.dataset.version) refresh(); };
}
document.addEventListener("visibilitychange", listen);
tidied(document);
foldedOnAPhone(document);
document.querySelectorAll(FIELDS).forEach(field => drawn.set(field.id, drawnAs(field)));
const list = document.getElementById("messages"), kept = "scroll " + location.search;
if (list && !location.hash) { const at = sessionStorage.getItem(kept); list.scrollTop = at === null || at === "end" ? list.scrollHeight : at; }
addEventListener("pagehide", () => {
  const now = document.getElementById("messages");
  if (now) sessionStorage.setItem(kept, now.scrollTop + now.clientHeight > now.scrollHeight - 40 ? "end" : now.scrollTop);
});
listen();

// Links lead out of the practice world: a drill must not change a real account.
document.addEventListener("click", event => {
  const link = event.target instanceof Element ? event.target.closest("a[href^='http']") : null;
  if (!link || link.host === location.host || ["127.0.0.1", "localhost"].includes(link.hostname)) return;
  const words = `${link.host} is no part of this drill. Here everything is done at the practice consoles: “Consoles” among the pages of this drill. Go there anyway?`;
  if (!confirm(words)) event.preventDefault();
}, true);
