// Says what is wrong with the layout of the page as it stands: a line for each thing that a reader would trip over.
() => {
  const wide = document.documentElement.clientWidth;
  const found = [];
  const say = (what, element, text) => {
    const place = element.closest("td, th, li, p, h1, h2, h3, label, button, a, div, section") ?? element;
    const name = place.tagName.toLowerCase() + (place.className ? "." + [...place.classList].join(".") : "");
    found.push(`${what}: ${name} “${text.replace(/\s+/g, " ").trim().slice(0, 60)}”`);
  };
  const style = (element) => getComputedStyle(element);
  const upwards = function* (element) {
    for (; element; element = element.parentElement) yield element;
  };
  const isForEarsOnly = (element) => {
    for (const each of upwards(element)) {
      const { clipPath, maxHeight } = style(each);
      if (clipPath === "inset(50%)" || maxHeight === "0px") return true;
    }
    return false;
  };
  const scrolls = (element) => ["auto", "scroll"].includes(style(element).overflowX);
  const hides = (element) => ["hidden", "clip"].includes(style(element).overflowX);

  if (document.documentElement.scrollWidth > wide) {
    found.push(`the page is ${document.documentElement.scrollWidth} wide on a screen of ${wide}`);
  }

  // Each text that is seen, with the boxes of its lines.
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || ["STYLE", "SCRIPT", "OPTION"].includes(element.tagName)) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (isForEarsOnly(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5 && box.height > 0.5);
    if (boxes.length) texts.push({ node, element, boxes });
  }

  for (const { node, element, boxes } of texts) {
    const frame = [...upwards(element)].find((each) => scrolls(each) || hides(each));
    const cell = element.closest("td, th, li, p, h1, h2, h3, header, section, button, blockquote");
    for (const box of boxes) {
      if (!frame && (box.right > wide + 1 || box.left < -1)) say("beside the screen", element, node.data);
      if (frame && hides(frame)) {
        const hole = frame.getBoundingClientRect();
        if (box.right > hole.right + 2 || box.bottom > hole.bottom + 2) say("cut off", element, node.data);
      }
      if (cell) {
        const room = cell.getBoundingClientRect();
        if (box.right > room.right + 1.5 || box.left < room.left - 1.5) say("beside its box", element, node.data);
      }
    }
    // A column too narrow for words, and words that are torn apart where a line could have ended before them.
    const lines = new Set(boxes.map((box) => Math.round(box.top))).size;
    if (lines > 2 && node.data.trim().length / lines < 5) say("squeezed", element, node.data);
    for (const word of node.data.matchAll(/(?<![\p{L}\p{N}])[\p{L}\p{N}]{2,14}(?![\p{L}\p{N}])/gu)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const parts = [...range.getClientRects()].filter((box) => box.width > 0.5);
      if (new Set(parts.map((box) => Math.round(box.top))).size > 1) say("torn apart", element, word[0]);
    }
  }

  // Texts on top of each other. The boxes are as high as their font; what counts is the middle of them.
  const all = texts.flatMap(({ node, element, boxes }) =>
    boxes.map((box) => {
      const inset = box.height * 0.22;
      return { node, element, left: box.left, right: box.right, top: box.top + inset, bottom: box.bottom - inset };
    }),
  );
  all.sort((one, other) => one.top - other.top);
  all.forEach((one, at) => {
    for (let next = at + 1; next < all.length && all[next].top < one.bottom - 1; next += 1) {
      const other = all[next];
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      const isScrolled = [one, other].some(({ element }) => [...upwards(element)].some(scrolls));
      if (across > 2 && down > 2 && !isScrolled) say("on top of another", one.element, `${one.node.data} / ${other.node.data}`);
    }
  });

  // What one types into or presses must be seen whole.
  for (const control of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, .button")) {
    if (!control.checkVisibility()) continue;
    const box = control.getBoundingClientRect();
    if (box.right > wide + 1 || box.left < -1 || box.width < 40 || box.height < 24) say("too small or beside the screen", control, control.name || control.textContent);
  }
  return [...new Set(found)];
}
