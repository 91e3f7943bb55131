// What a station's page can do with a script: scanners that type, the camera, sound and vibration. Without it the page is
// whole: its field sends what is typed in it.
"use strict";
(() => {
  const id = (name) => document.getElementById(name);
  const form = id("scan-form");
  const field = id("scan-field");

  // --- scans: each is sent once, in order, under an id of its own. Nothing is kept for later: what could not be sent is said.
  const WAITING_MAX = 20; // more than a person scans while one is on its way
  const waiting = [];
  let sending = false;
  const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  const unsent = (codes) => {
    const place = id("unsent");
    place.textContent = codes.length ? place.dataset.word + codes.join(", ") : "";
    if (codes.length) feel("bad");
  };
  const showWaiting = () => {
    const place = id("scans-waiting");
    const count = waiting.length + (sending ? 1 : 0);
    place.textContent = count > 1 ? `${count} ${place.dataset.word}` : "";
  };
  const put = (text) => {
    // The stream does it; this is for when it is away.
    if (id("link")?.dataset.state === "live") return;
    const box = document.createElement("div");
    box.innerHTML = text;
    for (const made of [...box.children]) {
      const old = made.id && id(made.id);
      if (old) { old.replaceWith(made); heard(made); }
    }
  };
  const post = async (scan) => {
    for (let tries = 0; ; tries += 1) {
      try {
        const response = await fetch(form.action, {
          method: "POST",
          headers: { Accept: "text/html; fragment" },
          body: new URLSearchParams(scan),
          signal: AbortSignal.timeout(8000),
        });
        if (response.redirected) { location.assign(response.url); return true; }
        if (response.headers.get("binwire-fragment") !== "yes") return response.ok;
        put(await response.text());
        return true;
      } catch (error) {
        // The same id again: what arrived and was not answered is one act.
        if (tries > 0) return false;
      }
    }
  };
  const pump = async () => {
    if (sending) return;
    sending = true;
    while (waiting.length) {
      const scan = waiting.shift();
      showWaiting();
      if (!(await post(scan))) {
        unsent([scan.code, ...waiting.splice(0).map((one) => one.code)]);
        break;
      }
      unsent([]);
    }
    sending = false;
    showWaiting();
  };
  const scanned = (code) => {
    if (!code.trim() || !form) return;
    if (waiting.length >= WAITING_MAX) { unsent([code]); return; }
    waiting.push({ act: newId(), code });
    pump();
  };
  if (form && field) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const code = field.value;
      field.value = "";
      scanned(code);
    });
  }

  // A scanner types wherever the focus is. What is typed outside of a field goes into the page's own.
  const own = field || id("f-q") || id("f-item") || id("f-bins");
  const GS = "\u001d"; // scanners send it as Ctrl+]
  document.addEventListener("keydown", (event) => {
    if (!own || event.isComposing) return;
    const active = document.activeElement;
    const isField = active && active.matches("input, textarea, select, [contenteditable]") && active.type !== "checkbox";
    if (event.ctrlKey && event.key === "]") {
      event.preventDefault();
      const into = isField ? active : own;
      into.value += GS;
      return;
    }
    if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
    // A space presses the button that has the focus, as ever.
    if (event.key.length === 1 && !(event.key === " " && active && active.matches("button, a, summary"))) own.focus();
  });

  // --- the camera, where the browser can read codes with it; where it cannot it says so and shows no button
  const camera = id("camera");
  const start = id("camera-start");
  const stop = id("camera-stop");
  const view = id("camera-view");
  const told = id("camera-said");
  const FORMATS = ["code_128", "qr_code", "data_matrix", "ean_13", "ean_8", "code_39", "itf", "upc_a", "upc_e", "pdf417", "codabar"];
  const SAME_MS = 2500; // a label that is still in the picture is one scan
  let stream = null;
  const closeCamera = () => {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    view.hidden = true;
    stop.hidden = true;
    start.hidden = false;
    told.textContent = "";
  };
  const openCamera = async (formats) => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch (error) {
      told.textContent = camera.dataset.denied;
      return;
    }
    view.srcObject = stream;
    view.hidden = false;
    stop.hidden = false;
    start.hidden = true;
    told.textContent = camera.dataset.hint;
    await view.play();
    const detector = new BarcodeDetector({ formats });
    const seen = new Map();
    const look = async () => {
      if (!stream) return;
      try {
        const now = performance.now();
        for (const code of await detector.detect(view)) {
          const last = seen.get(code.rawValue);
          seen.set(code.rawValue, now);
          if (last === undefined || now - last > SAME_MS) scanned(code.rawValue);
        }
      } catch (error) { /* a frame that is not there yet */ }
      setTimeout(look, 120);
    };
    look();
  };
  if (camera) {
    const none = () => { told.textContent = camera.dataset.none; };
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) none();
    else {
      BarcodeDetector.getSupportedFormats().then((known) => {
        const formats = FORMATS.filter((format) => known.includes(format));
        if (!formats.length) { none(); return; }
        start.hidden = false;
        start.addEventListener("click", () => openCamera(formats));
        stop.addEventListener("click", closeCamera);
      }, none);
      document.addEventListener("visibilitychange", () => { if (document.hidden && stream) closeCamera(); });
    }
  }

  // --- sound and vibration: off until somebody wants them on this device
  const kept = (name) => { try { return localStorage.getItem(`binwire-${name}`) === "on"; } catch (error) { return false; } };
  const keep = (name, on) => { try { localStorage.setItem(`binwire-${name}`, on ? "on" : "off"); } catch (error) { /* private window */ } };
  let audio = null;
  const beep = (kind) => {
    audio ||= new AudioContext();
    const bad = kind === "bad" || kind === "warn" || kind === "unknown";
    // Good is one high tone, bad two low ones: told apart without hearing well.
    for (const at of bad ? [0, 0.25] : [0]) {
      const tone = audio.createOscillator();
      const level = audio.createGain();
      tone.frequency.value = bad ? 220 : 1320;
      level.gain.setValueAtTime(0.2, audio.currentTime + at);
      level.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.18);
      tone.connect(level).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.2);
    }
  };
  const feel = (kind) => {
    if (kept("sound")) beep(kind);
    if (kept("vibration") && navigator.vibrate) navigator.vibrate(kind === "good" || kind === "note" ? 60 : [120, 80, 120]);
  };
  const feedback = id("feedback");
  if (feedback) {
    feedback.hidden = false;
    for (const name of ["sound", "vibration"]) {
      const box = id(name);
      if (name === "vibration" && !navigator.vibrate) {
        box.parentElement.replaceChildren(Object.assign(document.createElement("span"), { textContent: box.dataset.none }));
        continue;
      }
      box.checked = kept(name);
      box.addEventListener("change", () => { keep(name, box.checked); if (box.checked) feel("good"); });
    }
  }
  let answered = Number(id("station-answer")?.dataset.answer || 0);
  const heard = (element) => {
    const number = Number(element.dataset?.answer || 0);
    if (number > answered) { answered = number; feel(element.dataset.sign); }
  };
  document.addEventListener("binwire:fresh", (event) => { if (event.detail.name === "station-answer") heard(event.target); });

  // --- a list on paper
  const print = id("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
