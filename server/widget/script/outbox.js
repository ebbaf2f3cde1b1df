/** How long only the tab in which something was written tries to send it, in milliseconds. Then any tab of the site does. */
const OWN_TAB = 10_000;

/**
 * What the visitor wrote and the server has not yet taken, in the order of writing. It outlives the page, and whichever tab is there sends
 * it, one after the other and always with the same client_msg_id, so that what arrived without an answer does not arrive twice.
 */
class Outbox {
  #chat;
  #isRunning = false;
  #timer = 0;
  #progress = new Map();
  #tab = tab.get('tab') || uuid();

  constructor(chat) {
    this.#chat = chat;
    tab.set('tab', this.#tab);
  }

  /** Everything that waits or failed, the oldest first. */
  list() {
    return storage.names('out:').map((name) => storage.get(name)).filter((entry) => entry?.id).sort((a, b) => a.at - b.at || a.nth - b.nth);
  }

  /** How much of a picture is sent, in percent; undefined where none is on its way. */
  progress(id) {
    return this.#progress.get(id);
  }

  /** The picture of an entry, also a while after it was taken. */
  file(id) {
    return files.get(id);
  }

  async addText(text) {
    this.#save({ id: uuid(), type: 'text', text, ...this.#stamp() });
    await this.run();
  }

  async addImage(file) {
    const entry = { id: uuid(), type: 'image', name: file.name, ...this.#stamp() };
    // The entry comes first: its place is before what is written next. Until the file is kept only this page may look for it.
    const kept = files.put(entry.id, file);
    this.#save(entry);
    await kept;
    await this.run();
  }

  #stamp() {
    const at = Date.now();
    const before = this.list().at(-1);
    return { at: Math.max(at, before?.at ?? 0), nth: (before?.nth ?? 0) + 1, tab: this.#tab, page: page(), member: this.#chat.isIdentified ? this.#chat.visitorId : undefined };
  }

  #save(entry) {
    storage.set(`out:${entry.id}`, entry);
    this.#chat.changed();
  }

  /** Tries again what failed. */
  async retry(id) {
    const entry = storage.get(`out:${id}`);
    if (!entry) return;
    delete entry.failed;
    if (entry.isSpent) {
      // The server has another message under this id.
      this.remove(id);
      const file = await files.get(id);
      Object.assign(entry, { id: uuid(), isSpent: undefined });
      if (file) await files.put(entry.id, file);
    }
    entry.tab = this.#tab;
    this.#save(entry);
    await this.run();
  }

  /** Forgets one entry: it was taken, or is not wanted any more. */
  remove(id) {
    if (!storage.get(`out:${id}`)) return;
    storage.remove(`out:${id}`);
    this.#progress.delete(id);
    files.remove(id);
  }

  /** Forgets everything but what isKept. */
  clear(isKept = () => false) {
    for (const entry of this.list()) if (!isKept(entry)) this.remove(entry.id);
  }

  #next() {
    const waiting = this.list().filter((entry) => !entry.failed);
    const now = Date.now();
    const entry = waiting.find(({ tab: of, at }) => of === this.#tab || now - at > OWN_TAB);
    if (!entry && waiting.length > 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(guarded(() => this.run()), OWN_TAB + 1000 * Math.random());
    }
    return entry;
  }

  /** Sends what waits until nothing does. A second call while it runs does nothing. */
  async run() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let n = 0, entry; (entry = this.#next()); ) {
        try {
          // The lock is held for one try only, so that a sleeping tab stops no other.
          await alone('send', () => this.#send(entry.id));
          n = 0;
        } catch (error) {
          if (!(error instanceof Unreachable) && !(error instanceof Refusal && error.isPassing)) throw error;
          await this.#chat.wake(Math.max(backoff(n++), 1000 * (error.retryAfter || 0)), error instanceof Unreachable);
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #send(id) {
    const entry = storage.get(`out:${id}`);
    if (!entry || entry.failed) return; // another tab was faster
    try {
      if (!this.#chat.token) {
        await this.#chat.enter();
        return; // and look again: another visitor's entries are gone now
      }
      if (entry.type === 'image' && !entry.upload_id && !(await this.#upload(entry))) return;
      const { type, text, upload_id } = entry;
      const body = { client_msg_id: id, type, text, upload_id, page: entry.page };
      const { message } = await service.call('POST', 'messages', { token: this.#chat.token, body });
      this.#chat.took(message);
    } catch (error) {
      await this.#fail(entry, error);
    }
  }

  async #upload(entry) {
    const file = await files.get(entry.id);
    if (!file) {
      this.#save({ ...entry, failed: { text: 'imageLost' } });
      return false;
    }
    const told = (percent) => {
      this.#progress.set(entry.id, percent);
      this.#chat.changed();
    };
    told(0);
    try {
      entry.upload_id = (await service.upload(file, { token: this.#chat.token, told })).upload_id;
    } finally {
      this.#progress.delete(entry.id);
    }
    if (!storage.get(`out:${entry.id}`)) return false; // taken back meanwhile
    this.#save(entry);
    return true;
  }

  async #fail(entry, error) {
    if (!(error instanceof Refusal) || error.isPassing) throw error;
    if (!storage.get(`out:${entry.id}`)) return; // it is there: the stream was faster than the answer
    if (error.status === 401) {
      await this.#chat.enter({ isStale: true });
      return;
    }
    if (error.status === 404 && entry.upload_id && !entry.isAgain) {
      // The upload waited too long and was cleaned away; the file is still here.
      this.#save({ ...entry, upload_id: undefined, isAgain: true });
      return;
    }
    this.#save({ ...entry, failed: { status: error.status, reason: error.reason }, isSpent: error.status === 409 || undefined });
  }
}
