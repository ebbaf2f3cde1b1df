/** Chat is what a visitor and this page know of their conversation. The view shows it; every change is told to it by changed(). */
class Chat {
  settings = null;
  token = storage.get('token');
  visitorId = null;
  isIdentified = false;
  cursor = null;
  history = new History();
  isOpen = false;
  isOnline = true; // says so until it is known otherwise
  isRefused = false; // the server takes nothing from here
  isBegun = false;
  isRested = false; // the connection was let go for good
  agentName = '';
  isEnded = false;
  typing = '';
  #unread = 0;
  #readUpTo = 0;
  #askedRead = 0;
  #ackedUpTo = 0;
  #identity = null;
  #entering = null;
  #listeners = new Map();
  #wakers = new Set();
  #offlineTimer = 0;
  #typingTimer = 0;
  #isOlderComing = false;
  #isMoved = false;
  #isAnew = false;
  #anewAt = 0;
  #anews = 0;

  constructor() {
    this.outbox = new Outbox(this);
    this.connection = new Connection(this);
    this.changed = () => {};
    storage.watch((name) => this.#changedElsewhere(name));
  }

  /** Calls f with what the page of the site may want to know: ready, open, close, message, unread. Gives what ends that. */
  on(event, f) {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(f));
    return () => all.delete(f);
  }

  tell(event, detail) {
    for (const f of this.#listeners.get(event) ?? []) guarded(f)(detail);
  }

  /** Begins: with the visitor known here, or with the looks alone until somebody opens the window. */
  async begin() {
    this.isBegun = true;
    if (this.token || this.#identity) await this.enter();
    else await this.#dress();
    this.tell('ready');
    await this.outbox.run();
  }

  async #dress() {
    const query = new URLSearchParams({ channel_key: SCRIPT.key, language: navigator.language });
    const { settings } = await service.persist(() => service.call('GET', `config?${query}`));
    this.settings = settings;
    this.changed();
  }

  /**
   * Begins or goes on with the visitor's session. isStale says that the server does not know the token any more; identity that the visitor is
   * a member of the shop. Calls at the same time are one, but for a new identity.
   */
  enter({ isStale = false, isAnew = false } = {}) {
    if (this.#entering) return isAnew ? this.#entering.catch(() => {}).then(() => this.enter({ isAnew })) : this.#entering;
    this.#entering = this.#enter(isStale).finally(() => (this.#entering = null));
    return this.#entering;
  }

  async #enter(isStale) {
    const stale = isStale ? this.token : null;
    await service.persist(() => alone('session', async () => {
      // Another tab may have a newer token by now; one that the server has forgotten gives a new session as none does.
      const known = storage.get('token');
      const identity = this.#identity ?? undefined;
      const body = {
        channel_key: SCRIPT.key, visitor_token: (known === stale ? null : known) ?? undefined, page: { ...page(), referrer: document.referrer },
        language: navigator.language, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone, identity,
      };
      let answer;
      try {
        answer = await service.call('POST', 'sessions', { body });
      } catch (error) {
        if (!identity || !(error instanceof Refusal) || ![400, 401].includes(error.status)) {
          this.isRefused = error.status === 403;
          if (this.isRefused) this.changed();
          throw error;
        }
        // A proof that does not hold is no reason not to talk.
        complain(`the identity was not taken: ${error.reason}`);
        answer = await service.call('POST', 'sessions', { body: { ...body, identity: undefined } });
      }
      if (this.#identity === identity) this.#identity = null; // told once; the token stands for it now
      this.#adopt(answer);
    }));
    this.connection.start();
  }

  #adopt(answer) {
    const isOther = this.visitorId !== null && this.visitorId !== answer.visitor_id;
    // Who says who it is may have another conversation, in which the places mean other messages.
    if (isOther || this.#isMoved || this.isIdentified !== answer.is_identified) this.#forget();
    this.#isMoved = false;
    // What an anonymous visitor has written goes along when it says who it is; what a member has written is the member's alone.
    this.outbox.clear(({ member }) => !member || member === answer.visitor_id);
    this.isRefused = false;
    this.token = answer.visitor_token;
    if (storage.get('token') !== this.token) storage.set('token', this.token);
    this.visitorId = answer.visitor_id;
    this.isIdentified = answer.is_identified;
    this.settings = answer.settings;
    this.cursor = answer.cursor;
    this.history.renew(answer.messages ?? [], answer.has_more);
    for (const message of answer.messages ?? []) if (message.client_msg_id) this.outbox.remove(message.client_msg_id);
    this.#setUnread(answer.unread ?? 0);
    this.agentName = answer.agent || '';
    this.changed();
  }

  #forget() {
    this.history.clear();
    this.cursor = null;
    this.agentName = this.typing = '';
    this.isEnded = false;
    this.#readUpTo = this.#askedRead = this.#ackedUpTo = 0;
    this.#setUnread(0);
  }

  /** Says who the visitor is, as the shop has signed it. */
  async identify(identity) {
    const { external_id, user_hash } = identity ?? {};
    if (typeof external_id !== 'string' || typeof user_hash !== 'string') throw new Error('identify needs external_id and user_hash');
    const told = { external_id, user_hash };
    for (const name of ['time', 'name', 'email', 'phone']) if (identity[name] != null) told[name] = identity[name];
    this.#identity = told;
    if (this.isBegun) await this.enter({ isAnew: true });
  }

  /** Lets go of the visitor: the browser forgets at once, the server as soon as it hears of it. */
  async logout() {
    const { token } = this;
    this.#identity = null;
    this.connection.stop();
    this.outbox.clear();
    storage.remove('token');
    this.token = this.visitorId = null;
    this.isIdentified = false;
    this.#forget();
    this.changed();
    if (!token) return;
    await alone('session', async () => {
      const answer = await service.persist(() => service.call('POST', 'logout', { token, body: {} })).catch((error) => {
        if (error.status !== 401) complain(error);
      });
      if (!answer?.visitor_token || storage.get('token')) return;
      storage.set('token', answer.visitor_token);
    });
    if (storage.get('token')) {
      this.token = storage.get('token');
      await this.enter();
    }
  }

  #changedElsewhere(name) {
    if (name === 'token') {
      const token = storage.get('token');
      if (token === this.token) return;
      this.connection.stop();
      this.token = token;
      if (token) return this.enter({ isAnew: true });
      this.visitorId = null;
      this.#forget();
    } else if (name === 'read') {
      this.#seen(storage.get('read'));
    } else if (name.startsWith('out:')) {
      guarded(() => this.outbox.run())();
    }
    this.changed();
  }

