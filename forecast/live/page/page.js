"use strict";

// The page's script: levers to the server, its words back onto the page. One question is out at a time; while it is
// out, only the newest position waits, so that dragging never queues.

const page = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("");
const SHARED = "body{font:1rem/1.4 Arial,sans-serif;max-width:52rem;margin:1rem auto;padding:0 1rem}table{border-collapse:collapse}th,td{padding:.2rem .6rem;border-bottom:1px solid #888;text-align:right}th:first-child,caption{text-align:left}svg{width:100%}button{display:none}";
const at = (id) => document.getElementById(id);
const levers = new Map();
let start = "central";
let asking = false;
let waiting = false;
let settingAll = false;
let drawn = 0;
let held = null;
let pinned = null;
let near = false;

class Lever {
  constructor(element) {
    this.key = element.dataset.key;
    this.before = element.dataset.before;
    this.after = element.dataset.after;
    this.one = element.dataset.one;
    this.name = element.dataset.name;
    this.slider = element.querySelector("input[type=range]");
    this.number = element.querySelector("input[type=number]");
    this.button = element.querySelector("button");
    this.fault = element.querySelector(".fault");
    this.value = this.used = this.first = Number(this.number.value);
    this.slider.addEventListener("input", () => this.move(Number(this.slider.value), this.slider));
    this.number.addEventListener("input", () => this.typed());
    this.button.addEventListener("click", () => { this.put(this.first); this.number.focus(); ask(); });
  }

  said(value) {
    if (value === 1) return this.one;
    const digits = Math.abs(value).toLocaleString("en-GB", { maximumFractionDigits: 10 });
    return `${value < 0 ? "-" : ""}${this.before}${digits}${this.after}`;
  }

  typed() {
    const value = this.number.valueAsNumber;
    if (Number.isFinite(value)) {
      this.move(value, this.number);
    } else {
      this.refuse(`${this.name} is not a number. Write digits such as 1.1.`);
    }
  }

  move(value, from) {
    this.put(value, from);
    ask();
  }

  put(value, from) {
    this.value = value;
    if (from !== this.slider) this.slider.value = value;
    if (from !== this.number) this.number.value = value;
    this.slider.setAttribute("aria-valuetext", this.said(value));
    this.button.disabled = value === this.first;
    this.accept();
  }

  accept() {
    if (this.fault.textContent) this.fault.textContent = "";
    this.number.removeAttribute("aria-invalid");
  }

  refuse(sentence) {
    this.fault.textContent = `${sentence.replace(/\.$/, "")}. The result still uses ${this.said(this.used)}.`;
    this.number.setAttribute("aria-invalid", "true");
    this.button.disabled = false;
    this.value = this.used;
    this.slider.value = this.used;
    this.slider.setAttribute("aria-valuetext", this.said(this.used));
  }
}

function values() {
  const moved = {};
  for (const lever of levers.values()) if (lever.value !== lever.first) moved[lever.key] = lever.value;
  return moved;
}

async function send(path, question) {
  const reply = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question) });
  return reply.json();
}

async function ask() {
  waiting = true;
  if (asking) return;
  asking = true;
  while (waiting) {
    waiting = false;
    const question = { page, start, values: values() };
    const sent = new Map(Array.from(levers.values(), (lever) => [lever, lever.value]));
    try {
      const told = await send("/show", question);
      if (told.problems) refuse(told.problems, sent);
      else if (!told.superseded) show(told, sent);
    } catch {
      at("trouble").textContent = "The page has lost the command that serves it. The last result stays. Start it again with: forecast explore";
    }
  }
  asking = false;
}

function refuse(problems, sent) {
  for (const [key, sentence] of Object.entries(problems)) {
    const lever = levers.get(key);
    if (!lever) at("trouble").textContent = sentence;
    else if (lever.value === sent.get(lever)) {
      lever.refuse(sentence);
      waiting = true;
    }
  }
}

function show(told, sent) {
  at("trouble").textContent = "";
  for (const [lever, value] of sent) lever.used = value;
  if (settingAll) setAll(told.values);
  for (const part of ["chance", "call", "against", "exhaustion"]) put(at(part), told[part]);
  for (const name of ["children", "cost", "months"]) table(at(name), told[name]);
  held = told;
  ahead();
  at("sentences").replaceChildren(...told.sentences.map((sentence) => element("li", sentence)));
  whys(told.changed);
  document.body.dataset.drawn = ++drawn;
}

// What depends on how far ahead is looked, and what stands pinned beside.
function ahead() {
  for (const [name, drawing] of Object.entries(near ? { ...held.charts, ...held.near } : held.charts)) draw(at(`chart-${name}`), drawing);
  table(at("years"), { ...held.years, rows: near ? held.years.rows.slice(0, 1) : held.years.rows });
  at("near").setAttribute("aria-pressed", near);
  at("far").setAttribute("aria-pressed", !near);
  at("beside").hidden = pinned === null;
  if (pinned) table(at("pinned"), { columns: ["", pinned.name, name()], rows: held.pinned.map(([what, now], place) => [what, pinned.rows[place][1], now]) });
}

function name() {
  const moved = Object.keys(values()).length;
  return at("start").selectedOptions[0].textContent + (moved ? `, ${moved} ${moved === 1 ? "lever" : "levers"} moved` : "");
}

