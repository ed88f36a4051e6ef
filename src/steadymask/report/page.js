"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // The timeline: the curves are drawn already; this chooses one, and reads values under the cursor.
  const data = by("data") && JSON.parse(by("data").textContent);
  if (data) {
    const steps = Math.ceil(data.frames / data.size);
    const plot = by("plot"), scrub = by("scrub"), cursor = by("cursor"), readout = by("readout");
    let metric = data.first;

    const number = (value, share) => {
      if (value === null || value === undefined) return "–";
      return share ? (100 * value).toFixed(1) + " %" : String(Number(value.toPrecision(3)));
    };
    const text = (series, step, share) => {
      if (!series) return "–";
      const [low, high] = series.map((each) => number(each[step], share));
      return high === undefined || high === low ? low : low + " to " + high;
    };
    const show = (step) => {
      const chart = data.charts[metric];
      const first = step * data.size, last = Math.min(first + data.size, data.frames) - 1;
      let when = first === last ? "Frame " + first : "Frames " + first + " to " + last;
      if (data.times.length) when += " · " + data.times[step].toFixed(2) + " s";
      readout.querySelector(".when").textContent = when;
      for (const slot of all("[data-role]", readout)) {
        const series = chart.series[slot.dataset.role];
        slot.textContent = text(series, step, chart.share);
        slot.parentElement.hidden = !series;
      }
      cursor.hidden = false;
      cursor.style.left = (steps > 1 ? (100 * step) / (steps - 1) : 50) + "%";
      scrub.value = step;
      scrub.setAttribute("aria-valuetext", readout.textContent.replace(/\s+/g, " ").trim());
    };
    const under = (event) => {
      const box = plot.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
      show(Math.round(share * (steps - 1)));
    };
    plot.addEventListener("pointermove", under);
    plot.addEventListener("pointerdown", under);
    scrub.addEventListener("input", () => show(Number(scrub.value)));
    by("metric")?.addEventListener("change", (event) => {
      metric = event.target.value;
      for (const each of all("[data-metric]")) each.toggleAttribute("hidden", each.dataset.metric !== metric);
      show(Number(scrub.value));
    });
    // Begins at the frame that flickers most.
    const series = data.charts[metric].series.masks;
    const highest = series ? series[series.length - 1] : [];
    show(highest.reduce((best, value, step) => (value > (highest[best] ?? -1) ? step : best), 0));
  }
})();
