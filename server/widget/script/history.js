const STATUS = ['sent', 'received', 'read'];

/** The messages that the server has, each once, ordered by seq. */
class History {
  #byId = new Map();
  #sorted = null;
  hasMore = false;

  /** All of them, the oldest first. */
  list() {
    this.#sorted ??= [...this.#byId.values()].sort((a, b) => a.seq - b.seq);
    return this.#sorted;
  }

  get first() {
    return this.list()[0]?.seq ?? Infinity;
  }

  get last() {
    return Math.floor(this.list().at(-1)?.seq ?? 0);
  }

  /** Takes one message, new or changed, and says whether it is new. What is older than what it has of it does not undo it. */
  put(message) {
    const had = this.#byId.get(message.id);
    if (!had && this.hasMore && message.seq < this.first) return false; // it comes with its neighbours when they are loaded
    // What the server took and shows to nobody has no place among the others: it stays behind what is here.
    const placed = message.seq > 0 ? message : { ...message, seq: had?.seq ?? this.last + 0.5 };
    this.#byId.set(message.id, had ? newer(had, placed) : placed);
    this.#sorted = null;
    return !had;
  }

  /** Takes the newest messages as the server has them now. Where they do not reach what is here, what is here may miss some and goes. */
  renew(messages, hasMore) {
    const isJoined = hasMore && messages.length > 0 && messages[0].seq <= this.last;
    if (!isJoined) {
      const kept = new Set(messages.map(({ id }) => id));
      for (const id of this.#byId.keys()) if (!kept.has(id)) this.#byId.delete(id);
      this.#sorted = null;
    }
    this.prepend(messages, isJoined ? this.hasMore : hasMore);
  }

  /** Takes messages from before the first, and whether there are more before them. */
  prepend(messages, hasMore) {
    this.hasMore = false;
    for (const message of messages) this.put(message);
    this.hasMore = hasMore;
  }

  clear() {
    this.#byId.clear();
    this.#sorted = null;
    this.hasMore = false;
  }
}

/** Of two states of a message the newer, whichever way they came. */
function newer(had, got) {
  if (had.type === 'unsent' && got.type !== 'unsent') return had;
  const merged = (had.edited_at ?? '') > (got.edited_at ?? '') ? { ...had } : { ...had, ...got };
  if (STATUS.indexOf(had.status) > STATUS.indexOf(got.status)) merged.status = had.status;
  if (had.image?.state === 'ready' && got.image?.state === 'pending') merged.image = had.image;
  return merged;
}
