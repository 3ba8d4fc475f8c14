// A click on a suggestion under the keywords puts it into the list.
(() => {
  "use strict";
  const preview = document.getElementById("keyword-preview");
  const list = document.getElementById("id_keywords");
  if (!preview || !list) return;

  const added = (text, keyword) => {
    const before = text.trimEnd();
    return before ? `${before}\n${keyword}` : keyword;
  };

  // The typed keyword stands between line ends or separators, never inside another one.
  const replaced = (text, old, keyword) => {
    const literal = old.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const item = new RegExp(`(^|[\\n,;])([^\\S\\n]*)${literal}(?=[^\\S\\n]*($|[\\n,;]))`);
    return item.test(text)
      ? text.replace(item, (_, edge, space) => edge + space + keyword)
      : added(text, keyword);
  };

  preview.addEventListener("click", (event) => {
    const { keyword, instead } = event.target.closest("button.add")?.dataset ?? {};
    if (!keyword) return;
    list.value = instead ? replaced(list.value, instead, keyword) : added(list.value, keyword);
    list.dispatchEvent(new Event("input", { bubbles: true }));
    list.focus();
  });
})();
