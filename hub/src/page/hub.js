// Keeps the page current from the live feed. Everything is set as text, never as markup.
"use strict";
(() => {
  const MOVEMENTS_SHOWN = 50;
  const PARKED_SHOWN = 20;
  const STALE_SECONDS = 15 * 60;
  const id = (name) => document.getElementById(name);
  const page = id("page");
  const link = id("link");
  const many = page.dataset.many === "true";
  // Ages are told by the hub's clock: a phone's own may be wrong.
  const skew = Date.parse(page.dataset.now) - Date.now();
  const secondsSince = (iso) => Math.max(0, (Date.now() + skew - Date.parse(iso)) / 1000);
  let cursor = page.dataset.cursor;
  let source = null;
  let failures = 0;
  let heard = page.dataset.now;

  const make = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const age = (iso) => {
    const seconds = secondsSince(iso);
    if (seconds < 60) return seconds < 10 ? "just now" : `${Math.floor(seconds)} s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    return seconds < 172800 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86400)} days ago`;
  };
  const showAge = (time) => {
    if (!time.dateTime) return; // never
    const stale = time.className === "heard" && secondsSince(time.dateTime) > STALE_SECONDS;
    time.textContent = age(time.dateTime) + (stale ? ": what happened since is not known" : "");
    time.title = new Date(time.dateTime).toLocaleString();
    const card = time.closest(".card");
    if (card) card.toggleAttribute("data-stale", stale);
  };
  const timeOf = (className, iso) => {
    const time = make("time", undefined, className);
    time.dateTime = iso;
    showAge(time);
    return time;
  };
  const flash = (element) => {
    element.classList.remove("fresh");
    void element.offsetWidth; // restarts the highlight when the same row changes twice
    element.classList.add("fresh");
  };

  const rows = new Map([...document.querySelectorAll("tr[data-key]")].map((row) => [row.dataset.key, row]));
  const addRow = (body, key, amount) => {
    const table = body.closest("table");
    const row = make("tr");
    const item = make("th");
    const cells = [make("td"), make("td", "", "number"), make("td")];
    row.dataset.key = key;
    item.scope = "row";
    item.append(make("bdi", amount.item_text));
    if (many) item.append(make("span", `${amount.site}/${amount.feed}`, "origin"));
    cells.forEach((cell, i) => (cell.dataset.label = table.tHead.rows[0].cells[i + 1].textContent));
    cells[0].append(make("bdi", amount.place_text));
    row.append(item, ...cells);
    body.insertBefore(row, [...body.rows].find((other) => other.dataset.key > key) || null);
    table.hidden = false;
    table.parentElement.querySelector(".none").hidden = true;
    rows.set(key, row);
    return row;
  };
  const held = (amount) => {
    const body = document.querySelector(`tbody[data-kind="${amount.kind}"]`);
    if (!body) return; // the other side of the books is not on the page
    const key = `${amount.site}/${amount.feed}|${amount.item}|${amount.place}`;
    const row = rows.get(key) || addRow(body, key, amount);
    const changed = row.cells[2].textContent !== String(amount.qty);
    row.cells[2].textContent = amount.qty;
    row.cells[3].replaceChildren(timeOf("changed", amount.changed_at));
    if (changed) flash(row);
  };

  const moved = (movement) => {
    const lines = [...id("moved").children];
    // What was shown ahead of a backlog has its turn now: the same movement, under the same id.
    const shown = lines.find((other) => other.dataset.id === movement.id);
    if (shown && movement.ahead) return;
    if (shown) shown.remove();
    const line = make("li");
    const what = make("p");
    const when = make("p", undefined, "quiet");
    line.dataset.id = movement.id;
    what.append(make("bdi", movement.text));
    when.append(timeOf("received", movement.replayed_at || movement.received_at));
    if (many) when.append(` · ${movement.site}/${movement.feed}`);
    if (movement.replayed_at) when.append(" · was parked");
    if (movement.at_corrected) when.append(" · happened ", timeOf("happened", movement.at_corrected));
    if (movement.ahead) {
      line.dataset.ahead = "";
      when.append(" · just now, ahead of a backlog; not yet in the amounts");
    }
    line.append(what, when);
    id("moved").prepend(line);
    while (id("moved").children.length > MOVEMENTS_SHOWN) id("moved").lastElementChild.remove();
    id("moved-none").hidden = true;
    flash(line);
    (movement.on_hand || []).forEach(held);
  };

  const refreshParked = async () => {
    const answer = await fetch("parked");
    if (!answer.ok) return;
    const { parked } = await answer.json();
    id("parked-section").hidden = parked.length === 0;
    id("parked").replaceChildren(...parked.slice(0, PARKED_SHOWN).map((record) => {
      const line = make("li");
      line.append(make("p", record.detail), make("p", `${record.site}/${record.feed}, no. ${record.seq}`, "quiet"));
      return line;
    }));
  };
  const feed = (state) => {
    const card = [...document.querySelectorAll(".card")].find((c) => c.dataset.feed === `${state.site}/${state.feed}`);
    const field = (name) => card.querySelector(`[data-field="${name}"]`);
    const parkedChanged = field("parked").textContent !== String(state.parked);
    card.dataset.chain = state.chain;
    field("records").textContent = state.records;
    field("chain").textContent = state.chain_text;
    field("chain").dataset.sign = { unheard: "unknown", whole: "good", lossy: "warn", forked: "bad" }[state.chain];
    field("checkpoint").textContent = state.checkpoint_text;
    field("parked").textContent = state.parked;
    field("alarms").hidden = state.alarms.length === 0;
    field("alarms").replaceChildren(...state.alarms.map((alarm) => {
      const line = make("li");
      const what = make("p");
      line.dataset.alarm = alarm.kind;
      const told = make("span", alarm.what, "sign");
      told.dataset.sign = "warn";
      what.append(told);
      line.append(what, make("p", `To do: ${alarm.todo}`));
      if (alarm.since) {
        const since = make("p", "since ", "quiet");
        since.append(timeOf("since", alarm.since));
        line.append(since);
      }
      return line;
    }));
    const differences = state.checkpoint ? state.checkpoint.differences : [];
    field("differences").hidden = differences.length === 0;
    field("differences").replaceChildren(...differences.map((one) =>
      make("li", `${one.item} at ${one.place}: the site says ${one.site}, here are ${one.hub}`)));
    if (state.last_heard) card.querySelector("time.heard").replaceWith(timeOf("heard", state.last_heard));
    document.querySelectorAll("time").forEach(showAge);
    if (parkedChanged) refreshParked().catch(() => {});
  };

  const say = () => {
    const live = source.readyState === EventSource.OPEN;
    if (live) heard = new Date(Date.now() + skew).toISOString();
    link.dataset.state = live ? "live" : "away";
    const text = live ? "live" : `reconnecting, last heard ${age(heard)}`;
    if (link.textContent !== text) link.textContent = text;
  };
  const follow = () => {
    source = new EventSource(`live?after=${encodeURIComponent(cursor)}`);
    const on = (name, handle) => source.addEventListener(name, (event) => {
      cursor = event.lastEventId;
      handle(JSON.parse(event.data));
    });
    on("movement", moved);
    on("ahead", moved);
    on("feed", feed);
    source.onopen = () => { failures = 0; say(); };
    source.onerror = () => {
      say();
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      failures += 1;
      setTimeout(follow, Math.min(30000, 1000 * 2 ** failures) * (0.5 + Math.random() / 2));
    };
  };
  document.querySelectorAll("time").forEach(showAge);
  follow();
  setInterval(() => { document.querySelectorAll("time").forEach(showAge); say(); }, 5000);
})();
