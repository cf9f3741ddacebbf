"use strict";
// Numbers stand in the page as text. This writes out names and links, draws heat maps, subtracts any two outputs, says
// what a cell of the matrix means, filters, and copies code.

const LEVELS = ["n4", "n3", "n2", "n1", "z", "p1", "p2", "p3", "p4"];
const DOUBLE = 53;
const COUNTED = 1e6; // steps of rounding beyond which counting them says nothing
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const short = (value) =>
  value && Math.abs(value) < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(6)));

// ---- texts ---------------------------------------------------------------------------------------------------------

const TEXTS = JSON.parse(document.getElementById("texts").textContent);
const DRAWINGS = document.getElementById("drawings").content;
const textsOf = (element) => element.dataset.t.split(" ").map((number) => TEXTS[number]);

const headsOf = (table) => [...table.tHead.rows[1].cells];

// Makes links of the cells of a table.
function linkCells(table) {
  for (const row of table.tBodies[0].rows) {
    const { hash } = row.cells[0].firstElementChild;
    for (const cell of [...row.cells].slice(1)) {
      const sign = cell.textContent.trim();
      if (sign) cell.replaceChildren(make("a", { href: hash, textContent: sign }));
    }
  }
}

function writeTexts(section) {
  for (const element of section.querySelectorAll("[data-t]")) {
    element.textContent = textsOf(element).join(element.tagName === "CODE" ? ", " : "; ");
  }
  for (const figure of section.querySelectorAll("[data-drawing]")) {
    figure.prepend(DRAWINGS.children[figure.dataset.drawing].cloneNode(true));
  }
  for (const table of section.querySelectorAll(".verdicts")) {
    table.createCaption().textContent = "Entry points in one row gave the same numbers, to the last bit.";
  }
  for (const cell of section.querySelectorAll("[data-share]")) {
    const used = make("i");
    used.style.width = `${Math.min(cell.dataset.share, 100)}%`;
    cell.append(make("div", { className: "bar", ariaHidden: "true" }, used));
  }
}

// ---- arrays --------------------------------------------------------------------------------------------------------

function readPlane(pre) {
  const lines = pre.textContent.split("\n");
  const name = pre.className ? lines.shift() : "";
  return { name, rows: lines.map((line) => line.trim().split(/ +/)) };
}

function readArray(figure) {
  return { digits: Number(figure.dataset.digits ?? 0), planes: [...figure.querySelectorAll("pre")].map(readPlane) };
}

const values = (planes) => planes.flatMap((plane) => plane.rows.flat().map(Number)).filter(Number.isFinite);
const largest = (planes) => values(planes).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const mapped = (planes, change) =>
  planes.map(({ name, rows }, p) => ({ name, rows: rows.map((row, r) => row.map((text, c) => change(text, p, r, c))) }));

function level(value, most) {
  if (!Number.isFinite(value)) return "nan";
  if (!most || !value) return "z";
  const step = Math.ceil((4 * Math.abs(value)) / most - 1e-9);
  return LEVELS[4 + Math.sign(value) * Math.min(Math.max(step, 1), 4)];
}

// What scrolls can be reached without a mouse.
const SCROLLING = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

function heatMap(plane, most) {
  const table = make("table", { className: "heat" });
  if (plane.name) table.append(make("caption", { textContent: plane.name }));
  const body = make("tbody");
  for (const row of plane.rows) {
    const cells = row.map((text) => {
      const value = Number(text);
      const shown = Number.isFinite(value) ? short(value) : text;
      return make("td", { className: level(value, most), textContent: shown, title: text });
    });
    body.append(make("tr", {}, ...cells));
  }
  table.append(body);
  const box = make("div", { className: "plane" }, table);
  SCROLLING.observe(box);
  return box;
}

function scale(most, words) {
  const ends = [["n4", -most], ["z", 0], ["p4", most]];
  const parts = ends.flatMap(([name, value]) => [make("span", { className: name, textContent: short(value) }), " "]);
  return make("p", { className: "scale" }, `${words}: `, ...parts);
}

function drawCase(section) {
  const figures = [...section.querySelectorAll(".array")];
  const arrays = new Map(figures.map((figure) => [figure, readArray(figure)]));
  const most = Math.max(0, ...figures.filter((figure) => figure.id).map((figure) => largest(arrays.get(figure).planes)));
  for (const [figure, { planes }] of arrays) {
    const top = figure.id ? most : largest(planes);
    figure.querySelector(".planes").replaceChildren(...planes.map((plane) => heatMap(plane, top)));
  }
  for (const place of section.querySelectorAll("[data-like]")) {
    const figure = document.getElementById(place.dataset.like);
    const heading = make("figcaption", { textContent: "What the case means" });
    place.append(heading, ...arrays.get(figure).planes.map((plane) => heatMap(plane, most)));
  }
  const place = section.querySelector(".difference");
  if (most) place.before(scale(most, "Colours of all outputs"));
  const outputs = new Map([...arrays].filter(([figure]) => figure.id).map(([figure, array]) => [keyOf(figure), array]));
  addUnshown(section, outputs);
  offerDifferences(section, place, outputs, most);
}

