// Comfort only: every page works without it.
(function () {
  "use strict";
  // A filter form sends itself when a choice changes.
  document.querySelectorAll("form[data-auto]").forEach(function (form) {
    form.addEventListener("change", function (event) {
      if (event.target.matches("select, input[type=checkbox], input[type=date]")) {
        form.requestSubmit();
      }
    });
  });
  // One tick for all of a list.
  document.querySelectorAll("[data-all]").forEach(function (all) {
    all.hidden = false;
    var input = all.querySelector("input");
    input.addEventListener("change", function () {
      document.querySelectorAll("input[name='" + input.dataset.of + "']").forEach(function (one) {
        one.checked = input.checked;
      });
    });
  });
  // A search answers while one types: the same page is asked for, and its results take the place of those that stand.
  document.querySelectorAll("form[data-live]").forEach(function (form) {
    var box = form.querySelector("input[type=search]");
    var places = form.dataset.live.split(" ");
    var waiting = 0, asked = null, typing = false;
    if (!box || !window.fetch || !window.DOMParser || !window.AbortController) { return; }
    function ask() {
      var pairs = new URLSearchParams(new FormData(form));
      Array.from(pairs.keys()).forEach(function (name) { if (!pairs.get(name)) { pairs.delete(name); } });
      var address = form.getAttribute("action") + (pairs.toString() ? "?" + pairs : "");
      if (asked) { asked.abort(); }
      asked = new AbortController();
      fetch(address, { credentials: "same-origin", signal: asked.signal }).then(function (answer) {
        // Signed out, or refused: the whole page says so.
        if (!answer.ok || answer.redirected) { location.assign(address); return ""; }
        return answer.text();
      }).then(function (text) {
        if (!text) { return; }
        var fresh = new DOMParser().parseFromString(text, "text/html");
        places.forEach(function (id) {
          var old = document.getElementById(id), now = fresh.getElementById(id);
          if (old && now) { old.replaceWith(document.adoptNode(now)); }
        });
        history.replaceState(null, "", address);
      }).catch(function (error) { if (error.name !== "AbortError") { form.submit(); } });
    }
    function later() { clearTimeout(waiting); waiting = setTimeout(ask, 300); }
    box.addEventListener("compositionstart", function () { typing = true; });
    box.addEventListener("compositionend", function () { typing = false; later(); });
    box.addEventListener("input", function () { if (!typing) { later(); } });
  });
  // A form is sent once.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    window.addEventListener("pageshow", function () { delete form.dataset.sent; });
  });
  // What is wrong is read out first.
  var summary = document.getElementById("faults");
  if (summary) { summary.focus(); }
})();
