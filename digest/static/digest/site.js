// The page works without this. It fills in the time zone the browser knows, and offers cities.
(() => {
  "use strict";
  const zone = document.querySelector("[data-zones]");
  if (!zone) return;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  // Where a zone must be given it is the person's own, chosen before.
  const is_clear = here === "UTC" || here?.includes("/"); // "EST" would be asked about
  if (is_clear && !zone.required && zone.value === zone.dataset.zones) zone.value = here;

  const offer = (cities) => {
    const names = document.createElement("datalist");
    names.id = "zone-names";
    const add = (value, label) => {
      const option = document.createElement("option");
      option.value = value;
      if (label) option.label = label;
      names.append(option);
    };
    add("UTC");
    for (const name of Intl.supportedValuesOf?.("timeZone") ?? []) add(name);
    const pairs = Object.entries(cities).flatMap(([name, list]) => list.map((city) => [city, name]));
    const times = new Map();
    for (const [city] of pairs) times.set(city, (times.get(city) ?? 0) + 1);
    // A name of several cities would be asked about.
    for (const [city, name] of pairs) if (times.get(city) === 1) add(city, name);
    zone.after(names);
    zone.setAttribute("list", names.id);
  };

  // 700 names are read only where somebody wants one.
  zone.addEventListener(
    "focus",
    () =>
      fetch(zone.dataset.cities)
        .then((response) => (response.ok ? response.json() : {}))
        .catch(() => ({}))
        .then(offer),
    { once: true },
  );
})();
