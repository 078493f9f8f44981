"use strict";
// What the page does beyond its forms: it tells the product that shows it how it ended, opens Lever's page in a
// window of its own (Lever can't be shown in a frame), and waits for what comes of that.
(() => {
  const body = document.body;
  const step = body.dataset.step;
  const framed = window.parent !== window;
  const origins = JSON.parse(body.dataset.origins);
  const element = id => document.getElementById(id);

  const receivers = () => {
    if (!origins.length) return ["*"];
    const above = location.ancestorOrigins && location.ancestorOrigins[0];
    return above ? origins.filter(each => each === above) : origins;
  };
  const tell = message => receivers().forEach(each => window.parent.postMessage(message, each));
  const close = () => (framed ? tell({ type: "close" }) : window.close());

  if (framed) {
    body.classList.add("framed");
    const button = element("close");
    button.hidden = false;
    button.addEventListener("click", close);
    document.addEventListener("keydown", event => { if (event.key === "Escape") close(); });
  }

  const focused = document.querySelector("[data-focus]");
  if (focused) focused.focus();

  document.querySelectorAll("form").forEach(form => form.addEventListener("submit", () => {
    const working = form.querySelector(".working");
    working.textContent = working.dataset.text;
    // Not at once: a button that is disabled is not sent.
    setTimeout(() => form.querySelectorAll("button").forEach(each => { each.disabled = true; }));
  }));

  if (step === "done" && framed) {
    tell({ type: "success", data: { activation_token: body.dataset.activation } });
  }

  if (step === "answered") {
    if (window.opener) window.opener.postMessage({ type: "lever-connect" }, location.origin);
    if (body.dataset.outcome === "connected") setTimeout(() => window.close(), 1500);
  }

  const signIn = element("oauth");
  if (!signIn) return;
  let polling = null;
  let isNews = !element("failure"); // a failure that is shown already is none
  const look = async () => {
    const token = new URLSearchParams(location.search).get("token");
    let state;
    try {
      const answer = await fetch("connect/state?token=" + encodeURIComponent(token), { cache: "no-store" });
      state = (await answer.json()).state;
    } catch {
      return; // the next look may succeed
    }
    if (state === "waiting") isNews = true;
    else if (state !== "failed" || isNews) {
      clearInterval(polling);
      location.replace(location.href);
    }
  };
  const wait = () => {
    element("waiting").textContent = element("waiting").dataset.text;
    if (polling === null) polling = setInterval(look, 2000);
  };
  window.addEventListener("message", event => {
    if (event.origin === location.origin && event.data && event.data.type === "lever-connect") {
      isNews = true;
      look();
    }
  });
  signIn.addEventListener("click", event => {
    event.preventDefault();
    const opened = window.open(signIn.href, "_blank", "popup,width=640,height=800");
    element("blocked").hidden = Boolean(opened);
    wait();
  });
  element("blocked").addEventListener("click", wait);
})();
