'use strict';
// A shop in one page: choosing a product changes the address without loading anything, as such sites do.
const products = {
  teapot: ['手作紫砂茶壺', 'Hand-made clay teapot', 'NT$ 1,880', '容量 220 ml,適合三人品茗。現貨三日內出貨。', '220 ml, for three. Ships within three days.'],
  tray: ['檜木茶盤', 'Cypress tea tray', 'NT$ 960', '30 × 20 cm,附不鏽鋼接水盤。', '30 × 20 cm, with a steel drip pan.'],
  tea: ['梨山高山烏龍 150 g', 'Lishan oolong, 150 g', 'NT$ 720', '春茶,海拔 2,000 公尺,真空包裝。', 'Spring harvest from 2,000 m, vacuum packed.'],
};
const show = () => {
  const asked = new URLSearchParams(location.search).get('product');
  const key = Object.hasOwn(products, asked) ? asked : 'teapot';
  const product = products[key];
  ['name', 'english', 'price', 'about', 'aboutEnglish'].forEach((id, i) => (document.getElementById(id).textContent = product[i]));
  document.title = `${product[0]}|山茶選物 Camellia Goods`;
  for (const picture of document.querySelectorAll('[data-product]')) picture.toggleAttribute('hidden', picture.dataset.product !== key);
  for (const link of document.querySelectorAll('nav a')) {
    if (link.search === `?product=${key}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
};
document.getElementById('products').addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  show();
});
addEventListener('popstate', show);
document.getElementById('origin').textContent = location.origin;
show();
