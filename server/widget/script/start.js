/** The page's own way to the chat. Calls that came before the script wait in an array: SwitchyardChat = [['identify', {…}], …]. */
const chat = new Chat();
let view = null;
const waiting = Array.isArray(window.SwitchyardChat) ? window.SwitchyardChat : [];
/** Does something with the window; now, or as soon as there is one. */
const whenShown = (act) => (view ? act() : void chat.on('shown', act));

const api = {
  /** Opens the window. */
  open: guarded(() => whenShown(() => view.open())),
  /** Closes the window. */
  close: guarded(() => whenShown(() => view.close())),
  /** Says who the visitor is: {external_id, user_hash, time?, name?, email?, phone?}, signed by the shop's server. */
  identify: guarded((identity) => chat.identify(identity)),
  /** Lets go of the visitor, as when a member of the shop signs out. */
  logout: guarded(() => chat.logout()),
  /** Calls f at ready, open, close, message (with the message) and unread (with their number). Gives a function that ends it. */
  on: guarded((event, f) => chat.on(event, f)),
  /** Calls another of these by its name: push(['open']). */
  push: guarded(([name, ...args]) => (name in api ? api[name](...args) : undefined)),
};
window.SwitchyardChat = Object.freeze(api);

const start = guarded(() => {
  view = new View(chat);
  // Only an open window on a large screen comes along to the site's next page, and it takes no focus.
  if (tab.get('open') && !matchMedia('(max-width: 480px)').matches) view.open({ isQuiet: true });
  chat.tell('shown');
  return chat.begin();
});
for (const call of waiting) api.push(call);
if (document.body) start();
else addEventListener('DOMContentLoaded', start, { once: true });

// Single-page sites change their page without loading one.
let shown = location.href;
let moving = 0;
const moved = guarded(() => {
  view?.attach();
  if (location.href === shown) return;
  shown = location.href;
  clearTimeout(moving);
  moving = setTimeout(guarded(() => chat.moved()), 400); // the new title comes a little later
});
for (const name of ['pushState', 'replaceState']) {
  const original = history[name];
  history[name] = function (...args) {
    const result = original.apply(this, args);
    moved();
    return result;
  };
}
addEventListener('popstate', moved);
addEventListener('hashchange', moved);

// Whoever goes to another page of the site does not leave it; browsers that do not tell where it goes say goodbye each time.
let stayedAt = 0;
globalThis.navigation?.addEventListener('navigate', guarded(({ destination, downloadRequest }) => {
  if (!destination.sameDocument && downloadRequest == null && new URL(destination.url).origin === location.origin) stayedAt = Date.now();
}));
addEventListener('pagehide', guarded(() => chat.leave(Date.now() - stayedAt < 5000)));
addEventListener('pageshow', guarded((event) => event.persisted && chat.resume()));
const looked = guarded(() => {
  if (document.visibilityState !== 'visible') return;
  view?.look();
  return chat.look();
});
document.addEventListener('visibilitychange', looked);
addEventListener('focus', looked);
addEventListener('resize', guarded(() => view?.look()));
for (const name of ['online', 'offline']) addEventListener(name, guarded(() => {
  chat.connection.check();
  chat.changed();
}));
