"use strict";
// Everything on these pages can be read without this script; it adds a filter, a cursor, copying,
// and the window of the expectation under the pointer.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];

  // The run's name is its folder's: it stands in the address, not in the record.
  const folder = decodeURIComponent(location.pathname).split("/").slice(-2, -1)[0];
  all("[data-run]").forEach((e) => { e.textContent = folder; });

  all("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "copied";
  }));

  const filter = document.querySelector("[data-filter]");
  if (filter) {
    filter.hidden = false;
    all("[data-word]").forEach((count) => count.addEventListener("click", () => {
      filter.value = filter.value === count.dataset.word ? "" : count.dataset.word;
      filter.dispatchEvent(new Event("input"));
    }));
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      all("[data-words]").forEach((row) => {
        row.hidden = !words.every((word) => row.dataset.words.includes(word));
      });
      all(".family").forEach((family) => {
        family.hidden = !family.querySelector("[data-words]:not([hidden])");
      });
    });
  }

  const plots = document.querySelector(".plots");
  if (!plots) return;
  const window_ = plots.querySelector(".over .window");
  const cursor = plots.querySelector(".over .cursor");
  const over = plots.querySelector(".over");

  // Beside a longer list of steps the plots stay in view: at the top, or by their lower end.
  const stage = document.querySelector(".stage");
  const stick = () => {
    const top = Math.min(16, innerHeight - stage.offsetHeight - 16);
    stage.style.setProperty("--top", `${top}px`);
  };
  addEventListener("resize", stick);
  stage.addEventListener("toggle", stick, true);
  stick();

  const pinOf = (id) => document.getElementById(id.replace(/^e-/, "p-"));
  const show = (pin) => {
    window_.hidden = !pin;
    if (pin) window_.style.cssText = pin.dataset.window;
  };
  const target = () => pinOf(location.hash.slice(1));
  const wanted = () => { const pin = target(); show(pin && pin.dataset.window ? pin : null); };
  addEventListener("hashchange", wanted);
  wanted();
  all(".pin, .exp").forEach((e) => {
    e.addEventListener("mouseenter", () => show(pinOf(e.id)));
    e.addEventListener("mouseleave", wanted);
  });

  const end = Number(plots.dataset.end);
  plots.addEventListener("mousemove", (event) => {
    const box = over.getBoundingClientRect();
    const place = (event.clientX - box.left) / box.width;
    cursor.hidden = !(place >= 0 && place <= 1);
    cursor.style.left = `${place * 100}%`;
    cursor.firstElementChild.textContent = `${(place * end).toFixed(end < 10 ? 3 : 2)} s`;
    cursor.firstElementChild.style.top = `${event.clientY - box.top}px`;
  });
  plots.addEventListener("mouseleave", () => { cursor.hidden = true; });
})();
