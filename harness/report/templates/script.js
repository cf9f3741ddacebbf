"use strict";
// Numbers stand in the page as text. This writes out names, draws heat maps, subtracts any two outputs and copies code.

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
    const heading = make("figcaption", {}, "What the case means", figure.querySelector("small").cloneNode(true));
    const planes = arrays.get(figure).planes.map((plane) => heatMap(plane, most));
    place.append(heading, make("div", { className: "planes" }, ...planes));
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
