/** Makes an element: attributes by their names, functions as listeners that cannot throw into the page, and text only ever as text. */
function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, guarded(value));
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const ICONS = {
  chat: 'M21 12a8 8 0 0 1-8 8H4l2-3.2A8 8 0 1 1 21 12z M9 12h.01 M13 12h.01 M17 12h.01',
  close: 'M6 6l12 12 M18 6L6 18',
  picture: 'M4 5h16v14H4z M4 16l5-5 4 4 3-3 4 4 M15 9h.01',
  send: 'M4 12L20 4l-5 16-3-7z',
};

function icon(name) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** An address on the web, or undefined for anything else. */
function webAddress(text, base) {
  try {
    const url = new URL(text, base);
    return /^https?:$/.test(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** Text as nodes, in which addresses of the web are links. Only what ASCII allows is taken for part of an address: in Chinese no space ends it. */
function linked(text) {
  const nodes = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(/https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi)) {
    let shown = found.replace(/[.,;:!?'*]+$/, '');
    // A bracket that was opened before the address is closed after it.
    while (/[)\]]$/.test(shown) && shown.split(/[([]/).length < shown.split(/[)\]]/).length) shown = shown.slice(0, -1);
    const href = webAddress(shown);
    if (!href) continue;
    nodes.push(text.slice(from, index), h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow ugc' }, shown));
    from = index + shown.length;
  }
  nodes.push(text.slice(from));
  return nodes.filter((node) => node !== '');
}

/** A small picture of a file, drawn here so that no address has to be made for it. Throws where it is no picture. */
async function drawing(file, size) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, size / Math.max(bitmap.width, bitmap.height));
  const canvas = h('canvas', {
    width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)), role: 'img', 'aria-label': file.name,
  });
  canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}

/** Whether a file begins as a JPG or PNG does: what it calls itself says nothing. */
async function isPicture(file, types) {
  const [a, b, c, d] = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const type = a === 0xff && b === 0xd8 && c === 0xff ? 'image/jpeg' : a === 0x89 && b === 0x50 && c === 0x4e && d === 0x47 ? 'image/png' : '';
  return type !== '' && type === file.type && (types ?? [type]).includes(type);
}
