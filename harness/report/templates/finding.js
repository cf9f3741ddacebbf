"use strict";
// Which cases are shown, and when they are drawn; what a cell of the matrix says.

const headsOf = (table) => [...table.tHead.rows[1].cells];

// ---- rows of the matrix: each holds its cells as text until it comes near --------------------------------------------

const KINDS = JSON.parse(document.getElementById("matrix").dataset.kinds); // sign -> word
const CROSS = "✗";
const NOT_RUN = "-";
const marksOf = (row) => row.dataset.marks.split(" ");
const signOf = (mark) => mark.replace(CROSS, "");

// A link to its case; what declines has no colour.
function cellOf(mark, hash) {
  if (mark === NOT_RUN) return make("td");
  const kind = KINDS[mark] === "declined" ? "" : KINDS[signOf(mark)];
  const className = mark.startsWith(CROSS) ? `${kind} bad` : kind;
  return make("td", { className }, make("a", { href: hash, textContent: mark }));
}

function drawRow(row) {
  const { hash } = row.cells[0].firstElementChild;
  row.append(...marksOf(row).map((mark) => cellOf(mark, hash)));
  paintRow(row);
}

// Hides what is not wanted of a row that was drawn.
function paintRow(row) {
  const heads = headsOf(row.closest("table"));
  const marks = marksOf(row);
  [...row.cells].slice(1).forEach((cell, column) => {
    cell.hidden = heads[column].hidden;
    cell.classList.toggle("off", !fits(marks[column]));
  });
}

// ---- packed parts, and the words of cases ----------------------------------------------------------------------------

// Of many cases the page has the sections in packed parts, each behind the headings of its cases.
const PARTS = [...document.querySelectorAll("script.part")];
const SECTIONS = [...document.querySelectorAll(".case")];
const unpacked = new Map();

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return (await new Response(stream).text()).split("\f");
}

// The part of a page behind a heading, as text.
async function restOf(section) {
  const each = SECTIONS.findIndex((other) => other.nextElementSibling === PARTS[0]) + 1; // sections of a part
  const number = SECTIONS.indexOf(section);
  const part = PARTS[Math.floor(number / each)];
  if (!unpacked.has(part)) unpacked.set(part, inflated(part.textContent));
  return (await unpacked.get(part))[number % each];
}

const WORDS = new Map(); // section -> all that it says but for numbers of arrays, in small letters
const ARRAYS = /<pre(?: class="?named"?)?>(?!<code>)[^<]*<\/pre>|<table class="heat">.*?<\/table>/gs;

async function readWords() {
  for (const section of SECTIONS.filter((each) => !WORDS.has(each))) {
    const html = section.innerHTML + (PARTS.length ? await restOf(section) : "");
    const numbers = [...html.matchAll(/data-t="?([\d ]+)/g)].flatMap(([, found]) => found.trim().split(" "));
    const said = html.replace(ARRAYS, " ").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    WORDS.set(section, [said, ...numbers.map((number) => TEXTS[number])].join(" ").toLowerCase());
  }
}

const isNumber = (text) => /^[\d\s.,-]*$/.test(text); // found in names only, as every case is full of them

function has(section, name, text) {
  if (name.toLowerCase().includes(text)) return true;
  const words = WORDS.get(section);
  return !isNumber(text) && words !== undefined && text.split(/\s+/).every((word) => words.includes(word));
}

// ---- filter --------------------------------------------------------------------------------------------------------

let wanted = null; // what the form asks for; at first all

function fits(mark) {
  return !wanted || (wanted.verdicts.has(signOf(mark)) && (!wanted.unexpected || mark.startsWith(CROSS)));
}

function filterTable(table, seen) {
  for (const head of table.tHead.querySelectorAll("[data-backend]")) head.hidden = !wanted.backends.has(head.dataset.backend);
  const shown = headsOf(table).map((head) => !head.hidden);
  for (const row of table.tBodies[0].rows) {
    const link = row.cells[0].firstElementChild;
    const any = marksOf(row).some((mark, column) => shown[column] && fits(mark));
    row.hidden = !(any && has(wanted.sections.get(link.hash.slice(1)), link.textContent, wanted.text));
    paintRow(row);
    if (!row.hidden) seen.add(link.hash.slice(1));
  }
}

function filter(form) {
  const data = new FormData(form);
  wanted = {
    text: data.get("case").trim().toLowerCase(),
    backends: new Set(data.getAll("backend")),
    verdicts: new Set(data.getAll("verdict")),
    unexpected: data.has("unexpected"),
    sections: new Map(SECTIONS.map((section) => [section.id, section])),
  };
  const seen = new Set();
  document.querySelectorAll(".matrix").forEach((table) => filterTable(table, seen));
  for (const section of SECTIONS) section.hidden = !seen.has(section.id);
  form.querySelector("output").textContent = `${seen.size} of ${SECTIONS.length} cases`;
}

// By names at once, and by all words as soon as they are read.
async function search(form) {
  filter(form);
  if (isNumber(form.elements.case.value)) return;
  await readWords();
  filter(form);
}

// What is not as it is at first stands in the address, so that a link keeps it.
function keep(form) {
  const kept = new URLSearchParams();
  if (form.elements.case.value) kept.set("case", form.elements.case.value);
  if (form.elements.unexpected.checked) kept.set("unexpected", "");
  for (const box of form.querySelectorAll("[value]:not(:checked)")) kept.append("without", box.value);
  history.replaceState(null, "", `${location.pathname}${kept.size ? `?${kept}` : ""}${location.hash}`);
}

function restore(form) {
  const kept = new URLSearchParams(location.search);
  form.elements.case.value = kept.get("case") ?? "";
  form.elements.unexpected.checked = kept.has("unexpected");
  for (const box of form.querySelectorAll("[value]")) box.checked = !kept.getAll("without").includes(box.value);
  if (kept.size) search(form);
}

const form = document.getElementById("filter");
form.hidden = false;
form.addEventListener("input", () => {
  search(form);
  keep(form);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const first = document.querySelector(".matrix tbody tr:not([hidden]) a");
  if (first) location.hash = first.hash;
});
form.querySelector("button").addEventListener("click", () => {
  form.reset();
  filter(form);
  keep(form);
});
restore(form);

// ---- cases and tables: each is drawn when it comes near, or is to be printed -----------------------------------------

const BELOW = { rootMargin: "0px 0px 100%" }; // what is above stays as it is, or it would push away what was jumped to

function whenNear(elements, draw, within = BELOW) {
  const waiting = new Set(elements);
  const once = (element) => {
    if (!waiting.delete(element)) return;
    observer.unobserve(element);
    draw(element);
  };
  const observer = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => once(entry.target)),
    within,
  );
  waiting.forEach((element) => observer.observe(element));
  addEventListener("beforeprint", () => [...waiting].forEach(once));
}

