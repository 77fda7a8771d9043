// Gradio measures its tabs on a hidden copy whose buttons the Tab key still reaches; inert takes them out of its way.
new MutationObserver(() => {
  for (const copy of document.querySelectorAll(".tab-container.visually-hidden:not([inert])")) copy.setAttribute("inert", "");
}).observe(document, { childList: true, subtree: true });
