// Enhancement only: every page works without this file.
// 1. Leave: cover the page at once (button, or Shift three times within five seconds), tell the server, go elsewhere.
// 2. Move focus to the error summary.
// 3. A second tap on a button that was just pressed sends nothing: two answers would race for one session.
"use strict";

(() => {
  const form = document.querySelector("form[data-leave]");
  let pressed = [];

  const leave = () => {
    const cover = document.createElement("div");
    cover.className = "gone";
    document.body.replaceChildren(cover);
    document.title = " ";
    const away = form.dataset.leave;
    const told = fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual", keepalive: true });
    // The request outlives the page, so a slow network does not keep anybody here.
    const soon = new Promise((resolve) => setTimeout(resolve, 300));
    Promise.race([told, soon]).catch(() => {}).finally(() => location.replace(away));
  };

  if (form) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      leave();
    });
    document.addEventListener("keyup", (event) => {
      if (event.key !== "Shift") {
        pressed = [];
        return;
      }
      const now = Date.now();
      pressed = pressed.filter((at) => now - at < 5000).concat(now);
      if (pressed.length >= 3) leave();
    });
  }

  document.addEventListener("submit", (event) => {
    const sent = event.target;
    if (event.defaultPrevented) return;
    if (sent.dataset.sent) {
      event.preventDefault();
      return;
    }
    sent.dataset.sent = "yes";
    // A page that stays (a download, a lost connection) can be sent again.
    setTimeout(() => delete sent.dataset.sent, 5000);
  });

  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
})();
