// Counts on what the page says is left of each clock; without it the page stays as it was made.
(() => {
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const length = (seconds) => {
    const parts = [];
    for (const [size, unit] of units) {
      const count = Math.floor(seconds / size);
      seconds -= count * size;
      if (count) parts.push(`${count} ${unit}`);
    }
    return parts.join(" ") || "0 s";
  };
  const clocks = document.querySelectorAll("[data-due]");
  const start = Date.now();
  const made = Number(document.querySelector("main").dataset.now);
  const count = () => {
    const now = made + Math.floor((Date.now() - start) / 1000);
    for (const clock of clocks) {
      const left = Number(clock.dataset.due) - now;
      clock.textContent = left >= 0 ? `${length(left)} left` : `late by ${length(-left)}`;
    }
  };
  if (clocks.length) setInterval(count, 1000);
})();
