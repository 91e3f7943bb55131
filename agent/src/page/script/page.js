// Keeps the page current from the live stream, says when the gateway is away, and sends forms without a reload. The page
// is whole without it. What comes from the gateway is markup that the gateway escaped; everything else is set as text.
"use strict";
(() => {
  const body = document.body;
  const words = JSON.parse(body.dataset.words);
  const language = document.documentElement.lang;
  const id = (name) => document.getElementById(name);
  const link = id("link");
  const banner = id("away");
  const said = id("said");
  const SILENT_MS = 12000; // a beat comes every five seconds
  const AWAY_MS = 4000; // shorter breaks are no news
  const LOADED_AGAIN_MS = 5000;
  const FRESH_MS = 3000;

  // The gateway's clock: a phone's own may be wrong. A page that was kept says what it was then, not what it is now.
  const isKept = "kept" in body.dataset;
  let skew = isKept ? Number(localStorage.getItem("binwire-skew") || 0) : Date.parse(body.dataset.now) - Date.now();
  if (!isKept) localStorage.setItem("binwire-skew", String(skew));
  const now = () => Date.now() + skew;
  const shown = Date.parse(body.dataset.now);
  let version = body.dataset.version;
  let source = null;
  let heardAt = 0; // by this browser's clock
  let lostAt = isKept ? Date.now() - AWAY_MS : 0;
  let retry = 0;
  const waiting = new Map();

  const ages = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  const age = (seconds) => {
    if (seconds < 60) return ages.format(-Math.round(seconds), "second");
    if (seconds < 3600) return ages.format(-Math.floor(seconds / 60), "minute");
    return seconds < 172800 ? ages.format(-Math.floor(seconds / 3600), "hour") : ages.format(-Math.floor(seconds / 86400), "day");
  };
  const showAges = (root) => {
    for (const time of root.querySelectorAll("time[data-age]")) {
      time.dataset.at ||= time.textContent;
      time.title = time.dataset.at;
      time.textContent = age(Math.max(0, (now() - Date.parse(time.dateTime)) / 1000));
    }
  };
  // As the gateway writes times: the site's zone, not the phone's.
  const clock = (ms) => {
    const as = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    try { return new Intl.DateTimeFormat(language, { ...as, timeZone: body.dataset.zone }).format(new Date(ms)); }
    catch { return new Intl.DateTimeFormat(language, as).format(new Date(ms)); } // a zone that this browser does not know
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const say = (text) => { said.textContent = text; };

  // --- what changes by itself
  const isFilledIn = (element) => {
    const active = document.activeElement;
    return active && active !== body && element.contains(active) && active.matches("input, select, textarea");
  };
  // For a while only: without motion it is an outline, which would stay.
  const mark = (made) => {
    made.classList.add("fresh");
    setTimeout(() => made.classList.remove("fresh"), FRESH_MS);
  };
  const put = (name, html) => {
    const old = id(name);
    if (!old) return html === null;
    if (html === null) { old.remove(); return true; }
    // Not under somebody's hands: it waits until they are done with the field.
    if (isFilledIn(old)) { waiting.set(name, html); return true; }
    const box = document.createElement(old.parentElement.tagName === "TBODY" ? "tbody" : "div");
    box.innerHTML = html;
    const made = box.firstElementChild;
    if (!made) return true;
    const focused = old.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute("href") : null;
    old.replaceWith(made);
    showAges(made);
    if (focused) {
      const again = id(focused) || [...made.querySelectorAll("[href]")].find((one) => one.getAttribute("href") === focused);
      (again || made.querySelector("a, button"))?.focus();
    }
    if (!("quiet" in made.dataset)) mark(made);
    made.dispatchEvent(new CustomEvent("binwire:fresh", { bubbles: true, detail: { name } }));
    return true;
  };
  document.addEventListener("focusout", () => setTimeout(() => {
    for (const [name, html] of [...waiting]) {
      const element = id(name);
      if (!element || !isFilledIn(element)) { waiting.delete(name); put(name, html); }
    }
  }));
  const reload = () => {
    const last = Number(sessionStorage.getItem("loaded-again") || 0);
    if (Date.now() - last < LOADED_AGAIN_MS || isFilledIn(body)) return;
    sessionStorage.setItem("loaded-again", String(Date.now()));
    location.reload();
  };

  const away = () => {
    lostAt ||= Date.now();
    const gone = Date.now() - lostAt;
    link.dataset.state = "away";
    link.textContent = words.connecting;
    if (gone < AWAY_MS) return;
    body.dataset.stale = "";
    const since = heardAt ? heardAt + skew : shown;
    banner.hidden = false;
    const text = fill(words.away, { time: clock(since), age: age((now() - since) / 1000) });
    if (banner.textContent !== text) banner.textContent = text;
  };
  const live = () => {
    heardAt = Date.now();
    lostAt = 0;
    retry = 0;
    if (link.dataset.state !== "live") {
      link.dataset.state = "live";
      link.textContent = words.live;
    }
    banner.hidden = true;
    delete body.dataset.stale;
  };
  const follow = () => {
    close();
    const after = version ? `&after=${encodeURIComponent(version)}` : "";
    source = new EventSource(`/live?of=${encodeURIComponent(body.dataset.live)}${after}`);
    const stream = source;
    const on = (name, act) => stream.addEventListener(name, (event) => { if (stream === source) { live(); act(event); } });
    on("fragments", (event) => {
      version = event.lastEventId;
      let isWhole = true;
      for (const [name, html] of JSON.parse(event.data)) isWhole = put(name, html) && isWhole;
      if (!isWhole && body.dataset.whole) reload();
    });
    on("beat", (event) => { skew = Date.parse(event.data) - Date.now(); });
    on("reload", () => { version = ""; reload(); });
    stream.onerror = () => {
      if (stream !== source) return;
      away();
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      retry = Math.min(retry + 1, 5);
      setTimeout(() => { if (stream === source) follow(); }, 500 * 2 ** retry * (0.5 + Math.random() / 2));
    };
  };
  const close = () => { if (source) { source.close(); source = null; } };
  // A page that nobody sees costs the gateway nothing.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") close();
    else if (!source) { heardAt = Date.now(); follow(); }
  });
  addEventListener("pageshow", (event) => { if (event.persisted) follow(); });

  setInterval(() => {
    showAges(document);
    if (!source) return;
    if (heardAt && Date.now() - heardAt > SILENT_MS) {
      // A line that was cut says nothing.
      away();
      if (Date.now() - lostAt > SILENT_MS) { lostAt = Date.now() - SILENT_MS; follow(); }
    } else if (lostAt) away();
  }, 1000);

  // --- forms: sent once, answered in place
  const send = async (form, button) => {
    const data = new FormData(form, button || undefined);
    const busy = form.querySelectorAll("button");
    for (const one of busy) one.disabled = true;
    say(words.sending);
    try {
      const isFile = form.getAttribute("enctype") === "multipart/form-data";
      // By attribute: a field called action would hide the property.
      const response = await fetch(form.getAttribute("action") || location.pathname, {
        method: "POST",
        body: isFile ? data : new URLSearchParams(data),
        headers: { Accept: "text/html; fragment" },
      });
      say("");
      await answered(form, response);
    } catch (error) {
      // Nothing is kept for later: whoever sent it knows now that it did not arrive.
      say(words.notSent);
      form.dispatchEvent(new CustomEvent("binwire:unsent", { bubbles: true }));
      away();
    } finally {
      for (const one of busy) one.disabled = false;
    }
  };
  const answered = async (form, response) => {
    const text = await response.text();
    if (response.headers.get("binwire-fragment") === "yes") {
      const box = document.createElement("div");
      box.innerHTML = text;
      for (const made of [...box.children]) {
        const old = made.id && id(made.id);
        if (old) { old.replaceWith(made); showAges(made); }
      }
      const act = form.elements.namedItem("act");
      // Another press is another act.
      if (act) act.value = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
      if (response.ok) form.querySelectorAll("[data-once]").forEach((field) => { field.value = ""; });
      form.dispatchEvent(new CustomEvent("binwire:answered", { bubbles: true, detail: { ok: response.ok, status: response.status } }));
      return;
    }
    // A page: shown as the browser would have, with its address.
    if (response.redirected) { location.assign(response.url); return; }
    const page = new DOMParser().parseFromString(text, "text/html");
    const main = page.getElementById("content");
    if (main) {
      id("content").replaceWith(document.adoptNode(main));
      showAges(document);
      id("content").focus();
    } else say(`${response.status}`);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("method") !== "post" || "plain" in form.dataset) return;
    event.preventDefault();
    send(form, event.submitter);
  });

  showAges(document);
  follow();
  if (isKept) away();
  if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/sw.js").catch(() => {});
})();
