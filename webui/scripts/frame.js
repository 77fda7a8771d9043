// Gradio measures its tabs on a hidden copy whose buttons the Tab key still reaches; inert takes them out of its way.
new MutationObserver(() => {
  for (const copy of document.querySelectorAll(".tab-container.visually-hidden:not([inert])")) copy.setAttribute("inert", "");
}).observe(document, { childList: true, subtree: true });

// Gradio names the page's language after the browser's own; it is the one the page is written in.
(() => {
  const root = document.documentElement, written = root.lang;
  new MutationObserver(() => { if (root.lang !== written) root.lang = written; }).observe(root, { attributeFilter: ["lang"] });
})();
