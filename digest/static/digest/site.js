// The page works without this. It fills in the time zone the browser knows.
(() => {
  "use strict";
  const zone = document.querySelector("[data-zones]");
  if (!zone) return;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // Where a zone must be given it is the person's own, chosen before.
  const is_clear = here === "UTC" || here?.includes("/"); // "EST" would be asked about
  if (is_clear && !zone.required && zone.value === zone.dataset.zones) zone.value = here;
  if (!Intl.supportedValuesOf) return;
  const names = document.createElement("datalist");
  names.id = "zone-names";
  for (const name of ["UTC", ...Intl.supportedValuesOf("timeZone")]) {
    const option = document.createElement("option");
    option.value = name;
    names.append(option);
  }
  zone.after(names);
  zone.setAttribute("list", names.id);
})();
