// The tab of documents: what is pressed in its HTML is handed to the server as a JSON list, files are sent as they are, and
// their progress is drawn. Texts come from data attributes and become text nodes, never markup.
(() => {
  const at = (id) => document.getElementById(id);
  let count = 0;

  function tell(order) {
    const box = document.querySelector("#documents-pressed textarea, #documents-pressed input");
    if (!box) return;
    box.value = JSON.stringify([++count + "-" + Date.now(), ...order]);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function show(view) {
    const tab = document.querySelector(`#documents-views button[role=tab][data-tab-id="${view}"]`);
    if (tab && tab.getAttribute("aria-selected") !== "true") tab.click();
  }

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-do]");
    if (!pressed || pressed.disabled) return;
    if (pressed.dataset.sure && !window.confirm(pressed.dataset.sure)) return;
    const order = JSON.parse(pressed.dataset.do);
    tell(order);
    if (order[0] === "open") {
      show("browse");
      at("documents-views")?.scrollIntoView({ block: "start" });
    }
  });

  function line(name, text, wrong) {
    const item = document.createElement("li"), said = document.createElement("span");
    item.className = wrong ? "refused" : "";
    if (wrong) said.setAttribute("role", "alert");
    said.textContent = text.replace("{name}", name);
    item.append(said);
    at("upload-sending").append(item);
    return item;
  }

  function refuse(item, name, what, fix) {
    item.remove();
    const shown = line(name, name + ": " + what, true), more = document.createElement("small");
    more.textContent = fix || "";
    shown.append(more);
  }

  function send(file) {
    const words = at("upload-drop").dataset;
    return new Promise((done) => {
      const item = line(file.name, words.sending, false), bar = document.createElement("progress");
      bar.max = file.size || 1;
      bar.setAttribute("aria-label", words.sending.replace("{name}", file.name));
      item.append(bar);
      const kind = file.name.includes(".") ? "." + file.name.split(".").pop().toLowerCase() : "";
      const wrong = !words.kinds.split(" ").includes(kind) ? [words.other.replace("{kind}", kind || "?"), words.instead]
        : file.size > Number(words.most) ? [words.big, words.smaller] : null;   // the server looks again, and counts
      if (wrong) {
        refuse(item, file.name, ...wrong);
        done();
        return;
      }
      const request = new XMLHttpRequest();
      request.open("POST", new URL("documents/upload", document.baseURI));
      request.setRequestHeader("x-file-name", encodeURIComponent(file.name));
      request.responseType = "json";
      request.upload.onprogress = (event) => { bar.value = event.loaded; };
      request.onload = () => {
        const told = request.response || {};
        if (request.status === 200) item.remove();
        else refuse(item, told.name || file.name, told.what || words.lost, told.fix);
        done();
      };
      request.onerror = request.onabort = () => { refuse(item, file.name, words.lost, ""); done(); };
      request.send(file);
    });
  }

  async function take(files) {
    at("upload-sending").replaceChildren();
    for (const file of files) await send(file);
    const button = at("documents-take");
    (button?.matches("button") ? button : button?.querySelector("button"))?.click();
  }

  document.addEventListener("change", (event) => {
    if (event.target.id !== "upload-file") return;
    const files = [...event.target.files];
    event.target.value = "";
    if (files.length) take(files);
  });

  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const place = event.target.closest?.("#upload-drop");
      if (!place) return;
      event.preventDefault();
      place.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) take([...event.dataTransfer.files]);
    });
  }
})();