// ---- outputs -------------------------------------------------------------------------------------------------------

const keyOf = (figure) => figure.id.replace(/^o-\d+-/, "");

// The distance to the next number of a float type with so many binary digits.
function unit(value, digits) {
  let exponent = Math.floor(Math.log2(Math.abs(value)));
  if (2 ** exponent > Math.abs(value)) exponent -= 1;
  return 2 ** (exponent - digits + 1);
}

// The number of that type which a text means: shortest digits tell it from its neighbours, and are not it.
function exact(text, digits) {
  const value = Number(text);
  if (!digits || digits === DOUBLE || !value || !Number.isFinite(value)) return value;
  const step = unit(value, digits);
  return Math.round(value / step) * step;
}

// Outputs that are not shown, written as steps from one that is.
function addUnshown(section, outputs) {
  const given = section.querySelector("script");
  for (const [key, [start, digits, exponent, steps]] of Object.entries(given ? JSON.parse(given.textContent) : {})) {
    const from = outputs.get(String(start));
    const left = steps ? steps.split(" ") : [];
    const planes = mapped(from.planes, (text) => {
      const step = left.shift() ?? "0";
      if (step === "0") return text;
      return step.startsWith("=") ? step.slice(1) : String(exact(text, from.digits) + step * 2 ** exponent);
    });
    outputs.set(key, { digits, planes });
  }
}

// Every entry point as written and normalized, the reference and the recordings, as far as their numbers are here.
function sources(section, outputs) {
  const table = section.querySelector(".verdicts");
  const found = [];
  for (const column of table ? [1, 2] : []) {
    const mode = table.tHead.rows[0].cells[column].textContent;
    for (const { cells } of table.tBodies[0].rows) {
      const { dataset, classList } = cells[column];
      const agrees = classList.contains("exact") || classList.contains("rounding");
      for (const name of textsOf(cells[0].firstElementChild)) found.push({ name: `${name} (${mode})`, key: dataset.o, agrees });
    }
  }
  found.push({ name: "what the case means (exactly)", key: "reference", agrees: true });
  for (const figure of section.querySelectorAll("[id*=recorded]")) {
    found.push({ name: figure.querySelector("figcaption").firstChild.textContent, key: keyOf(figure) });
  }
  return found.filter((each) => outputs.has(each.key));
}

// ---- differences ---------------------------------------------------------------------------------------------------

function subtract(first, second) {
  const sizes = ({ planes }) => planes.map((plane) => plane.rows.map((row) => row.length).join());
  if (sizes(first).join(";") !== sizes(second).join(";")) return null;
  const digits = Math.min(first.digits, second.digits);
  const most = { steps: 0 };
  const planes = mapped(first.planes, (text, p, r, c) => {
    const [a, b] = [exact(text, first.digits), exact(second.planes[p].rows[r][c], second.digits)];
    const size = Math.max(Math.abs(a), Math.abs(b));
    if (digits && size) most.steps = Math.max(most.steps, Math.abs(a - b) / unit(size, digits));
    return String(text === second.planes[p].rows[r][c] ? 0 : a - b);
  });
  return { planes, digits, steps: most.steps };
}

function said(planes, digits, steps) {
  const corner = planes.some((plane) => plane.name === "corner:") ? " in the corner shown" : "";
  const most = largest(planes);
  const counted = digits && most && steps < COUNTED;
  const units = counted ? `, at most ${short(Math.ceil(steps))} units in the last place (of ${digits} binary digits)` : "";
  return `Largest difference${corner}: ${short(most)}${units}.`;
}

function offerDifferences(section, place, outputs, most) {
  const found = sources(section, outputs);
  if (found.length < 2) return;
  const start = Math.max(0, found.findIndex((each) => each.agrees));
  const isOther = (each) => each.key !== found[start].key;
  const other = found.find((each) => isOther(each) && !each.agrees) ?? found.find(isOther) ?? found[start];
  const select = (chosen) => {
    const options = found.map((each, index) => make("option", { value: index, textContent: each.name }));
    const element = make("select", {}, ...options);
    element.selectedIndex = chosen;
    return element;
  };
  const details = make("details", {}, make("summary", { textContent: "Difference of any two outputs" }));
  const fill = () => {
    const [first, second] = [select(start), select(found.indexOf(other))];
    const own = make("input", { type: "checkbox" });
    const shown = make("div", { ariaLive: "polite" });
    const draw = () => drawDifference(shown, outputs, found[first.value].key, found[second.value].key, own.checked ? 0 : most);
    const form = make(
      "form", {},
      make("label", {}, "From ", first), make("label", {}, "subtract ", second), make("label", {}, own, " a scale of its own"),
    );
    form.addEventListener("change", draw);
    draw();
    details.append(form, shown);
  };
  details.addEventListener("toggle", fill, { once: true });
  details.open = found.some((each) => !each.agrees);
  place.replaceChildren(details);
}

