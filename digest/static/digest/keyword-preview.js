// Beside each list of keywords: the line that sums up the preview, and clicks on its suggestions.
(() => {
  "use strict";
  const added = (text, keyword) => {
    const before = text.trimEnd();
    return before ? `${before}\n${keyword}` : keyword;
  };

  // The typed keyword stands between line ends or separators, never inside another one.
  const replaced = (text, old, keyword) => {
    const literal = old.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    // As the server splits: a comma separates only with a blank behind it.
    const item = new RegExp(
      `(^|[\\n;，；、]|,(?=\\s))([^\\S\\n]*)${literal}(?=[^\\S\\n]*($|[\\n;，；、]|,(?:\\s|$)))`,
    );
    return item.test(text)
      ? text.replace(item, (_, edge, space) => edge + space + keyword)
      : added(text, keyword);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keywords] button.add");
    if (!button) return;
    const { keyword, instead } = button.dataset;
    const list = document.getElementById(button.closest("[data-keywords]").dataset.keywords);
    list.value = instead ? replaced(list.value, instead, keyword) : added(list.value, keyword);
    list.dispatchEvent(new Event("input", { bubbles: true }));
    list.focus();
  });

  document.addEventListener("htmx:afterSwap", ({ target }) => {
    const summary = document.getElementById(`${target.dataset.keywords}-summary`);
    if (!summary) return;
    summary.textContent = target.querySelector("[data-summary]")?.dataset.summary.trim() ?? "";
  });

  // Browsers keep what was typed when a page is loaded again.
  for (const panel of document.querySelectorAll("[data-keywords]")) {
    const list = document.getElementById(panel.dataset.keywords);
    if (list?.value.trim()) addEventListener("load", () => list.dispatchEvent(new Event("preview")));
  }
})();
