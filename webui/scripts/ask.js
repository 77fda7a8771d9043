// The Ask tab's evidence card, copying, and what a screen reader is told. Makes no markup of its own from text: a card
// is a copy of the reference that the page already shows.
(() => {
  "use strict";
  const near = (node, selector) => (node instanceof Element ? node.closest(selector) : null);
  let card = null, held = null, pinned = false, closing = 0;

  const reference = (link) => document.getElementById((link.getAttribute("href") || "").slice(1));

  function close(refocus) {
    clearTimeout(closing);
    if (!card) return false;
    card.remove();
    if (held) held.removeAttribute("aria-expanded");
    if (refocus && held) held.focus();
    card = held = null;
    pinned = false;
    document.querySelectorAll(".reference.pointed").forEach((one) => one.classList.remove("pointed"));
    return true;
  }

  function open(link, pin) {
    clearTimeout(closing);
    if (held === link && card) { pinned = pinned || pin; return; }
    close(false);
    const source = reference(link);
    if (!source) return;
    const copy = source.cloneNode(true);
    copy.removeAttribute("id");
    copy.querySelectorAll("details").forEach((one) => one.remove());
    card = document.createElement("div");
    card.id = "citation-card";
    card.tabIndex = -1;
    card.setAttribute("role", "dialog");
    card.setAttribute("aria-label", link.getAttribute("aria-label") || "");
    card.append(copy);
    (document.getElementById("page") || document.body).append(card);
    held = link;
    pinned = pin;
    link.setAttribute("aria-expanded", "true");
    source.classList.add("pointed");
    place(link);
    const marked = card.querySelector("mark");
    if (marked) card.scrollTop = Math.max(0, marked.offsetTop - card.clientHeight / 2);
  }

  function place(link) {
    const at = link.getBoundingClientRect(), edge = 12, source = reference(link);
    const column = source && source.closest("#references, .evidence");
    const beside = column ? column.getBoundingClientRect().left : 0;   // where it stands beside the answer, it stays in sight
    const most = beside > at.right ? beside - 24 : window.innerWidth - edge;
    const wide = Math.min(440, window.innerWidth - 2 * edge);
    card.style.width = `${wide}px`;
    card.style.left = `${Math.max(edge, Math.min(at.left - 24, most - wide))}px`;
    const high = card.offsetHeight, below = at.bottom + 8;
    card.style.top = `${below + high <= window.innerHeight - edge ? below : Math.max(edge, at.top - high - 8)}px`;
  }

  function show(source) {   // in the evidence beside the answer, where that scrolls by itself
    const column = source.closest("#references, .evidence");
    if (column && column.scrollHeight > column.clientHeight) column.scrollTop = source.offsetTop - column.offsetTop - 12;
  }

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const link = near(event.target, "a.cite");
    if (link) open(link, false);
    else if (near(event.target, "#citation-card")) clearTimeout(closing);
    else if (card && !pinned) { clearTimeout(closing); closing = setTimeout(() => close(false), 220); }
  });
  document.addEventListener("focusin", (event) => {
    const link = near(event.target, "a.cite");
    if (link) open(link, false);
    else if (card && !near(event.target, "#citation-card")) close(false);
  });
  document.addEventListener("click", (event) => {
    const link = near(event.target, "a.cite");
    if (link) {
      event.preventDefault();
      open(link, true);
      const source = reference(link);
      if (source) show(source);
      if (event.detail === 0 && card) card.focus();   // by the keyboard
    } else if (!near(event.target, "#citation-card")) {
      close(false);
    }
    const copy = near(event.target, "#copy, button.copy");
    if (copy) copied(copy);
  });
  window.addEventListener("scroll", () => { if (card && held) (held.isConnected ? place(held) : close(false)); }, { passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    if (close(true)) return;
    const stop = document.getElementById("stop");
    if (stop && stop.offsetParent) stop.click();
  });

  async function copied(button) {
    const of = button.id === "copy" ? document.getElementById("answer") : button.closest(".opened");
    const text = of && of.querySelector(".copied");
    if (!text) return;
    try {
      await navigator.clipboard.writeText(text.textContent);
    } catch {   // a page that is not on https or loopback has no clipboard of its own
      const box = document.createElement("textarea");
      box.value = text.textContent;
      document.body.append(box);
      box.select();
      document.execCommand("copy");
      box.remove();
      button.focus();
    }
    button.classList.add("done");
    say(button.textContent);
    setTimeout(() => button.classList.remove("done"), 1500);
  }

  // One live region, whose text alone changes: the answer itself is drawn anew many times a second.
  const told = document.createElement("div");
  told.className = "unseen-told";
  told.setAttribute("role", "status");
  told.setAttribute("aria-live", "polite");
  function say(text) { if (text && told.textContent !== text) told.textContent = text; }

  let asked = "";
  function drawn() {
    if (held && !held.isConnected) close(false);
    const box = document.querySelector("#question textarea");
    if (box && !box.value && box.style.height) box.style.height = "";   // Gradio leaves it as high as the question it held
    const now = document.getElementById("answer");
    const article = now && now.querySelector("article[data-say]");
    if (!article) { asked = ""; return; }
    say(article.dataset.say);
    const question = article.querySelector(".asked");
    const text = question ? question.textContent : "";
    if (article.classList.contains("draft") && text !== asked) {
      const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      now.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
    }
    asked = text;
  }

  function begin() {
    document.body.append(told);
    new MutationObserver(drawn).observe(document.body, { childList: true, subtree: true });
  }
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
