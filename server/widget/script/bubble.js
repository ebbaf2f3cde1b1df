/** One message as it is shown, kept over the changes of the message so that nothing is drawn, loaded or read out twice. */
class Bubble {
  #chat;
  #shown = '';
  #status = null;
  #body = h('div', { class: 'bubble', dir: 'auto' });
  #meta = h('div', { class: 'meta' });
  #hasFreshened = false;

  constructor(chat) {
    this.#chat = chat;
    this.element = h('div', { class: 'message' });
  }

  /** Shows a message; entry is given instead while it is only here. author is said before it; empty where it goes without saying. */
  show(message, entry, author) {
    const { words } = this.#chat;
    const isMine = !!entry || message.from === 'visitor';
    const type = entry ? entry.type : message.type;
    const isSystem = message?.from === 'system';
    this.element.className = isSystem ? 'system' : `message${isMine ? ' mine' : ''}${entry?.failed ? ' failed' : ''}`;
    this.element.dataset.id = message?.id ?? entry.id;
    if (message) this.element.dataset.seq = message.seq;
    const image = message?.image;
    const text = (message ?? entry).text ?? '';
    const shown = JSON.stringify([type, text, author, image?.state, image?.url && new URL(image.url, SCRIPT.base).pathname, words.chat]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      const said = isMine ? h('span', { class: 'quiet' }, `${words.you}: `) : author && h('div', { class: 'author' }, author);
      this.#fill(type, text, message, entry);
      this.element.replaceChildren(...[said, isSystem ? text : this.#body, this.#meta].filter(Boolean));
    } else if (image) {
      this.#readdress(image);
    }
    if (!isSystem) this.#tell(message, entry, isMine);
  }

  #fill(type, text, message, entry) {
    const { words } = this.#chat;
    const body = this.#body;
    body.className = 'bubble';
    if (type === 'image') {
      this.#picture(message, entry);
    } else if (type === 'text') {
      body.replaceChildren(...linked(text));
    } else {
      body.classList.add('unsent');
      body.replaceChildren(type === 'unsent' ? words.unsent : text || words.unsupported);
    }
  }

  #picture(message, entry) {
    const { words } = this.#chat;
    const body = this.#body;
    const image = message?.image;
    body.classList.add('picture');
    const href = image?.state === 'ready' && webAddress(image.url, SCRIPT.base);
    if (href) {
      const { width, height } = image;
      const picture = h('img', { src: webAddress(image.preview_url || image.url, SCRIPT.base), alt: words.imageOpen, width: width || undefined, height: height || undefined, error: () => this.#freshen() });
      // The place is kept while it loads; what the style sheet says of its size goes before.
      if (width && height) picture.style.cssText = `aspect-ratio:${Number(width)}/${Number(height)};height:auto`;
      body.replaceChildren(h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, picture));
      return;
    }
    const id = entry?.id ?? message?.client_msg_id;
    const words2 = image?.state === 'failed' ? words.imageFailed : entry ? entry.name || words.image : words.imagePending;
    if (body.querySelector('canvas')) return; // drawn here already, and still the same picture
    body.replaceChildren(words2);
    if (!id || image?.state === 'failed') return;
    guarded(async () => {
      const file = await this.#chat.outbox.file(id);
      if (!file) return;
      const canvas = await drawing(file, 520);
      if (body.classList.contains('picture') && !body.querySelector('img')) body.replaceChildren(canvas);
    })();
  }

  /** The address of a picture was signed anew: a picture that is there stays, but what opens is the new address. */
  #readdress(image) {
    const [link, picture] = this.#body.querySelectorAll('a, img');
    if (!picture) return;
    link.href = webAddress(image.url, SCRIPT.base) ?? '';
    if (picture.complete && picture.naturalWidth === 0) picture.src = webAddress(image.preview_url || image.url, SCRIPT.base) ?? '';
  }

  async #freshen() {
    const seq = Number(this.element.dataset.seq);
    if (this.#hasFreshened || !seq) return;
    this.#hasFreshened = true;
    await this.#chat.refresh(seq);
  }

  #tell(message, entry, isMine) {
    const { words, outbox } = this.#chat;
    const at = new Date(entry ? entry.at : message.created_at);
    const time = isNaN(at) ? '' : at.toLocaleTimeString(words === TEXTS.en ? 'en' : 'zh-Hant', { hour: '2-digit', minute: '2-digit' });
    const progress = entry && outbox.progress(entry.id);
    const state = entry?.failed ? this.#reason(entry.failed) : progress !== undefined ? words.uploading(progress) : entry ? words.sending : (isMine && words[message.status]) || '';
    const edited = message?.edited_at && message.type !== 'unsent' ? words.edited : '';
    const said = [time, edited, state].filter(Boolean).join(' · ');
    const kind = `${!!entry?.failed} ${words.chat}`;
    if (this.#status !== kind) {
      this.#status = kind;
      const buttons = entry?.failed
        ? [h('button', { type: 'button', click: () => outbox.retry(entry.id) }, words.retry), h('button', { type: 'button', click: () => this.#remove(entry.id) }, words.remove)]
        : [];
      this.#meta.replaceChildren(h('span', {}, said), ...buttons);
    } else if (this.#meta.firstChild.textContent !== said) {
      // In place: a status is not read out as if it were something new.
      this.#meta.firstChild.firstChild.data = said;
    }
    this.element.dataset.status = entry ? (entry.failed ? 'failed' : 'sending') : message.status ?? '';
  }

  #reason({ text, status, reason }) {
    const { words } = this.#chat;
    return `${words.failed}: ${words[text] ?? words.refused[status] ?? (reason || words.refused[0])}`;
  }

  #remove(id) {
    this.#chat.outbox.remove(id);
    this.#chat.changed();
  }
}
