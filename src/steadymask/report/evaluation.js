"use strict";
(() => {
  // Tables of which one metric is shown at a time: choosing another one fills in its numbers.
  const minus = (text) => (Number(text) === 0 ? text.replace("-", "") : text.replace(/^-/, "−"));
  const written = (value, share) => {
    if (value === null || value === undefined) return "–";
    if (share) return minus((100 * value).toFixed(1)) + "\u00a0%";
    const size = Math.abs(value);
    return minus(value === 0 || (size >= 0.001 && size < 999.5) ? String(Number(value.toPrecision(3))) : value.toExponential(2));
  };

  for (const section of document.querySelectorAll("[data-breakdown]")) {
    const data = JSON.parse(section.querySelector("script").textContent);
    const select = section.querySelector("select");
    const table = section.querySelector("table");
    const rows = [...table.tBodies[0].rows];
    const total = table.tFoot?.rows[0];
    if (!select) continue;

    const fill = (row, values, metric) => {
      const texts = values.map((value) => written(value, metric.share));
      const sets = [...row.querySelectorAll("td[data-set]")];
      const known = values.slice(0, sets.length).filter((value) => value !== null);
      const best = known.length ? written(Math[metric.better === "higher" ? "max" : "min"](...known), metric.share) : "";
      const told = new Set(texts.slice(0, sets.length)).size > 1;
      [...sets, ...row.querySelectorAll("td.floor")].forEach((cell, at) => {
        const strong = document.createElement(told && at < sets.length && texts[at] === best ? "strong" : "span");
        strong.textContent = texts[at];
        cell.replaceChildren(strong);
        cell.dataset.value = values[at] ?? "";
      });
    };
    const show = () => {
      const metric = data[select.value];
      table.classList.toggle("without-floor", !metric.floor);
      section.querySelector(".note").textContent = metric.note;
      rows.forEach((row, index) => fill(row, metric.values[index], metric));
      if (total) fill(total, metric.total, metric);
      table.dispatchEvent(new Event("values"));
    };
    select.addEventListener("change", show);
    show(); // a browser may have kept the choice of an earlier visit
  }
})();