// The answer as it stands, as a page of its own that needs no other file and holds no script.
function share() {
  const parts = ["headline", "years", "beside", "chart-contingency", "chart-lac", "chart-cp", "sentences"].filter((id) => !at(id).hidden);
  const title = `${document.querySelector("h1").textContent}: ${name()}`;
  const text = [element("h1", title), ...parts.map(at)].map((part) => part.outerHTML).join("\n");
  const whole = `<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">${element("title", title).outerHTML}<style>${SHARED}</style></head><body><main>${text}</main></body></html>`;
  const link = element("a", "", { download: "answer.html", href: URL.createObjectURL(new Blob([whole], { type: "text/html" })) });
  link.click();
  URL.revokeObjectURL(link.href);
}

function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

function setAll(held) {
  settingAll = false;
  for (const lever of levers.values()) {
    lever.first = lever.used = held[lever.key];
    lever.put(lever.first);
  }
}

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// The drawing is parsed as a picture, never as a page: whatever it holds, nothing in it runs.
function draw(place, drawing) {
  const parsed = new DOMParser().parseFromString(drawing, "image/svg+xml").documentElement;
  place.replaceChildren(document.importNode(parsed, true));
}

function table(place, held) {
  const head = document.createElement("thead");
  head.append(row(held.columns, held.columns.map(() => "col")));
  const body = document.createElement("tbody");
  body.append(...held.rows.map((cells) => row(cells, ["row"])));
  place.replaceChildren(place.caption, head, body);
}

function row(cells, scopes) {
  const made = document.createElement("tr");
  made.append(...cells.map((cell, place) => (scopes[place] ? element("th", cell, { scope: scopes[place] }) : element("td", cell))));
  return made;
}

function whys(changed) {
  const typed = new Map(Array.from(at("whys-list").querySelectorAll("input"), (box) => [box.dataset.key, box.value]));
  const same = changed.length === at("whys-list").children.length && changed.every((one) => typed.has(one.key));
  at("whys-none").hidden = changed.length > 0;
  const beyond = changed.filter((one) => !one.own);
  put(at("beyond"), beyond.length ? `This scenario also sets: ${beyond.map((one) => `${one.name} ${one.here} (central ${one.central})`).join("; ")}.` : "");
  if (same) {
    changed.forEach((one, place) => put(at("whys-list").children[place].firstChild, said(one)));
    return;
  }
  at("whys-list").replaceChildren(...changed.map((one) => why(one, typed.get(one.key) || "")));
}

function said(one) {
  return `${one.name}: ${one.here}, central ${one.central}. Why (if left empty, the reason above)`;
}

function why(one, typed) {
  const item = document.createElement("li");
  const name = `why-${one.key.replaceAll(".", "-")}`;
  const box = element("input", "", { id: name, type: "text", maxlength: "1000", autocomplete: "off", "data-key": one.key });
  box.value = typed;
  item.append(element("label", said(one), { for: name }), box);
  return item;
}

async function save(event) {
  event.preventDefault();
  for (const place of ["save-name-fault", "save-reason-fault", "saved"]) at(place).textContent = "";
  const boxes = Array.from(at("whys-list").querySelectorAll("input"));
  const why = Object.fromEntries(boxes.filter((box) => box.value.trim()).map((box) => [box.dataset.key, box.value]));
  const wish = { name: at("save-name").value, reason: at("save-reason").value, start, values: values(), why };
  try {
    const told = await send("/save", wish);
    if (told.problems) notSaved(told.problems);
    else saved(told);
  } catch {
    at("saved").textContent = "Nothing was saved: the page has lost the command that serves it. Start it again with: forecast explore";
  }
}

function notSaved(problems) {
  for (const [field, sentence] of Object.entries(problems)) {
    const place = at(`save-${field}-fault`) || at("saved");
    place.textContent = sentence;
    const box = at(`save-${field}`);
    if (box) box.setAttribute("aria-invalid", "true");
  }
  const first = ["name", "reason"].find((field) => problems[field]);
  if (first) at(`save-${first}`).focus();
}

function saved(told) {
  for (const field of ["name", "reason"]) at(`save-${field}`).removeAttribute("aria-invalid");
  at("saved").replaceChildren(`Saved as params/scenarios/${told.slug}.yaml. Run it with: `, element("code", told.command));
  at("start").append(element("option", told.name, { value: told.slug }));
}

function begin() {
  for (const one of document.querySelectorAll(".lever")) {
    const lever = new Lever(one);
    levers.set(lever.key, lever);
  }
  at("start").value = start;
  at("start").addEventListener("change", () => {
    start = at("start").value;
    for (const lever of levers.values()) lever.put(lever.first);
    settingAll = true;
    ask();
  });
  at("reset-all").addEventListener("click", () => {
    for (const lever of levers.values()) lever.put(lever.first);
    ask();
  });
  for (const id of ["near", "far"]) at(id).addEventListener("click", () => { near = id === "near"; ahead(); });
  at("pin").addEventListener("click", () => { pinned = { name: name(), rows: held.pinned }; ahead(); });
  at("unpin").addEventListener("click", () => { pinned = null; ahead(); at("pin").focus(); });
  at("share").addEventListener("click", share);
  at("levers").addEventListener("submit", (event) => event.preventDefault());
  at("save").addEventListener("submit", save);
  ask();
}

begin();