// Writes the rest of a section behind its heading.
async function fill(section) {
  section.insertAdjacentHTML("beforeend", await restOf(section));
  section.classList.remove("stub");
}

const filled = new Map();
function fillOnce(section) {
  if (!filled.has(section)) filled.set(section, fill(section));
  return filled.get(section);
}

async function show(section) {
  if (PARTS.length) await fillOnce(section);
  writeTexts(section);
  section.querySelectorAll("figure.code").forEach(offerCopy);
  drawCase(section);
}

whenNear(document.querySelectorAll(".case"), show);
for (const table of document.querySelectorAll(".matrix")) {
  whenNear(table.tBodies[0].rows, drawRow, { root: table.parentElement, rootMargin: "100% 0px" });
}

// ---- what a cell of the matrix says ----------------------------------------------------------------------------------

const plain = (element) => element.textContent.trim().replace(/\s+/g, " ");
const hasNumber = (list, number) => list.split(" ").includes(String(number));

function saidOfRecording(section, name) {
  const found = [...section.querySelectorAll("[data-recorded]")];
  const named = found.find((each) => `${each.dataset.recorded} (recorded)` === name);
  return plain((named ?? found[Number(name.split(" ").pop()) - 1]).querySelector("p"));
}

function saidOfCall(section, name, mode) {
  const number = TEXTS.indexOf(name);
  const reasons = [...section.querySelectorAll("[data-of]")].filter(
    (each) => hasNumber(each.dataset.of, number) && hasNumber(each.dataset.modes, mode),
  );
  if (reasons.length) return reasons.map((each) => textsOf(each.querySelector("i")).join("; ")).join("; ");
  const rows = [...section.querySelectorAll(".verdicts tbody tr")];
  const cell = rows.find((row) => hasNumber(row.querySelector("code").dataset.t, number))?.cells[mode === "normalized" ? 2 : 1];
  const steps = cell?.querySelector("i[data-t]");
  return cell ? `${plain(cell.firstChild)} ${steps ? textsOf(steps).join("; ") : ""}`.trim() : "";
}

async function tell(link) {
  const cell = link.parentElement;
  const table = cell.closest("table");
  const head = headsOf(table)[cell.cellIndex - 1];
  const section = document.querySelector(link.hash);
  if (PARTS.length) await fillOnce(section);
  const name = head.textContent.trim();
  const said = head.dataset.backend === "recorded" ? saidOfRecording(section, name) : saidOfCall(section, name, table.dataset.mode);
  link.title = `${plain(section.querySelector("h3"))}, ${name}: ${said}`;
  document.getElementById("told").textContent = link.title;
}

for (const kind of ["pointerover", "focusin"]) {
  document.getElementById("matrix").addEventListener(kind, ({ target }) => {
    if (target.matches("td a")) tell(target);
  });
}
