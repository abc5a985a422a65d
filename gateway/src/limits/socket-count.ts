/** How many sockets each client has open in this process. */
export interface SocketCount {
  /** Counts one more; returns what takes it off again, once, or undefined when the client has its fill. */
  add(clientId: string): (() => void) | undefined;
}

/** Counts sockets up to `most` a client; 0 for any number. */
export function createSocketCount(most: number): SocketCount {
  const open = new Map<string, number>();
  return {
    add(clientId) {
      const count = open.get(clientId) ?? 0;
      if (most > 0 && count >= most) return undefined;
      open.set(clientId, count + 1);
      let counted = true;
      return () => {
        if (!counted) return;
        counted = false;
        const left = (open.get(clientId) ?? 1) - 1;
        if (left > 0) open.set(clientId, left);
        else open.delete(clientId);
      };
    },
  };
}
