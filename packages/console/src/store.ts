// SPDX-License-Identifier: MIT
import { useEffect, useState } from "preact/hooks";

export interface Store<S> {
  readonly get: () => S;
  readonly set: (change: (state: S) => S) => void;
  readonly watch: (tell: () => void) => () => void;
}

export const createStore = <S>(first: S): Store<S> => {
  let state = first;
  const watchers = new Set<() => void>();
  return {
    get: () => state,
    set: (change) => {
      const next = change(state);
      if (next === state) return;
      state = next;
      for (const tell of [...watchers]) tell();
    },
    watch: (tell) => {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
  };
};

export const useStore = <S>(store: Store<S>): S => {
  const [state, show] = useState(store.get());
  useEffect(() => {
    const look = () => show(() => store.get());
    // What changed between the first drawing and this effect.
    look();
    return store.watch(look);
  }, [store]);
  return state;
};
