const PROTOCOL = 'switchyard.webchat.v1';
/** How long the beginning of a connection and the answer to a ping may take, in milliseconds. */
const PATIENCE = 10_000;
/** A connection that held this long was a good one, in milliseconds. */
const GOOD = 10_000;

/**
 * What the server tells as it happens: by WebSocket; where that cannot be opened twice, by a stream of events; where not even that gets
 * through, by asking. It comes back by itself, later each time and never at the same time as everybody else, and goes on at the cursor.
 *
 * chat has token, cursor and page(), and is told: heard(event), linked(isUp), and lost(why) when coming back is not for the connection to
 * decide: "token" (the token ended), "moved" (it is of another conversation now) or "final" (the server does not want it back).
 */
class Connection {
  #chat;
  #isWanted = false;
  #isUp = false;
  #run = 0; // what belongs to an earlier run is not heard
  #socket = null;
  #stop = null;
  #timers = new Map();
  #tries = 0;
  #unopened = { socket: 0, stream: 0 };
  #upSince = 0;
  #heardAt = 0;
  #pingEvery = 25_000;
  #bye = null;

  constructor(chat) {
    this.#chat = chat;
  }

  get isUp() {
    return this.#isUp;
  }

  /** Connects now; where it is connected, again. */
  start() {
    this.#isWanted = true;
    this.#open();
  }

  /** Disconnects, until start. */
  stop() {
    this.#isWanted = false;
    this.#drop();
  }

  /** Looks whether the connection still holds, as after sleep or a change of network, and tries at once where it waits to come back. */
  check() {
    if (!this.#isWanted) return;
    if (this.#isUp && this.#socket) this.#ping(4000);
    else if (!this.#isUp && this.#timers.has('again')) this.#again(Math.random() * 500);
  }

  /** Sends a frame where a socket is there to send it, and says so. */
  send(frame) {
    if (!this.#isUp || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  #after(name, milliseconds, act) {
    this.#cancel(name);
    this.#timers.set(name, setTimeout(guarded(() => {
      this.#timers.delete(name);
      return act();
    }), milliseconds));
  }

