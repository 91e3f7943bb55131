// Keeps style, script and the last pages that were looked at, to show them when the gateway is away. Sends nothing by itself
// and queues nothing: what cannot be sent fails at once, and the page says so.
"use strict";
const ASSETS = "ASSETS";
const FILES = "binwire-files";
const PAGES = "binwire-pages";
const PAGES_MAX = 20;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(FILES).then((files) => files.addAll(ASSETS)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const files = await caches.open(FILES);
    for (const kept of await files.keys()) {
      if (!ASSETS.includes(new URL(kept.url).pathname)) await files.delete(kept);
    }
    await self.clients.claim();
  })());
});

const keep = async (request, response) => {
  const pages = await caches.open(PAGES);
  if (response.ok && response.headers.get("binwire-keep") === "yes" && !response.redirected) {
    await pages.delete(request);
    await pages.put(request, response.clone());
    const all = await pages.keys();
    for (const old of all.slice(0, Math.max(0, all.length - PAGES_MAX))) await pages.delete(old);
  } else if (response.status === 401 || response.redirected) {
    await pages.delete(request);
  }
};

const page = async (event) => {
  try {
    const response = await fetch(event.request);
    event.waitUntil(keep(event.request, response.clone()));
    return response;
  } catch (away) {
    const pages = await caches.open(PAGES);
    const kept = (await pages.match(event.request)) || (await pages.match("/"));
    if (!kept) throw away;
    // The page is to know that it is an old one: its ages count from then, not from now.
    const text = (await kept.text()).replace("<body", "<body data-kept");
    return new Response(text, { headers: kept.headers });
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request).then((kept) => kept || fetch(request)));
  } else if (request.mode === "navigate") {
    event.respondWith(page(event));
  }
});
