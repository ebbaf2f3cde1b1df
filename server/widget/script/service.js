/** The server said no: status, its code and words, and how long to wait in seconds. */
class Refusal extends Error {
  constructor(status, { code = '', message = '', retry_after = 0 } = {}) {
    super(message || `status ${status}`);
    Object.assign(this, { status, code, reason: message, retryAfter: Number(retry_after) || 0 });
  }

  /** Whether the same request may be taken later. */
  get isPassing() {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** No answer came. */
class Unreachable extends Error {}

/** service is the server's /webchat/v1. */
const service = {
  /** Sends one request and gives the answer's value. Throws Refusal or Unreachable. */
  async call(method, path, { token, body, timeout = 30_000 } = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeout);
    const headers = { Accept: 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    try {
      const response = await fetch(SCRIPT.base + path, {
        method, headers, body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'omit', cache: 'no-store', redirect: 'error', signal: stop.signal,
      });
      const text = await response.text();
      return this.read(response.status, text, response.headers.get('Retry-After'));
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw new Unreachable(error.message);
    } finally {
      clearTimeout(timer);
    }
  },

  /** Reads an answer. One that is no JSON comes from something between here and the server. */
  read(status, text, retryAfter) {
    let value = null;
    try {
      value = text === '' ? {} : JSON.parse(text);
    } catch {
      if (status < 400) throw new Unreachable('the answer is no JSON');
    }
    if (status >= 400) throw new Refusal(status, { retry_after: retryAfter, ...value?.error });
    return value;
  },

  /** Sends a file and gives the upload; told(percent) is called on the way. */
  upload(file, { token, told }) {
    return new Promise((resolve, reject) => {
      // fetch does not tell how much it has sent.
      const request = new XMLHttpRequest();
      request.open('POST', `${SCRIPT.base}uploads`);
      request.timeout = 180_000;
      request.setRequestHeader('Authorization', `Bearer ${token}`);
      request.setRequestHeader('Content-Type', file.type);
      request.setRequestHeader('Upload-Name', encodeURIComponent(file.name || 'image'));
      request.upload.onprogress = guarded((event) => {
        if (event.lengthComputable) told(Math.floor((100 * event.loaded) / event.total));
      });
      request.onload = () => {
        try {
          resolve(this.read(request.status, request.responseText, request.getResponseHeader('Retry-After')));
        } catch (error) {
          reject(error);
        }
      };
      request.onerror = request.ontimeout = request.onabort = () => reject(new Unreachable('the upload was cut'));
      request.send(file);
    });
  },

  /** Does what must happen sooner or later: again and again while nothing answers or the server has trouble, but not while wanted() is false. */
  async persist(act, wanted = () => true) {
    for (let n = 0; ; n++) {
      try {
        return await act();
      } catch (error) {
        const isPassing = error instanceof Unreachable || (error instanceof Refusal && error.isPassing);
        if (!isPassing || !wanted()) throw error;
        await pause(Math.max(backoff(n), 1000 * (error.retryAfter || 0)));
      }
    }
  },
};
