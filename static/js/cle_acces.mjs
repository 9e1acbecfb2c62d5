// Passkeys: shows the button only where the browser knows them, and says what went wrong.

const button = document.getElementById("passkey_login");
if (button && window.PublicKeyCredential) {
  button.hidden = false;
}

const sentences = {
  NotAllowedError: "La demande a été annulée, ou elle a expiré. Recommencez.",
  InvalidStateError: "Cette clé est déjà enregistrée dans votre compte.",
  NotSupportedError: "Cet appareil ne sait pas faire cette vérification.",
  SecurityError: "Le navigateur refuse : l'adresse du service n'est pas sûre.",
};

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const region = document.getElementById("annonces");
  const alert = document.createElement("div");
  alert.className = "fr-alert fr-alert--error fr-alert--sm";
  const text = document.createElement("p");
  text.textContent =
    sentences[event.detail?.exception?.name] ?? "La clé d'accès n'a pas fonctionné. Recommencez.";
  alert.append(text);
  region.replaceChildren(alert);
  region.scrollIntoView({ block: "nearest" });
});
