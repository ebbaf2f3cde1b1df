/** The launcher and the window, in a shadow root so that the site's styles do not reach in nor these out. */
class View {
  #chat;
  #bubbles = new Map();
  #days = new Map();
  #chosen = new Map();
  #isDrawing = false;
  #isAtEnd = true;
  #returnTo = null;
  #wordsShown = null;
  #colorShown = '';
  #unreadShown = 0;
  #typingUntil = 0;
  #typingTimer = 0;
  #small = matchMedia('(max-width: 480px)');

  constructor(chat) {
    this.#chat = chat;
    this.#build();
    chat.changed = () => this.#soon();
  }

  #build() {
    const chat = this.#chat;
    const e = (this.e = {});
    e.badge = h('span', { class: 'badge', 'aria-hidden': 'true', hidden: true });
    e.launcher = h('button', { class: 'launcher', type: 'button', 'aria-haspopup': 'dialog', 'aria-expanded': 'false', 'aria-controls': 'panel', click: () => this.toggle() }, icon('chat'), e.badge);
    e.live = h('div', { class: 'quiet', role: 'status' });
    e.title = h('div', { class: 'title', id: 'title' });
    e.with = h('div', { class: 'with', role: 'status' });
    e.close = h('button', { type: 'button', click: () => this.close() }, icon('close'));
    e.notice = h('div', { class: 'notice', role: 'status' });
    e.older = h('button', { class: 'older', type: 'button', hidden: true, click: () => this.#older() });
    e.greeting = h('div', { class: 'message greeting', hidden: true });
    e.log = h('div', { class: 'log', role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', tabindex: '0', scroll: () => this.#scrolled() }, e.older, e.greeting);
    e.ended = h('div', { class: 'system', hidden: true });
    e.typing = h('div', { class: 'typing', hidden: true });
    e.problem = h('div', { class: 'problem', role: 'alert' });
    e.below = h('button', { class: 'below', type: 'button', hidden: true, click: () => this.#toEnd() });
    e.chosen = h('div', { class: 'chosen', hidden: true });
    e.file = h('input', { type: 'file', accept: 'image/jpeg,image/png', multiple: true, hidden: true, tabindex: '-1', change: () => this.#choose([...e.file.files]).finally(() => (e.file.value = '')) });
    e.attach = h('button', { type: 'button', class: 'attach', click: () => e.file.click() }, icon('picture'));
    e.text = h('textarea', { rows: '1', enterkeyhint: 'send', autocomplete: 'off', input: () => this.#typed(), keydown: (event) => this.#key(event), paste: (event) => this.#pasted(event) });
    e.send = h('button', { type: 'submit', class: 'send' }, icon('send'));
    e.form = h('form', { novalidate: true, submit: (event) => (event.preventDefault(), this.#send()) }, e.attach, e.file, e.text, e.send);
    e.panel = h('div', {
      class: 'panel', id: 'panel', role: 'dialog', 'aria-labelledby': 'title', hidden: true, keydown: (event) => this.#panelKey(event),
      dragover: (event) => event.preventDefault(), drop: (event) => (event.preventDefault(), this.#choose([...event.dataTransfer.files])),
    }, h('header', {}, h('div', {}, e.title, e.with), e.close), e.notice, e.log, e.typing, e.problem, h('footer', {}, e.below, e.chosen, e.form));
    e.root = h('section', { hidden: true }, e.panel, e.launcher, e.live);
    e.host = document.createElement('switchyard-chat');
    const shadow = e.host.attachShadow({ mode: 'open' });
    dress(shadow);
    shadow.append(e.root);
    // What is typed here is no shortcut of the site.
    for (const type of ['keydown', 'keypress', 'keyup']) e.host.addEventListener(type, (event) => event.stopPropagation());
    e.text.value = tab.get('draft');
    // Whoever was at the end stays there when the window becomes smaller or a picture larger.
    const stay = guarded(() => this.#isAtEnd && chat.isOpen && this.#toEnd());
    new ResizeObserver(stay).observe(e.log);
    e.log.addEventListener('load', stay, true);
    this.attach();
  }

  /** Puts the window onto the page, again where the site took it away. */
  attach() {
    if (!this.e.host.isConnected) document.body.append(this.e.host);
  }

  toggle() {
    if (this.#chat.isOpen) this.close();
    else this.open();
  }

  /** Opens the window. isQuiet leaves the focus where it is. */
  open({ isQuiet = false } = {}) {
    const { e } = this;
    const chat = this.#chat;
    if (chat.isOpen) return;
    chat.isOpen = true;
    tab.set('open', 'yes');
    this.#returnTo = isQuiet ? null : document.activeElement;
    this.#isAtEnd = true;
    this.#draw();
    this.#grow();
    if (!isQuiet) e.text.focus();
    chat.tell('open');
    if (!chat.token) guarded(() => chat.enter())();
    else chat.look();
  }

  /** Closes the window; the focus goes back to where it came from. */
  close() {
    const chat = this.#chat;
    if (!chat.isOpen) return;
    const hadFocus = document.activeElement === this.e.host;
    chat.isOpen = false;
    tab.set('open', '');
    this.#stopTyping();
    this.#draw();
    if (hadFocus) {
      const to = this.#returnTo;
      if (to?.isConnected && to !== document.body && to !== this.e.host) to.focus();
      else this.e.launcher.focus();
    }
    chat.tell('close');
  }

  /** Draws once for all that changes now. */
  #soon() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    queueMicrotask(guarded(() => {
      this.#isDrawing = false;
      this.#draw();
    }));
  }

  #draw() {
    const { e } = this;
    const chat = this.#chat;
    const { settings, words, unread } = chat;
    e.root.hidden = !settings;
    if (!settings) return;
    this.#label(words, settings);
    const name = unread > 0 ? words.openUnread(unread) : words.open;
    set(e.launcher, 'aria-label', chat.isOpen ? words.close : name);
    set(e.launcher, 'aria-expanded', String(chat.isOpen));
    say(e.badge, unread > 99 ? '99+' : String(unread));
    e.badge.hidden = unread === 0;
    if (!chat.isOpen && unread > this.#unreadShown) say(e.live, words.arrived(unread));
    else if (unread === 0) say(e.live, '');
    this.#unreadShown = unread;
    e.panel.hidden = !chat.isOpen;
    e.root.classList.toggle('isOpen', chat.isOpen);
    if (!chat.isOpen) return;
    set(e.panel, 'aria-modal', String(this.#small.matches));
    say(e.with, chat.agentName ? words.agentHere(chat.agentName) : '');
    say(e.notice, chat.isRefused ? words.refused[403] : chat.isOnline && navigator.onLine ? '' : words.offline);
    e.notice.hidden = e.notice.textContent === '';
    say(e.typing, chat.typing ? words.typing(chat.typing) : '');
    e.typing.hidden = !chat.typing;
    this.#drawLog();
  }

  #label(words, { title, greeting, color, image_types }) {
    const { e } = this;
    if (color !== this.#colorShown && /^#[0-9a-f]{6}$/i.test(color)) {
      this.#colorShown = color;
      e.root.style.setProperty('--color', color);
      e.root.style.setProperty('--ink', inkOn(color));
    }
    say(e.title, title || words.chat);
    say(e.greeting, greeting ?? '');
    if (image_types?.length) set(e.file, 'accept', image_types.join(','));
    if (words === this.#wordsShown) return;
    this.#wordsShown = words;
    set(e.root, 'lang', words === TEXTS.en ? 'en' : 'zh-Hant');
    set(e.root, 'aria-label', words.chat);
    for (const [element, label] of [[e.close, words.close], [e.log, words.conversation], [e.text, words.write], [e.attach, words.attach], [e.send, words.send]]) {
      set(element, 'aria-label', label);
    }
    set(e.text, 'placeholder', words.write);
    set(e.file, 'aria-label', words.attach);
    say(e.older, words.older);
    say(e.below, words.newMessages);
    say(e.ended, words.ended);
  }

  #drawLog() {
    const { e } = this;
    const chat = this.#chat;
    const { words, history, outbox } = chat;
    const before = { height: e.log.scrollHeight, top: e.log.scrollTop, first: e.log.querySelector('[data-seq]'), focus: e.host.shadowRoot.activeElement };
    const known = new Set();
    const wanted = [e.older, e.greeting];
    const bubbles = new Map();
    let day = '';
    let author = '';
    const show = (key, at, message, entry) => {
      known.add(key);
      const today = new Date(at).toLocaleDateString(words === TEXTS.en ? 'en' : 'zh-Hant', { year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' });
      if (today !== day && !known.has(today)) {
        day = today;
        known.add(day);
        author = '';
        if (!this.#days.has(day)) this.#days.set(day, h('div', { class: 'day' }, day));
        wanted.push(this.#days.get(day));
      }
      const bubble = this.#bubbles.get(key) ?? new Bubble(chat);
      bubbles.set(key, bubble);
      const isOthers = message && message.from !== 'visitor' && message.from !== 'system';
      const name = isOthers ? message.name || words[message.from] || words.agent : '';
      bubble.show(message, entry, name === author ? '' : name);
      author = name;
      wanted.push(bubble.element);
    };
    for (const message of history.list()) show(message.client_msg_id ?? message.id, message.created_at, message);
    const pending = outbox.list().filter(({ id }) => !known.has(id));
    for (const entry of pending) show(entry.id, entry.at, undefined, entry);
    if (chat.isEnded) wanted.push(e.ended);
    this.#bubbles = bubbles;
    e.older.hidden = !history.hasMore;
    e.greeting.hidden = history.hasMore || e.greeting.textContent === '';
    e.ended.hidden = !chat.isEnded;

    const isPrepending = before.first && wanted.indexOf(before.first) > wanted.findIndex((element) => element.dataset.seq);
    // Older messages are no news to be read out.
    set(e.log, 'aria-live', isPrepending ? 'off' : 'polite');
    place(e.log, wanted);
    // Whoever was reading stays where it was; whoever was at the end stays there.
    const newest = wanted.at(-1);
    const isOwn = pending.length > 0 && newest !== this.newest && newest.dataset.status === 'sending';
    if (this.#isAtEnd || isOwn) this.#toEnd();
    else if (isPrepending) e.log.scrollTop = before.top + e.log.scrollHeight - before.height;
    e.below.hidden = this.#isAtEnd || chat.unread === 0;
    if (isPrepending && before.focus === e.older && e.older.hidden) e.log.focus();
    this.newest = newest;
    this.#look();
  }

  #toEnd() {
    this.e.log.scrollTop = this.e.log.scrollHeight;
    this.#isAtEnd = true;
    this.e.below.hidden = true;
  }

  #scrolled() {
    const { log } = this.e;
    this.#isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    if (log.scrollTop < 60 && log.scrollHeight > log.clientHeight && this.#chat.history.hasMore) guarded(() => this.#older())();
    this.#look();
    if (this.#isAtEnd) this.e.below.hidden = true;
  }

  async #older() {
    await this.#chat.older();
  }

  /** Tells which messages of others are before the visitor's eyes. */
  look() {
    if (this.#chat.isOpen && this.#chat.settings) this.#look();
  }

  #look() {
    const chat = this.#chat;
    if (!chat.isOpen || document.visibilityState !== 'visible') return;
    const unseen = chat.history.list().filter((message) => message.from !== 'visitor' && message.seq > chat.readUpTo);
    if (unseen.length === 0) return;
    const { top, bottom } = this.e.log.getBoundingClientRect();
    if (bottom <= top) return;
    let seen = 0;
    for (const message of unseen) {
      const box = this.#bubbles.get(message.client_msg_id ?? message.id)?.element.getBoundingClientRect();
      // Its beginning is enough of one that is taller than the window.
      if (box && box.top >= top - box.height && box.top + Math.min(box.height, 40) <= bottom + 1) seen = message.seq;
    }
    if (seen > 0) chat.see(seen);
  }

  #typed() {
    const { text } = this.e;
    tab.set('draft', text.value);
    this.#grow();
    say(this.e.problem, '');
    const now = Date.now();
    if (text.value.trim() === '') return this.#stopTyping();
    if (now > this.#typingUntil - 2000) {
      this.#typingUntil = now + 5000;
      this.#chat.types(true);
    }
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(guarded(() => this.#stopTyping()), 5000);
  }

  #stopTyping() {
    clearTimeout(this.#typingTimer);
    if (this.#typingUntil > 0) this.#chat.types(false);
    this.#typingUntil = 0;
  }

  #grow() {
    const { text } = this.e;
    text.style.height = 'auto';
    text.style.height = `${text.scrollHeight + 2}px`;
  }

  #key(event) {
    // Enter that chooses a word of an input method sends nothing.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#send();
  }

  #panelKey(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      this.close();
    } else if (event.key === 'Tab' && this.#small.matches) {
      // On a small screen the window is all there is to see: the focus stays in it.
      const stops = [...this.e.panel.querySelectorAll('button, textarea, a[href], [tabindex="0"]')].filter((stop) => stop.getClientRects().length > 0);
      const [edge, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
      if (this.e.host.shadowRoot.activeElement !== edge) return;
      event.preventDefault();
      other.focus();
    }
  }

  #pasted(event) {
    const pictures = [...(event.clipboardData?.files ?? [])];
    if (pictures.length === 0) return;
    event.preventDefault();
    return this.#choose(pictures);
  }

  /** Takes pictures to be sent with the next click on send, and says what is wrong with the others. */
  async #choose(all) {
    const { words, settings } = this.#chat;
    say(this.e.problem, '');
    for (const file of all) {
      try {
        const largest = settings.image_max_bytes ?? 10 << 20;
        if (!(await isPicture(file, settings.image_types))) this.#complain(words.imageType);
        else if (file.size > largest) this.#complain(words.imageSize(Math.floor(largest / (1 << 20))));
        else this.#chosen.set(file, await drawing(file, 192));
      } catch {
        this.#complain(words.imageBroken);
      }
    }
    this.#drawChosen();
    this.e.text.focus();
  }

  #complain(text) {
    say(this.e.problem, text);
  }

  #drawChosen() {
    const { words } = this.#chat;
    const remove = (file) => {
      this.#chosen.delete(file);
      this.#drawChosen();
      this.e.text.focus();
    };
    this.e.chosen.replaceChildren(...[...this.#chosen].map(([file, canvas]) => h('div', {}, canvas, h('button', { type: 'button', 'aria-label': words.removeImage(file.name), click: () => remove(file) }, icon('close')))));
    this.e.chosen.hidden = this.#chosen.size === 0;
  }

  #send() {
    const chat = this.#chat;
    const { text, problem } = this.e;
    const value = text.value.replace(/^\s*\n|\s+$/g, '');
    const limit = chat.settings.text_limit ?? 5000;
    const length = [...value].length;
    if (length > limit) return say(problem, chat.words.tooLong(length, limit));
    say(problem, '');
    for (const file of this.#chosen.keys()) guarded(() => chat.outbox.addImage(file))();
    this.#chosen.clear();
    this.#drawChosen();
    if (value !== '') guarded(() => chat.outbox.addText(value))();
    text.value = '';
    tab.set('draft', '');
    this.#grow();
    this.#stopTyping();
    text.focus();
  }
}

/** Says a text in an element, and touches nothing where it is said already. */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Makes these the children of an element, in this order, moving as little as possible: what moves is read out and loses the focus. */
function place(parent, wanted) {
  const keep = new Set(wanted);
  for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
  let at = parent.firstChild;
  for (const element of wanted) {
    if (element === at) at = at.nextSibling;
    else parent.insertBefore(element, at);
  }
}
