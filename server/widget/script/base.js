/** Where this script came from, and for which channel. Undefined when the page embeds it without a key. */
const SCRIPT = (() => {
  const element = document.currentScript ?? document.querySelector('script[data-channel-key][src*="/webchat/widget.js"]');
  const key = element?.dataset.channelKey;
  return key && element.src ? { key, base: new URL('v1/', element.src).href } : undefined;
})();

if (!SCRIPT) {
  console.warn('Switchyard: the script needs a data-channel-key.');
  return;
}
if (window.SwitchyardChat?.identify) return; // embedded twice

/** Makes a function that cannot throw into the page of the site, nor leave a rejection behind. */
function guarded(f) {
  return (...args) => {
    try {
      const result = f(...args);
      if (result instanceof Promise) return result.catch(complain);
      return result;
    } catch (error) {
      return complain(error);
    }
  };
}

function complain(error) {
  console.warn('Switchyard:', error);
}

/** Waits this long, in milliseconds; not much longer where the browser's network comes back before. */
const pause = (milliseconds) => new Promise((resolve) => {
  const done = () => {
    clearTimeout(timer);
    removeEventListener('online', back);
    resolve();
  };
  const back = () => setTimeout(done, 500 * Math.random());
  const timer = setTimeout(done, milliseconds);
  addEventListener('online', back);
});

/** The pause before try number n (from 0), in milliseconds: twice as long each time, up to half a minute, and never the same for everybody. */
const backoff = (n) => Math.min(30_000, 700 * 2 ** n) * (0.5 + Math.random());

/** A new random id. The browser's own is only there on https. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The page that the visitor is on, as the server takes it; its address only where it is one of the web's. */
function page() {
  const { href, origin, pathname, protocol } = location;
  const url = !/^https?:$/.test(protocol) ? '' : href.length <= 2048 ? href : (origin + pathname).slice(0, 2048);
  return { url, title: document.title.slice(0, 300) };
}