function drawDifference(place, outputs, first, second, most) {
  const found = subtract(outputs.get(first), outputs.get(second));
  if (first === second) {
    place.replaceChildren(make("p", { textContent: "The same numbers, to the last bit." }));
  } else if (!found) {
    place.replaceChildren(make("p", { textContent: "Their sizes differ." }));
  } else {
    const top = most || largest(found.planes);
    place.replaceChildren(
      make("p", { textContent: said(found.planes, found.digits, found.steps) }),
      make("div", { className: "planes" }, ...found.planes.map((plane) => heatMap(plane, top))),
      scale(top, most ? "Colours as for the outputs" : "Colours of this difference"),
    );
  }
}

// ---- filter --------------------------------------------------------------------------------------------------------

function filterTable(table, wanted, seen) {
  const wants = (head) => wanted.backends.has(head.dataset.backend);
  const columns = [true, ...headsOf(table).map(wants)];
  for (const head of table.tHead.querySelectorAll("[data-backend]")) head.hidden = !wants(head);
  for (const row of table.tBodies[0].rows) {
    const link = row.cells[0].firstElementChild;
    let any = false;
    for (const cell of [...row.cells].slice(1)) {
      cell.hidden = !columns[cell.cellIndex];
      const [, cross, sign] = /^(✗?)(\S*)/.exec(cell.textContent);
      const fits = wanted.verdicts.has(sign) && (!wanted.unexpected || cross === "✗");
      cell.classList.toggle("off", !fits);
      any ||= fits && !cell.hidden;
    }
    const fits = link.textContent.toLowerCase().includes(wanted.text);
    row.hidden = !(any && fits);
    if (!row.hidden) seen.add(link.hash.slice(1));
  }
}

function filter(form) {
  const data = new FormData(form);
  const wanted = {
    text: data.get("case").trim().toLowerCase(),
    backends: new Set(data.getAll("backend")),
    verdicts: new Set(data.getAll("verdict")),
    unexpected: data.has("unexpected"),
  };
  const seen = new Set();
  document.querySelectorAll(".matrix").forEach((table) => filterTable(table, wanted, seen));
  const sections = [...document.querySelectorAll(".case")];
  for (const section of sections) section.hidden = !seen.has(section.id);
  form.querySelector("output").textContent = `${seen.size} of ${sections.length} cases`;
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
  if (kept.size) filter(form);
}

const form = document.getElementById("filter");
form.hidden = false;
form.addEventListener("input", () => {
  filter(form);
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

// ---- code ----------------------------------------------------------------------------------------------------------

function offerCopy(figure) {
  const code = figure.querySelector("code");
  const button = make("button", { type: "button", className: "copy", textContent: "Copy" });
  code.parentElement.tabIndex = 0;
  figure.querySelector("figcaption").append(" ", button);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected: press Ctrl+C";
    }
  });
}

// ---- cases and tables: each is drawn when it comes near, or is to be printed -----------------------------------------

function whenNear(elements, draw) {
  const waiting = new Set(elements);
  const once = (element) => {
    if (!waiting.delete(element)) return;
    observer.unobserve(element);
    draw(element);
  };
  const observer = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => once(entry.target)),
    { rootMargin: "0px 0px 100%" }, // what is above stays as it is, or it would push away what was jumped to
  );
  waiting.forEach((element) => observer.observe(element));
  addEventListener("beforeprint", () => [...waiting].forEach(once));
}

// Of many cases the page has the sections in packed parts, each behind the headings of its cases.
const PARTS = [...document.querySelectorAll("script.part")];
const SECTIONS = [...document.querySelectorAll(".case")];
const unpacked = new Map();

async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return (await new Response(stream).text()).split("\f");
}

// Writes the rest of a section behind its heading.
async function fill(section) {
  const each = SECTIONS.findIndex((other) => other.nextElementSibling === PARTS[0]) + 1; // sections of a part
  const number = SECTIONS.indexOf(section);
  const part = PARTS[Math.floor(number / each)];
  if (!unpacked.has(part)) unpacked.set(part, inflated(part.textContent));
  const texts = await unpacked.get(part);
  section.insertAdjacentHTML("beforeend", texts[number % each]);
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
whenNear(document.querySelectorAll(".matrix"), linkCells);

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
