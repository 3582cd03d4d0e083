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
