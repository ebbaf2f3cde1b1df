/** storage keeps small values for all pages of the site; for this page alone where the browser refuses that. */
const storage = (() => {
  const memory = new Map();
  const prefix = `switchyard:${SCRIPT.key}:`;
  let kept = null;
  try {
    localStorage.setItem(`${prefix}probe`, '1');
    localStorage.removeItem(`${prefix}probe`);
    kept = localStorage;
  } catch {
    // Blocked or full: memory it is.
  }
  return {
    get(name) {
      try {
        return JSON.parse(memory.get(name) ?? kept?.getItem(prefix + name) ?? 'null');
      } catch {
        return null;
      }
    },
    set(name, value) {
      const text = JSON.stringify(value);
      try {
        if (!kept) throw new Error('no storage');
        kept.setItem(prefix + name, text);
        memory.delete(name);
      } catch {
        memory.set(name, text);
      }
    },
    remove(name) {
      memory.delete(name);
      try {
        kept?.removeItem(prefix + name);
      } catch {
        // It was not there then.
      }
    },
    /** The names that begin with these words. */
    names(words) {
      const found = new Set([...memory.keys()].filter((name) => name.startsWith(words)));
      try {
        for (let i = 0; kept && i < kept.length; i++) {
          const key = kept.key(i);
          if (key.startsWith(prefix + words)) found.add(key.slice(prefix.length));
        }
      } catch {
        // What is in memory is all there is.
      }
      return [...found];
    },
    /** Calls f with the name of every value that another tab changes. */
    watch(f) {
      addEventListener('storage', guarded((event) => {
        if (event.storageArea === kept && event.key?.startsWith(prefix)) f(event.key.slice(prefix.length));
      }));
    },
  };
})();

/** tab keeps values for this tab, over reloads and to the site's next page. */
const tab = {
  get(name) {
    try {
      return sessionStorage.getItem(`switchyard:${SCRIPT.key}:${name}`) ?? '';
    } catch {
      return '';
    }
  },
  set(name, value) {
    try {
      sessionStorage.setItem(`switchyard:${SCRIPT.key}:${name}`, value);
    } catch {
      // Then it does not outlive the page.
    }
  },
};

/** files keeps pictures that wait to be sent: they are too large for storage. */
const files = (() => {
  const memory = new Map();
  let opening;
  const run = async (mode, act) => {
    opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open('switchyard-chat', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('files');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const database = await opening;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction('files', mode);
      const request = act(transaction.objectStore('files'));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  };
  return {
    async put(id, file) {
      memory.set(id, file);
      await run('readwrite', (store) => store.put(file, id)).catch(() => {});
    },
    async get(id) {
      return memory.get(id) ?? run('readonly', (store) => store.get(id)).catch(() => undefined);
    },
    async remove(id) {
      memory.delete(id);
      await run('readwrite', (store) => store.delete(id)).catch(() => {});
    },
  };
})();

/** Runs f while no other tab of the site runs one of the same name. Browsers that cannot tell tabs apart just run it. */
function alone(name, f) {
  return navigator.locks ? navigator.locks.request(`switchyard:${SCRIPT.key}:${name}`, f) : f();
}