  #cancel(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  #drop() {
    this.#run++;
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
    const { readyState } = this.#socket ?? {};
    if (readyState === WebSocket.OPEN || readyState === WebSocket.CONNECTING) this.#socket.close(1000);
    this.#stop?.abort();
    this.#socket = this.#stop = this.#bye = null;
    this.#isUp = false;
  }

  #open() {
    this.#drop();
    if (!this.#isWanted || !this.#chat.token) return;
    const run = this.#run;
    if (this.#unopened.socket < 2) this.#openSocket(run);
    else if (this.#unopened.stream < 1) guarded(() => this.#openStream(run))();
    else guarded(() => this.#poll(run))();
  }

  #again(milliseconds) {
    this.#after('again', milliseconds, () => this.#open());
  }

  /** The connection is there. */
  #up(hello = {}) {
    this.#cancel('patience');
    this.#isUp = true;
    this.#upSince = Date.now();
    if (hello.ping_seconds > 0) this.#pingEvery = 1000 * hello.ping_seconds;
    this.#chat.linked(true);
  }

  /** The connection is gone, or never came. */
  #down({ code = 0, wait = 0 } = {}) {
    const bye = this.#bye;
    if (this.#isUp && Date.now() - this.#upSince > GOOD) this.#tries = 0;
    this.#drop();
    if (!this.#isWanted) return;
    this.#chat.linked(false);
    if (code === 4401 || code === 401 || bye?.reason === 'ended') return this.#end('token'); // a stream has no code
    if (bye?.reason === 'moved') return this.#end('moved');
    if (code === 1008 || code === 403 || (bye && !bye.reconnect)) return this.#end('final');
    // A server that is being replaced lets go of everybody at once: they come back spread over some seconds.
    const spread = code === 4501 ? 3000 * Math.random() : 0;
    this.#again(Math.max(spread + backoff(this.#tries++), 1000 * wait));
  }

  #end(why) {
    this.#isWanted = false;
    this.#chat.lost(why);
  }

  #heard(event) {
    this.#heardAt = Date.now();
    this.#cancel('pong');
    if (event.type === 'bye') this.#bye = event;
    else if (event.type === 'pong') this.#chat.heard({ type: 'cursor', cursor: event.cursor }); // up to where nothing was for us
    else if (event.type !== 'hello') this.#chat.heard(event);
  }

  #openSocket(run) {
    let socket;
    let isOpened = false;
    const closed = (code) => {
      if (run !== this.#run) return;
      if (!isOpened && code !== 4401 && code !== 1008 && navigator.onLine) this.#unopened.socket++;
      this.#down({ code });
    };
    try {
      socket = new WebSocket(`${SCRIPT.base.replace(/^http/, 'ws')}ws`, PROTOCOL);
    } catch {
      closed(0);
      return;
    }
    this.#socket = socket;
    this.#after('patience', PATIENCE, () => closed(0));
    socket.onopen = guarded(() => {
      if (run !== this.#run) return;
      const { token, cursor } = this.#chat;
      socket.send(JSON.stringify({ type: 'init', visitor_token: token, cursor: cursor ?? undefined, page: page() }));
    });
    socket.onclose = guarded((event) => closed(event.code));
    socket.onmessage = guarded((message) => {
      if (run !== this.#run) return;
      const event = JSON.parse(message.data);
      if (event.type === 'hello') {
        isOpened = true;
        this.#unopened = { socket: 0, stream: 0 };
        this.#up(event);
        this.#beat();
        if (event.recovered === false) this.#chat.heard({ type: 'resync' });
      }
      this.#heard(event);
    });
  }

  #beat() {
    this.#after('ping', this.#pingEvery, () => {
      this.#ping(PATIENCE);
      this.#beat();
    });
  }

  #ping(patience) {
    const isAsked = this.send({ type: 'ping' });
    if (!this.#timers.has('pong')) this.#after('pong', isAsked ? patience : 0, () => this.#down());
  }

  async #openStream(run) {
    const stop = (this.#stop = new AbortController());
    const isPast = () => run !== this.#run;
    this.#after('patience', PATIENCE, () => stop.abort());
    const { token, cursor } = this.#chat;
    let isOpened = false;
    try {
      const response = await fetch(`${SCRIPT.base}events?cursor=${encodeURIComponent(cursor ?? '')}`, {
        headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' }, credentials: 'omit', cache: 'no-store', signal: stop.signal,
      });
      if (isPast()) return;
      if (!response.ok) {
        // One that is full or broken says nothing about what gets through to it.
        if (response.status === 429 || response.status >= 500) this.#unopened = { socket: 0, stream: 0 };
        else this.#unopened.stream++;
        return this.#down({ code: response.status, wait: Number(response.headers.get('Retry-After')) || 0 });
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ''; ; ) {
        const { value, done } = await reader.read();
        if (isPast()) return;
        if (done) break;
        this.#after('silence', 40_000, () => stop.abort()); // the server says something every 15 seconds
        const parts = (rest + value).split(/\r?\n\r?\n/);
        rest = parts.pop();
        for (const part of parts) {
          const data = part.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join('\n');
          if (data.trim() === '') continue;
          const event = JSON.parse(data);
          if (event.type === 'hello') {
            isOpened = true;
            this.#up(event);
            if (event.recovered === false) this.#chat.heard({ type: 'resync' });
          }
          this.#heard(event);
          if (isPast()) return; // what it heard made it start anew
        }
      }
    } catch (error) {
      if (isPast()) return;
      // Nothing answers at all: it is not the kind of connection.
      if (!isOpened && error.name !== 'AbortError') {
        this.#unopened = { socket: 0, stream: 0 };
        return this.#down();
      }
    }
    if (!isOpened) this.#unopened.stream++;
    else this.#unopened.socket = 1; // perhaps by socket now
    this.#down();
  }

  async #poll(run) {
    try {
      const cursor = this.#chat.cursor ?? '';
      const { events, cursor: next } = await service.call('GET', `messages?after=${encodeURIComponent(cursor)}`, { token: this.#chat.token });
      if (run !== this.#run) return;
      if (!this.#isUp) this.#up();
      for (const event of events ?? []) {
        this.#heard(event);
        if (run !== this.#run) return;
      }
      if (next) this.#chat.heard({ type: 'cursor', cursor: next });
      if (Date.now() - this.#upSince > 600_000) this.#unopened = { socket: 1, stream: 0 };
      const every = document.visibilityState === 'visible' ? 4000 : 20_000;
      this.#after('poll', every * (0.75 + Math.random() / 2), () => (this.#unopened.socket < 2 ? this.#open() : this.#poll(run)));
    } catch (error) {
      if (run !== this.#run) return;
      if (error instanceof Unreachable) this.#unopened = { socket: 0, stream: 0 };
      this.#down({ code: error.status, wait: error.retryAfter });
    }
  }
}
