"use strict";
(() => {
  // Tables that sort by a click on a column's head; undefined values stay at the end.
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const heads = [...table.querySelectorAll("thead tr:last-child th")];
    const sort = () => {
      const column = heads.findIndex((head) => head.hasAttribute("aria-sort"));
      if (column < 0) return;
      const down = heads[column].getAttribute("aria-sort") === "descending";
      const value = (row) => row.cells[column].dataset.value;
      const rows = [...body.rows].sort((a, b) => {
        if (value(a) === "" || value(b) === "") return (value(a) === "") - (value(b) === "");
        return (down ? -1 : 1) * (value(a) - value(b));
      });
      body.append(...rows);
    };
    for (const head of heads) {
      head.querySelector("button").addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const each of heads) each.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sort();
      });
    }
    table.addEventListener("values", sort); // the numbers of the table have changed
  }

  // On paper everything is open.
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details")) each.open = true;
  });
})();
