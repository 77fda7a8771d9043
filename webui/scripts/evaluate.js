// Rating a question list by keyboard, and reading a list's file in the browser.
(() => {
  const typing = (element) => element && element.closest("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox])");
  const shown = (element) => element && element.offsetParent !== null;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || typing(event.target)) return;
    const keys = document.querySelector("#list-keys input");
    if (!shown(keys) || !keys.checked) return;
    if (/^[1-5]$/.test(event.key)) {
      const score = document.querySelectorAll("#list-score input[type=radio]")[Number(event.key) - 1];
      if (!shown(score)) return;
      event.preventDefault();
      score.click();
    } else if (event.key === "n" || event.key === "p") {
      const button = document.querySelector(event.key === "n" ? "#list-next" : "#list-previous");
      if (!shown(button)) return;
      event.preventDefault();
      button.click();
    }
  });

  // A Korean spreadsheet saves CSV as CP949, which the browser calls euc-kr.
  const text = (bytes) => {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder("euc-kr").decode(bytes);
    }
  };

  document.addEventListener("change", async (event) => {
    if (event.target.id !== "list-file" || !event.target.files.length) return;
    const file = event.target.files[0];
    const box = document.querySelector("#list-text textarea");
    event.target.value = "";
    document.querySelector("#list-too-large").hidden = file.size <= 1000000;
    if (!box || file.size > 1000000) return;
    box.value = text(await file.arrayBuffer());
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
