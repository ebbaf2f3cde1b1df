/** The window's looks. They are a style sheet made by script, which a page's policy needs not allow. */
const STYLE = `
:host { all: initial !important; position: fixed !important; z-index: 2147483000 !important; inset: auto 0 0 auto !important;
  direction: ltr !important; display: block !important; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
section { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "PingFang TC", "Microsoft JhengHei", "Noto Sans TC", sans-serif; color: #1c2430; }
button, textarea { font: inherit; color: inherit; margin: 0; }
button { cursor: pointer; border: 0; background: none; padding: 0; }
:focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px; box-shadow: 0 0 0 2px #fff; }
svg { width: 24px; height: 24px; display: block; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.quiet { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher { position: fixed; right: 20px; bottom: 20px; width: 58px; height: 58px; border-radius: 50%; background: var(--color); color: var(--ink);
  display: grid; place-items: center; border: 2px solid #fff; box-shadow: 0 3px 14px rgb(0 0 0 / .35); transition: transform .15s; }
.launcher:hover { transform: scale(1.05); }
.badge { position: absolute; top: -6px; right: -6px; min-width: 24px; height: 24px; padding: 0 6px; border-radius: 12px; background: #b3001b; color: #fff;
  font-size: 13px; font-weight: 700; line-height: 24px; text-align: center; }

.panel { position: fixed; right: 20px; bottom: 90px; width: 370px; height: min(620px, calc(100vh - 110px)); display: flex; flex-direction: column;
  background: #fff; border: 1px solid #6b7686; border-radius: 12px; overflow: hidden; box-shadow: 0 8px 34px rgb(0 0 0 / .3); animation: rise .18s ease-out; }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
header { display: flex; align-items: center; gap: 8px; padding: 12px 12px 12px 16px; background: var(--color); color: var(--ink); }
header > div { flex: 1; min-width: 0; }
header button { width: 40px; height: 40px; display: grid; place-items: center; border-radius: 8px; }
header :focus-visible { outline-color: var(--ink); box-shadow: none; outline-offset: -3px; }
.title { font-size: 17px; font-weight: 700; overflow-wrap: anywhere; }
.with { font-size: 13px; overflow-wrap: anywhere; }
.notice { padding: 8px 16px; background: #fff4d6; color: #4d3800; font-size: 14px; }
.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 12px 16px; display: flex; flex-direction: column; gap: 4px;
  overflow-anchor: none; background: #f5f6f8; }
.log:focus-visible { outline-offset: -3px; box-shadow: none; }
.day, .system { align-self: center; font-size: 13px; color: #4a5464; margin: 8px 0; text-align: center; overflow-wrap: anywhere; }
.message { max-width: 84%; align-self: flex-start; display: flex; flex-direction: column; align-items: flex-start; margin-bottom: 4px; }
.mine { align-self: flex-end; align-items: flex-end; }
.author { font-size: 13px; color: #4a5464; margin-top: 6px; overflow-wrap: anywhere; }
.bubble { padding: 8px 12px; border-radius: 14px; background: #fff; border: 1px solid #cfd5dd; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.mine .bubble { background: var(--color); color: var(--ink); border-color: transparent; }
.bubble a { color: inherit; text-decoration: underline; }
.bubble.unsent { font-style: italic; background: #fff; color: #4a5464; border: 1px dashed #8a94a3; }
.bubble.picture { padding: 3px; }
.picture a { display: block; border-radius: 11px; }
.picture img, .picture canvas { display: block; max-width: 100%; max-height: 260px; min-height: 40px; border-radius: 11px; }
.meta { font-size: 12px; color: #4a5464; display: flex; gap: 6px; flex-wrap: wrap; align-items: center; }
.failed .meta { color: #a3001a; }
.meta button { text-decoration: underline; min-height: 24px; padding: 0 4px; }
.older, .below { align-self: center; border: 1px solid #6b7686; border-radius: 16px; padding: 4px 14px; background: #fff; font-size: 14px; }
.below { position: absolute; bottom: 100%; left: 50%; transform: translateX(-50%); margin-bottom: 8px; }
.typing { padding: 0 16px 6px; font-size: 13px; color: #4a5464; background: #f5f6f8; overflow-wrap: anywhere; }
.problem { padding: 8px 16px; background: #fde7ea; color: #8a0017; font-size: 14px; overflow-wrap: anywhere; }
.problem:empty { display: none; }
.chosen { display: flex; gap: 8px; padding: 8px 12px 0; flex-wrap: wrap; }
.chosen > div { position: relative; }
.chosen canvas { max-width: 96px; max-height: 72px; border-radius: 8px; display: block; border: 1px solid #6b7686; }
.chosen button { position: absolute; top: -6px; right: -6px; width: 26px; height: 26px; border-radius: 50%; background: #1c2430; color: #fff; display: grid; place-items: center; }
.chosen svg { width: 14px; height: 14px; }
footer { position: relative; border-top: 1px solid #cfd5dd; background: #fff; }
form { display: flex; align-items: flex-end; gap: 4px; padding: 8px; margin: 0; }
form button { width: 44px; height: 44px; flex: none; display: grid; place-items: center; border-radius: 8px; }
.send { background: var(--color); color: var(--ink); }
textarea { flex: 1; min-width: 0; resize: none; border: 1px solid #6b7686; border-radius: 8px; padding: 9px 10px; min-height: 44px; max-height: 132px; background: #fff; font-size: 16px; line-height: 24px; }
textarea::placeholder { color: #5b6575; opacity: 1; }

@media (max-width: 480px) {
  .panel { inset: 0; width: 100%; height: 100vh; height: 100dvh; border: 0; border-radius: 0; }
  .isOpen .launcher { display: none; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } .launcher:hover { transform: none; } }
@media (forced-colors: active) { .launcher, .bubble, .send { border: 2px solid ButtonText; } }
`;

/** Black or white, whichever is read more easily on a colour (#rrggbb): one of them always has a contrast of at least 4.5 to 1. */
function inkOn(color) {
  const part = (at) => {
    const c = parseInt(color.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  const light = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? '#ffffff' : '#000000';
}

/** Puts the style sheet into a shadow root. */
function dress(root) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // An old browser; its pages seldom have a policy against this either.
    root.append(h('style', {}, STYLE));
  }
}