  /** Waits, but no longer than until the connection is back, where it is the connection that was missing. */
  wake(milliseconds, isForConnection) {
    if (isForConnection) this.connection.check();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      if (isForConnection) this.#wakers.add(() => (clearTimeout(timer), resolve()));
    });
  }

  /** The connection came or went. */
  linked(isUp) {
    clearTimeout(this.#offlineTimer);
    if (isUp) {
      this.isOnline = true;
      for (const wake of this.#wakers) wake();
      this.#wakers.clear();
      // What the last connection was told it may not have heard.
      this.#ackedUpTo = 0;
      this.#acknowledge();
      if (this.#askedRead > 0) this.#report('read', { up_to: this.#askedRead });
      guarded(() => this.outbox.run())();
    } else if (this.isOnline) {
      // A short break needs no words.
      this.#offlineTimer = setTimeout(guarded(() => {
        this.isOnline = this.connection.isUp || !this.token;
        this.changed();
      }), navigator.onLine ? 2000 : 0);
    }
    this.changed();
  }

  /** The connection does not come back by itself. */
  lost(why) {
    if (why === 'token') return this.#anew({ isStale: true });
    if (why === 'moved') {
      this.#isMoved = true;
      return this.#anew();
    }
    this.isRested = true; // until somebody looks at the page again, or writes
  }

  /** Begins the session anew because the server asked for it; one that asks again and again is asked less and less often. */
  #anew(how) {
    if (this.#isAnew) return;
    this.#isAnew = true;
    const now = Date.now();
    if (now - this.#anewAt > 60_000) this.#anews = 0;
    this.#anewAt = now;
    const wait = this.#anews++ === 0 ? 300 * Math.random() : backoff(this.#anews);
    guarded(() => pause(wait).then(() => {
      this.#isAnew = false;
      return this.token && this.enter(how);
    }))();
  }

  /** An event of the server. */
  heard(event) {
    if (event.cursor) this.cursor = event.cursor;
    switch (event.type) {
      case 'message':
      case 'message_changed':
        this.took(event.message, event.type === 'message');
        break;
      case 'typing':
        clearTimeout(this.#typingTimer);
        this.typing = event.is_typing ? event.name || this.words.agent : '';
        if (this.typing) this.#typingTimer = setTimeout(guarded(() => this.heard({ type: 'typing' })), 8000);
        break;
      case 'agent':
        this.agentName = event.name || '';
        this.isEnded = false;
        break;
      case 'ended':
        this.agentName = this.typing = '';
        this.isEnded = true;
        break;
      case 'settings':
        if (!event.settings) return void guarded(() => this.#dress())();
        this.settings = event.settings;
        break;
      case 'resync':
        this.#anew();
        return;
      default:
        return;
    }
    this.changed();
  }

  /** A message as the server has it, from whichever side. */
  took(message, isArrival = false) {
    if (message.client_msg_id) this.outbox.remove(message.client_msg_id);
    const isNew = this.history.put(message);
    if (message.from === 'visitor') this.isEnded = false;
    else if (isNew && isArrival) {
      this.typing = '';
      if (message.seq > this.#readUpTo) this.#setUnread(this.#unread + 1);
      this.#acknowledge();
      this.tell('message', { id: message.id, from: message.from, name: message.name, type: message.type, text: message.text });
    }
    if (message.from !== 'visitor' && message.status === 'read') this.#seen(message.seq);
    this.changed();
  }

  #acknowledge() {
    const { last } = this.history;
    if (last > this.#ackedUpTo && this.connection.send({ type: 'ack', up_to: last })) this.#ackedUpTo = last;
  }

  get unread() {
    return this.#unread;
  }

  get readUpTo() {
    return this.#readUpTo;
  }

  #setUnread(n) {
    if (n === this.#unread) return;
    this.#unread = n;
    this.tell('unread', n);
  }

  /** The visitor has the messages up to this one before its eyes. */
  see(seq) {
    if (seq <= this.#askedRead || !this.token) return;
    this.#askedRead = seq;
    storage.set('read', seq);
    this.#seen(seq);
    this.#report('read', { up_to: seq }, () => (this.#askedRead = Math.min(this.#askedRead, seq - 1)));
    this.changed();
  }

  #seen(seq) {
    if (!(seq > this.#readUpTo)) return;
    this.#readUpTo = seq;
    this.#setUnread(seq >= this.history.last ? 0 : this.history.list().filter((m) => m.from !== 'visitor' && m.seq > seq).length);
  }

  /** The visitor is on another page now. */
  moved() {
    this.#report('page', page());
  }

  /** The visitor begins or ceases to type. */
  types(isTyping) {
    this.#report('typing', { is_typing: isTyping });
  }

  /** Says something by the socket, or where there is none by a request. What fails of it is not worth another try now. */
  #report(what, body, failed = () => {}) {
    if (!this.token || this.connection.send({ type: what, ...body })) return;
    if (!this.connection.isUp && what !== 'read') return; // the next connection begins with the page
    service.call('POST', what, { token: this.token, body }).catch(failed);
  }

  /** The page is left, isStaying for another one of the site. Where the visitor comes back to it, resume goes on. */
  leave(isStaying) {
    if (this.token && !isStaying) navigator.sendBeacon?.(`${SCRIPT.base}leave`, JSON.stringify({ visitor_token: this.token }));
    this.connection.stop();
  }

  resume() {
    if (this.token) this.connection.start();
  }

  /** Somebody looks at the page: a good time to be sure of the connection. */
  look() {
    if (this.isRested && this.token) {
      this.isRested = false;
      return this.enter();
    }
    this.connection.check();
  }

  /** Loads messages from before the first. Says whether there were any to ask for. */
  async older() {
    if (this.#isOlderComing || !this.history.hasMore || !this.token) return false;
    this.#isOlderComing = true;
    try {
      const { token } = this;
      const { messages, has_more } = await service.call('GET', `messages?before=${this.history.first}&limit=30`, { token });
      if (token === this.token) this.history.prepend(messages, has_more);
      return true;
    } finally {
      this.#isOlderComing = false;
      this.changed();
    }
  }

  /** Loads one message anew: the address of its picture holds for an hour only. */
  async refresh(seq) {
    const { messages } = await service.call('GET', `messages?before=${seq + 1}&limit=1`, { token: this.token });
    for (const message of messages) if (message.seq === seq) this.history.put(message);
    this.changed();
  }

  /** The words of the channel's language. */
  get words() {
    return TEXTS[this.settings?.language] ?? TEXTS[/^zh/i.test(navigator.language) ? 'zh-Hant' : 'en'];
  }
}
