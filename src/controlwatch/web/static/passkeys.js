// Passkeys: asks the browser for what a form needs, and sends the form with the answer in it.
"use strict";

(() => {
  if (!window.PublicKeyCredential) return;

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const prepareOptions = (options) => {
    options.challenge = toBytes(options.challenge);
    if (options.user) options.user.id = toBytes(options.user.id);
    for (const list of [options.allowCredentials, options.excludeCredentials]) {
      for (const item of list || []) item.id = toBytes(item.id);
    }
    return options;
  };

  const describeAnswer = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = toText(credential.response[name]);
    }
    return JSON.stringify({
      id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: response,
      clientExtensionResults: {},
    });
  };

  const askBrowser = async (form) => {
    const sent = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!sent.ok) throw new Error(`status ${sent.status}`);
    const options = { publicKey: prepareOptions(await sent.json()) };
    return navigator.credentials[form.dataset.passkey](options);
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const failed = form.querySelector("[data-failed]");
      failed.textContent = "";
      try {
        form.elements.answer.value = describeAnswer(await askBrowser(form));
        form.submit();
      } catch {
        failed.textContent = failed.dataset.failed;
      }
    });
  }
})();
