import { useSyncExternalStore } from "react";

/** A value with listeners: what session and stream tell the page through. */
export class Store {
  #value;
  #listeners = new Set();

  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  /** Replaces the named parts and tells every listener. */
  set(parts) {
    this.#value = { ...this.#value, ...parts };
    for (const listener of this.#listeners) listener();
  }

  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  snapshot = () => this.#value;
}

/** The current value of a store; the component renders again when it changes. */
export function useStore(store) {
  return useSyncExternalStore(store.subscribe, store.snapshot);
}
